/* SPDX-License-Identifier: MPL-2.0 */
/* send.c - send_event of host.h: fires an event from a client. */
#include "base/eventname.h"
#include "event/event_check.h"
#include "sim/emit.h"

#include <stdlib.h>

/* The event's own headers, in a list that the caller frees. NULL: out of memory. */
static struct fsz_header *send_headers(const struct fsz_event *event)
{
    const void        *cursor = event->headers;
    struct fsz_header *own = calloc(FSZ_EVENT_CHECK_HEADERS_MAX + 1, sizeof *own);
    size_t             kept = 0, count = 0, total = 0;
    while (own != NULL && cursor != NULL &&
           (count = event->read(&cursor, own + kept, FSZ_EVENT_CHECK_HEADERS_MAX - kept)) > 0) {
        total = kept + count;
        for (size_t i = kept; i < total; i++) {
            bool empty = own[i].value_count == 0 && (own[i].value == NULL || *own[i].value == '\0');
            if (!fsz_header_is_stamp(own[i].name) && !empty) {
                own[kept++] = own[i];
            }
        }
        own[kept] = (struct fsz_header){0};
    }
    return own;
}

fsz_err fsz_sim_send(struct fsz_sim *sim, const struct fsz_event *event, struct fsz_buffer *words)
{
    const char *name = fsz_eventname_find(event->name);
    if (name == NULL) {
        fsz_buffer_printf(words, "no such event: %s", event->name);
        return FSZ_EREFUSED;
    }
    fsz_err err = fsz_event_check(event, words);
    if (err != FSZ_OK) {
        return err;
    }
    struct fsz_header *own = send_headers(event);
    if (own == NULL) {
        return FSZ_ENOMEM;
    }
    const struct fsz_event fired = {.name = name, .subclass = event->subclass, .body = event->body};
    pthread_mutex_lock(&sim->lock);
    fsz_emit_own(sim, &fired, own);
    pthread_mutex_unlock(&sim->lock);
    free(own);
    return FSZ_OK;
}
