/* SPDX-License-Identifier: MPL-2.0 */
#include "module/events.h"

#include "module/numbers.h"
#include "net/client_events.h"

#include <stdatomic.h>

#define EVENTS_OWNER "mod_event_zmq"

static switch_event_node_t *events_node;
static bool                 events_reserved;
/* Set by the handler: dispatch threads write it once after each fsz_events_came(), and otherwise
 * only read it. */
static _Atomic bool events_have_come;

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

/* Runs on the switch's dispatch threads, several at once; must not block. */
static void events_handle(switch_event_t *event)
{
    const struct fsz_event view = {
        .name = switch_event_name(event->event_id),
        .subclass = event->subclass_name,
        .body = event->body,
        .headers = event->headers,
        .read = fsz_events_headers,
    };
    if (!atomic_load_explicit(&events_have_come, memory_order_relaxed)) {
        atomic_store_explicit(&events_have_come, true, memory_order_relaxed);
    }
    fsz_engine_offer(event->bind_user_data, &view); /* it counts refusals itself */
}

void fsz_events_reserve(void)
{
    events_reserved = switch_event_reserve_subclass_detailed(EVENTS_OWNER, FSZ_CLIENT_SUBCLASS) ==
                      SWITCH_STATUS_SUCCESS;
    if (!events_reserved) {
        switch_log_printf(SWITCH_CHANNEL_LOG, SWITCH_LOG_WARNING,
                          "another module has reserved events CUSTOM %s\n", FSZ_CLIENT_SUBCLASS);
    }
}

void fsz_events_release(void)
{
    if (events_reserved) {
        events_reserved = false;
        switch_event_free_subclass_detailed(EVENTS_OWNER, FSZ_CLIENT_SUBCLASS);
    }
}

bool fsz_events_came(void)
{
    return atomic_exchange_explicit(&events_have_come, false, memory_order_relaxed);
}

static switch_event_t *events_probe(void)
{
    switch_event_t *probe = NULL;
    switch_event_create_subclass(&probe, fsz_numbers.event_custom, "mod_event_zmq::probe");
    return probe;
}

void fsz_events_fire_probe(void)
{
    switch_event_t *probe = events_probe();
    if (probe != NULL) {
        switch_event_fire(&probe);
    }
}

/* On this thread, so that no queue and no other thread matters. */
static fsz_err events_prove(void)
{
    if (switch_event_running() != SWITCH_STATUS_SUCCESS) {
        return FSZ_OK; /* the switch delivers no events at all */
    }
    switch_event_t *probe = events_probe();
    if (probe == NULL) {
        return FSZ_ENOMEM;
    }
    switch_event_deliver(&probe);
    return fsz_events_came() ? FSZ_OK : FSZ_EREFUSED;
}

fsz_err fsz_events_bind(struct fsz_engine *engine)
{
    fsz_events_came();
    if (switch_event_bind_removable(EVENTS_OWNER, fsz_numbers.event_all, SWITCH_EVENT_SUBCLASS_ANY,
                                    events_handle, engine, &events_node) != SWITCH_STATUS_SUCCESS) {
        return FSZ_ESYSTEM;
    }
    fsz_err err = events_prove();
    if (err != FSZ_OK) {
        fsz_events_unbind();
    }
    return err;
}

void fsz_events_unbind(void)
{
    switch_event_unbind(&events_node);
}

fsz_err fsz_events_create_plain(switch_event_t **ret_event, switch_event_types_t type)
{
    switch_event_t *event = NULL;
    if (switch_event_create(&event, fsz_numbers.event_clone) != SWITCH_STATUS_SUCCESS) {
        return FSZ_ENOMEM;
    }
    event->event_id = type;
    event->flags |= EF_UNIQ_HEADERS;
    *ret_event = event;
    return FSZ_OK;
}
