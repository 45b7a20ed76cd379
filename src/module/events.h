/* events.h - the switch's events, handed to the engine as they are. */
#ifndef FSZ_MODULE_EVENTS_H
#define FSZ_MODULE_EVENTS_H

#include "engine.h"

/* The fsz_headers_fn of a switch_event_t: the first cursor is its `headers`. */
size_t fsz_events_headers(const void **cursor, struct fsz_header *ret_headers, size_t max);

/* Binds to every event. The engine must live until fsz_events_unbind(). FSZ_ESYSTEM. */
FSZ_NODISCARD fsz_err fsz_events_bind(struct fsz_engine *engine);
/* Waits for handlers in flight (switch_event_unbind() does): after it none runs. */
void fsz_events_unbind(void);

#endif
