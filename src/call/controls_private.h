/* SPDX-License-Identifier: MPL-2.0 */
/* controls_private.h - shared by controls.c (the table of calls, fences), controls_offer.c (replies
 * to offers) and controls_end.c (events and the end of control). API thread. */
#ifndef FSZ_CONTROLS_PRIVATE_H
#define FSZ_CONTROLS_PRIVATE_H

#include "base/container_of.h"
#include "call/controls.h"

static inline struct fsz_control *fsz_controls_of_offered(struct fsz_offered_call *call)
{
    return FSZ_CONTAINER_OF(call, struct fsz_control, offered);
}

/* ---- controls.c ---- */

/* Lists the call and watches for its last event. False: no memory. */
bool fsz_controls_enlist(struct fsz_controls *controls, struct fsz_control *control);
/* Drops the table's reference. */
void fsz_controls_delist(struct fsz_controls *controls, struct fsz_control *control);
void fsz_controls_set_losing(struct fsz_controls *controls, struct fsz_control *control,
                             bool losing);
/* {"call", "lease"}: new params of a notification. */
json_t *fsz_controls_params(const struct fsz_control *control, uint64_t lease);

/* ---- operations of fsz_call_owner ---- */

bool fsz_controls_accept(void *self, struct fsz_offered_call *call, struct fsz_provider *provider,
                         uint64_t lease, const json_t *result, char *ret_why, size_t why_bytes);
void fsz_controls_lose(void *self, struct fsz_provider *provider);

#endif
