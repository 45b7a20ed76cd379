/* event_check.h - may an event that came from outside be fired in a switch?
 *
 * A switch trusts its own events: some names and values have a meaning to it that an outsider must
 * not reach (FreeSWITCH: `name[3]` writes into an array, a value `ARRAY::…` is taken apart), and
 * others end a header line in its plain text form. Any thread. */
#ifndef FSZ_EVENT_CHECK_H
#define FSZ_EVENT_CHECK_H

#include "base/buffer.h"
#include "base/err.h"
#include "event/event.h"

#include <stdbool.h>

/* Of one event, and of one header: what comes after it takes time that grows with the square. */
enum { FSZ_EVENT_CHECK_HEADERS_MAX = 2048, FSZ_EVENT_CHECK_VALUES_MAX = 1024 };

/* Not empty, and without control characters, ':' and '['. */
bool fsz_header_name_is_plain(const char *name);
/* One that the switch writes itself into each event (its name, date, origin, sequence, length): the
 * caller's is left out. */
bool fsz_header_is_stamp(const char *name);
/* FSZ_EREFUSED: `words` says what is wrong with it. */
FSZ_NODISCARD fsz_err fsz_event_check(const struct fsz_event *event, struct fsz_buffer *words);

#endif
