/* SPDX-License-Identifier: MPL-2.0 */
/* switch_call.h - the operations of host.h on one call, for FreeSWITCH.
 *
 * Each locates the session, which read-locks it, and unlocks it before it returns. None waits for
 * the call's own thread. */
#ifndef FSZ_SWITCH_CALL_H
#define FSZ_SWITCH_CALL_H

#include "host/host.h"

/* Is there an application of that name? The switch would hang up the call for an unknown one.
 * FSZ_EREFUSED, with words. */
fsz_err fsz_switch_check_app(const char *app, struct fsz_buffer *words);

fsz_err fsz_switch_execute(void *self, const struct fsz_execute *execute, struct fsz_buffer *words);
fsz_err fsz_switch_hangup(void *self, const char *call, const char *cause,
                          struct fsz_buffer *words);
fsz_err fsz_switch_get(void *self, const char *call, const char *const *names, size_t count,
                       fsz_variable_fn take, void *argument);
fsz_err fsz_switch_set(void *self, const char *call, const char *const *names,
                       const char *const *values, size_t count);
fsz_err fsz_switch_transfer(void *self, const char *call, const char *leg, const char *extension,
                            const char *dialplan, const char *context, struct fsz_buffer *words);

#endif
