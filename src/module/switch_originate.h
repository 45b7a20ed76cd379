/* SPDX-License-Identifier: MPL-2.0 */
/* switch_originate.h - originate of host.h, for FreeSWITCH. */
#ifndef FSZ_SWITCH_ORIGINATE_H
#define FSZ_SWITCH_ORIGINATE_H

#include "host/host.h"

/* Any thread; blocks until the call is answered or has failed. */
fsz_err fsz_switch_originate(void *self, const struct fsz_originate *originate,
                             char ret_call[FSZ_ORIGINATED_BYTES], struct fsz_buffer *words);

#endif
