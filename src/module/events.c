#include "events.h"

#include <switch.h>

static switch_event_node_t *events_node;

size_t fsz_events_headers(const void **cursor, struct fsz_header *ret_headers, size_t max)
{
    const switch_event_header_t *header = *cursor;
    size_t                       count = 0;
    for (; header != NULL && count < max; header = header->next) {
        ret_headers[count++] = (struct fsz_header){
            .name = header->name,
            .value = header->value,
            .values = (const char *const *)header->array,
            .value_count = header->idx > 0 ? (size_t)header->idx : 0,
        };
    }
    *cursor = header;
    return count;
}

/* Runs in the switch's dispatch threads, several at once, and must not block. */
static void events_handle(switch_event_t *event)
{
    const struct fsz_event view = {
        .name = switch_event_name(event->event_id),
        .subclass = event->subclass_name,
        .body = event->body,
        .headers = event->headers,
        .read = fsz_events_headers,
    };
    fsz_engine_offer(event->bind_user_data, &view); /* what it refuses it has counted */
}

fsz_err fsz_events_bind(struct fsz_engine *engine)
{
    switch_status_t status =
        switch_event_bind_removable("mod_event_zmq", SWITCH_EVENT_ALL, SWITCH_EVENT_SUBCLASS_ANY,
                                    events_handle, engine, &events_node);
    return status == SWITCH_STATUS_SUCCESS ? FSZ_OK : FSZ_ESYSTEM;
}

void fsz_events_unbind(void)
{
    switch_event_unbind(&events_node);
}
