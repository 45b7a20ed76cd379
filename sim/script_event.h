/* script_event.h - one event of a flow, from its line of JSON to headers and templates. */
#ifndef FSZ_SCRIPT_EVENT_H
#define FSZ_SCRIPT_EVENT_H

#include "sim/script.h"

#include <jansson.h>

/* `last` holds the last value of each header per leg, for nulls, and is brought up to date.
 * The flow's start is set by its first event. FSZ_EINVALID, FSZ_ELIMIT, FSZ_ENOMEM: `event` can be
 * finished. */
FSZ_NODISCARD fsz_err fsz_script_event_read(struct fsz_flow *flow, struct fsz_script_event *event,
                                            const json_t *line, json_t *last);
void                  fsz_script_event_fini(struct fsz_script_event *event);

#endif
