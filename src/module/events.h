/* events.h - the switch's events, handed to the engine as they are. */
#ifndef FSZ_MODULE_EVENTS_H
#define FSZ_MODULE_EVENTS_H

#include "engine/engine.h"

#include <switch.h>

/* The fsz_headers_fn of a switch_event_t: the first cursor is its `headers`. */
size_t fsz_events_headers(const void **cursor, struct fsz_header *ret_headers, size_t max);

/* Reserves the subclass of our own events (client_events.h), so that no other module takes it;
 * before the engine starts, and after it was freed. One that is taken is logged. */
void fsz_events_reserve(void);
void fsz_events_release(void);

/* Binds to every event, and has the switch deliver one to prove it: CUSTOM mod_event_zmq::probe, on
 * this thread, to everybody who is bound to it. The engine must live until fsz_events_unbind().
 * FSZ_ESYSTEM: the switch does not bind. FSZ_EREFUSED: it binds, and no event comes. */
FSZ_NODISCARD fsz_err fsz_events_bind(struct fsz_engine *engine);
/* Waits for handlers in flight (switch_event_unbind() does): after it none runs. */
void fsz_events_unbind(void);

/* Has an event come from the switch since the last call? Subscribers and our own queue play no part
 * in the answer. One caller at a time. */
bool fsz_events_came(void);
/* Fires a probe as any event is fired. Waits while the switch's own queue is full. */
void fsz_events_fire_probe(void);

/* A new event without the switch's own headers, as switch_event_create_plain() makes it, which has
 * numbers compiled in. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_events_create_plain(switch_event_t     **ret_event,
                                              switch_event_types_t type);

#endif
