/* SPDX-License-Identifier: MPL-2.0 */
/* switch_control.h - stop, bridge and wake of host.h, for FreeSWITCH.
 *
 * Locks as in switch_call.h. */
#ifndef FSZ_SWITCH_CONTROL_H
#define FSZ_SWITCH_CONTROL_H

#include "host/host.h"

fsz_err fsz_switch_stop(void *self, const char *call, struct fsz_buffer *words);
fsz_err fsz_switch_bridge(void *self, const char *call, const char *other,
                          struct fsz_buffer *words);
void    fsz_switch_wake(void *self, const char *call, bool stop);

#endif
