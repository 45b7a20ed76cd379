/* SPDX-License-Identifier: MPL-2.0 */
/* leg_headers.h - headers of a leg's events: lookup, and the list for a new event. With the lock
 * held. */
#ifndef FSZ_LEG_HEADERS_H
#define FSZ_LEG_HEADERS_H

#include "sim/state.h"

/* A header's value in the leg's latest event, or, if that lacks it, in the last event that carried
 * variables; "" if neither has it. Valid until the next lookup or event. */
const char *fsz_leg_header(struct fsz_sim *sim, const struct fsz_leg *leg, const char *name);
/* Looks only in the leg's latest event; `otherwise` if that lacks it. */
const char *fsz_leg_latest(struct fsz_sim *sim, const struct fsz_leg *leg, const char *name,
                           const char *otherwise);
/* The event's headers (filled in by fsz_render_event()). The leg's own variables replace the
 * captured ones or follow them. The caller frees the list, but not the strings. NULL: out of
 * memory. */
struct fsz_header *fsz_leg_headers(const struct fsz_leg *leg, const struct fsz_script_event *event);

#endif
