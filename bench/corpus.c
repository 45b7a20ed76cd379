/* SPDX-License-Identifier: MPL-2.0 */
#include "bench/corpus.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STAMP_DIGITS = 20 };

static void *need(void *memory)
{
    if (memory == NULL) {
        fputs("bench: out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

static size_t corpus_read(const void **cursor, struct fsz_header *ret_headers, size_t max)
{
    const struct corpus_node *node = *cursor;
    size_t                    count = 0;
    for (; node != NULL && count < max; node = node->next) {
        ret_headers[count++] = (struct fsz_header){
            .name = node->name,
            .value = node->value,
            .values = (const char *const *)node->values,
            .value_count = (size_t)node->value_count,
        };
    }
    *cursor = node;
    return count;
}

static struct corpus_node *node_new(const char *name, const json_t *value)
{
    struct corpus_node *node = need(calloc(1, sizeof(*node)));
    node->name = need(strdup(name));
    if (!json_is_array(value)) {
        node->value = need(strdup(json_string_value(value)));
        return node;
    }
    node->value_count = (int)json_array_size(value);
    node->values = need(calloc((size_t)node->value_count, sizeof(char *)));
    for (int i = 0; i < node->value_count; i++) {
        node->values[i] = need(strdup(json_string_value(json_array_get(value, (size_t)i))));
    }
    return node;
}

static void item_load(struct corpus_item *item, json_t *object, size_t *headers)
{
    struct corpus_node **tail = &item->first;
    const char          *name;
    json_t              *value;
    json_object_foreach(object, name, value)
    {
        if (strcmp(name, "_body") == 0) {
            item->body = need(strdup(json_string_value(value)));
            continue;
        }
        if (strcmp(name, "Event-Name") == 0) {
            item->name = need(strdup(json_string_value(value)));
        } else if (strcmp(name, "Event-Subclass") == 0) {
            item->subclass = need(strdup(json_string_value(value)));
        }
        *tail = node_new(name, value);
        tail = &(*tail)->next;
        (*headers)++;
    }
}

bool corpus_load(struct corpus *corpus, const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        perror(path);
        return false;
    }
    char  *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, file) > 0) {
        json_t *object = json_loads(line, 0, NULL);
        if (!json_is_string(json_object_get(object, "Event-Name"))) {
            json_decref(object);
            continue;
        }
        corpus->items = need(realloc(corpus->items, (corpus->count + 1) * sizeof(*corpus->items)));
        corpus->items[corpus->count] = (struct corpus_item){0};
        item_load(&corpus->items[corpus->count++], object, &corpus->headers);
        json_decref(object);
    }
    free(line);
    fclose(file);
    return corpus->count > 0;
}

static void item_free(struct corpus_item *item)
{
    while (item->first != NULL) {
        struct corpus_node *node = item->first;
        item->first = node->next;
        for (int i = 0; i < node->value_count; i++) {
            free(node->values[i]);
        }
        free(node->values);
        free(node->value);
        free(node->name);
        free(node);
    }
    free(item->name);
    free(item->subclass);
    free(item->body);
}

void corpus_free(struct corpus *corpus)
{
    for (size_t i = 0; i < corpus->count; i++) {
        item_free(&corpus->items[i]);
    }
    free(corpus->items);
}

struct fsz_event corpus_event(const struct corpus_item *item)
{
    return (struct fsz_event){
        .name = item->name,
        .subclass = item->subclass,
        .body = item->body,
        .headers = item->first,
        .read = corpus_read,
    };
}

/* ---- stamps ---------------------------------------------------------------------------------- */

static struct corpus_node *stamp_new(const char *name)
{
    struct corpus_node *node = need(calloc(1, sizeof(*node)));
    node->name = need(strdup(name));
    node->value = need(malloc(STAMP_DIGITS + 1));
    memset(node->value, '0', STAMP_DIGITS);
    node->value[STAMP_DIGITS] = '\0';
    return node;
}

static void stamp_set(struct corpus_node *node, uint64_t number)
{
    for (size_t i = STAMP_DIGITS; i > 0; i--, number /= 10) {
        node->value[i - 1] = (char)('0' + number % 10);
    }
}

void corpus_add_stamps(struct corpus *corpus)
{
    for (size_t i = 0; i < corpus->count; i++) {
        struct corpus_item  *item = &corpus->items[i];
        struct corpus_node **tail = &item->first;
        while (*tail != NULL) {
            tail = &(*tail)->next;
        }
        item->time = stamp_new("Bench-Time-Ns");
        item->sequence = stamp_new("Bench-Sequence");
        *tail = item->time;
        item->time->next = item->sequence;
        corpus->headers += 2;
    }
}

void corpus_stamp(struct corpus_item *item, uint64_t time_ns, uint64_t sequence)
{
    stamp_set(item->time, time_ns);
    stamp_set(item->sequence, sequence);
}
