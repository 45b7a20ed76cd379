/* SPDX-License-Identifier: MPL-2.0 */
/* eventname.h - event names as users write them: NAME or NAME/SUBCLASS, with `*` for any text.
 *
 * FreeSWITCH's sources have SWITCH_EVENT_CHANNEL_CREATE, and its event socket takes `ALL` and
 * `CUSTOM sofia::register`. The first two are understood everywhere. The third is refused with the
 * right spelling, since a blank separates two names here. Letter case is ignored in names, not in
 * subclasses. Pure; any thread. */
#ifndef FSZ_EVENTNAME_H
#define FSZ_EVENTNAME_H

#include <stdbool.h>
#include <stddef.h>

enum { FSZ_EVENTNAME_WHY_BYTES = 160 };

/* Returns the name without the prefix SWITCH_EVENT_, or `*` for ALL. It has *ret_length bytes and
 * points into `text` or to a literal. */
const char *fsz_eventname_canonical(const char *text, size_t length, size_t *ret_length);
/* Is it NAME or NAME/SUBCLASS? A name has letters, digits, `_`, `-` and `*`; a subclass is any
 * text. False: ret_why (may be NULL) says what to write, as part of a sentence. */
bool fsz_eventname_is_valid(const char *text, size_t length, char ret_why[FSZ_EVENTNAME_WHY_BYTES]);
/* Does the name match an event of FreeSWITCH 1.10 or 1.11? False: ret_why says so and may suggest a
 * name. A later FreeSWITCH may have more events. */
bool fsz_eventname_is_known(const char *text, size_t length, char ret_why[FSZ_EVENTNAME_WHY_BYTES]);
/* The name of one event as FreeSWITCH writes it; NULL: it has no such event. Static storage. */
const char *fsz_eventname_find(const char *name);

#endif
