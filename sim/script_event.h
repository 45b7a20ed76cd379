/* SPDX-License-Identifier: MPL-2.0 */
/* script_event.h - parses one event of a flow: from a line of JSON to headers and templates. */
#ifndef FSZ_SCRIPT_EVENT_H
#define FSZ_SCRIPT_EVENT_H

#include "sim/script.h"

#include <jansson.h>

/* `last` has the latest value of each header per leg, which a null stands for; it is updated. The
 * first event sets the flow's start. FSZ_EINVALID, FSZ_ELIMIT, FSZ_ENOMEM: `event` can be passed to
 * fsz_script_event_fini(). */
FSZ_NODISCARD fsz_err fsz_script_event_read(struct fsz_flow *flow, struct fsz_script_event *event,
                                            const json_t *line, json_t *last);
void                  fsz_script_event_fini(struct fsz_script_event *event);

#endif
