/* switch_send.h - fires an event in FreeSWITCH: host.h's send_event. */
#ifndef FSZ_SWITCH_SEND_H
#define FSZ_SWITCH_SEND_H

#include "host/host.h"

/* Never by the switch's own reader of JSON, which takes a body for a printf format. */
fsz_err fsz_switch_send(void *self, const struct fsz_event *event, struct fsz_buffer *words);

#endif
