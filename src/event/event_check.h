/* SPDX-License-Identifier: MPL-2.0 */
/* event_check.h - may an event from outside be fired in a switch?
 *
 * A switch trusts its own events. Some names and values have a special meaning that outsiders must
 * not use (in FreeSWITCH, `name[3]` writes into an array, and a value `ARRAY::…` is split). Others
 * would end a header line of the event's plain text form. Any thread. */
#ifndef FSZ_EVENT_CHECK_H
#define FSZ_EVENT_CHECK_H

#include "base/buffer.h"
#include "base/err.h"
#include "event/event.h"

#include <stdbool.h>

/* Limits of one event and of one header: the time to fire it grows with their square. */
enum { FSZ_EVENT_CHECK_HEADERS_MAX = 2048, FSZ_EVENT_CHECK_VALUES_MAX = 1024 };

/* Not empty, and without control characters, ':' and '['. */
bool fsz_header_name_is_plain(const char *name);
/* Does the switch write this header into each event itself (name, date, origin, sequence, length)?
 * The sender's header of that name is then left out. */
bool fsz_header_is_stamp(const char *name);
/* FSZ_EREFUSED: `words` says what is wrong with the event. */
FSZ_NODISCARD fsz_err fsz_event_check(const struct fsz_event *event, struct fsz_buffer *words);

#endif
