/* SPDX-License-Identifier: MPL-2.0 */
#include "bench/serialise.h"

#include <stdlib.h>
#include <string.h>

#include <switch.h>

static struct {
    const struct corpus *corpus;
    switch_event_t     **events; /* in the order of the corpus */
} serialise;

static void event_add_node(switch_event_t *event, const struct corpus_node *node)
{
    if (node->value_count == 0) {
        switch_event_add_header_string(event, SWITCH_STACK_BOTTOM, node->name, node->value);
    }
    for (int i = 0; i < node->value_count; i++) {
        switch_event_add_header_string(event, SWITCH_STACK_PUSH, node->name, node->values[i]);
    }
}

/* Without a type, so that the switch adds no headers. */
static switch_event_t *event_of(const struct corpus_item *item)
{
    switch_event_t *event = NULL;
    if (switch_event_create_plain(&event, SWITCH_EVENT_CLONE) != SWITCH_STATUS_SUCCESS) {
        exit(1);
    }
    for (const struct corpus_node *node = item->first; node != NULL; node = node->next) {
        event_add_node(event, node);
    }
    if (item->body != NULL) {
        switch_event_add_body(event, "%s", item->body);
    }
    return event;
}

void serialise_load(const struct corpus *corpus)
{
    serialise.corpus = corpus;
    serialise.events = calloc(corpus->count, sizeof(switch_event_t *));
    for (size_t i = 0; serialise.events != NULL && i < corpus->count; i++) {
        serialise.events[i] = event_of(&corpus->items[i]);
    }
}

size_t serialise_write(const struct corpus_item *item)
{
    char *text = NULL;
    if (switch_event_serialize_json(serialise.events[item - serialise.corpus->items], &text) !=
        SWITCH_STATUS_SUCCESS) {
        exit(1);
    }
    size_t size = strlen(text);
    free(text);
    return size;
}

void serialise_free(void)
{
    for (size_t i = 0; i < serialise.corpus->count; i++) {
        switch_event_destroy(&serialise.events[i]);
    }
    free(serialise.events);
}
