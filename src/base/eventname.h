/* eventname.h - names of events as people write them: NAME, NAME/SUBCLASS, with `*` for any text.
 *
 * FreeSWITCH's sources write SWITCH_EVENT_CHANNEL_CREATE, and its event socket takes `ALL` and
 * `CUSTOM sofia::register`. The first two are understood everywhere; the third, in which a blank
 * separates two names, is refused with the right spelling. Letter case is ignored in names, not in
 * subclasses. Pure; any thread. */
#ifndef FSZ_EVENTNAME_H
#define FSZ_EVENTNAME_H

#include <stdbool.h>
#include <stddef.h>

enum { FSZ_EVENTNAME_WHY_BYTES = 160 };

/* What `text` means, of *ret_length bytes: without SWITCH_EVENT_ in front, and `*` for ALL. Points
 * into `text` or at a literal. */
const char *fsz_eventname_canonical(const char *text, size_t length, size_t *ret_length);
/* Is it a NAME or NAME/SUBCLASS? A name has letters, digits, `_`, `-` and `*`; a subclass is any
 * text. False: *ret_why (may be NULL) says what to write, as part of a sentence. */
bool fsz_eventname_is_valid(const char *text, size_t length, char ret_why[FSZ_EVENTNAME_WHY_BYTES]);
/* Does its name match an event that FreeSWITCH 1.10 or 1.11 has? False: *ret_why says so, and which
 * name may have been meant. A later FreeSWITCH may have more. */
bool fsz_eventname_is_known(const char *text, size_t length, char ret_why[FSZ_EVENTNAME_WHY_BYTES]);
/* The name of one event as FreeSWITCH writes it; NULL: it has no such event. Static storage. */
const char *fsz_eventname_find(const char *name);

#endif
