/* SPDX-License-Identifier: MPL-2.0 */
/* events.h - passes the switch's events to the engine. */
#ifndef FSZ_MODULE_EVENTS_H
#define FSZ_MODULE_EVENTS_H

#include "engine/engine.h"

#include <switch.h>

/* The fsz_headers_fn of a switch_event_t; the cursor starts at its `headers`. */
size_t fsz_events_headers(const void **cursor, struct fsz_header *ret_headers, size_t max);

/* Reserve and release the subclass of our own events (client_events.h), so that no other module can
 * use it. Reserve before the engine starts; release after it is freed. Logs if it is taken. */
void fsz_events_reserve(void);
void fsz_events_release(void);

/* Binds to every event, and checks it with an event CUSTOM mod_event_zmq::probe, which the switch
 * delivers on this thread to all its handlers. The engine must live until fsz_events_unbind().
 * FSZ_ESYSTEM: the switch does not bind. FSZ_EREFUSED: it binds, but no event comes. */
FSZ_NODISCARD fsz_err fsz_events_bind(struct fsz_engine *engine);
/* Waits for running handlers, as switch_event_unbind() does: none runs after it. */
void fsz_events_unbind(void);

/* Has an event come from the switch since the last call? Independent of subscribers and our own
 * queue. One caller at a time. */
bool fsz_events_came(void);
/* Fires a probe like any other event. Waits while the switch's queue is full. */
void fsz_events_fire_probe(void);

/* A new event without the switch's own headers. Replaces switch_event_create_plain(), a macro that
 * compiles numbers in. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_events_create_plain(switch_event_t     **ret_event,
                                              switch_event_types_t type);

#endif
