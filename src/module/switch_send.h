/* SPDX-License-Identifier: MPL-2.0 */
/* switch_send.h - send_event of host.h, for FreeSWITCH. */
#ifndef FSZ_SWITCH_SEND_H
#define FSZ_SWITCH_SEND_H

#include "host/host.h"

/* Does not use the switch's JSON reader, which uses a body as a printf format. */
fsz_err fsz_switch_send(void *self, const struct fsz_event *event, struct fsz_buffer *words);

#endif
