/* SPDX-License-Identifier: MPL-2.0 */
/* selection.h - selects event types (Event-Name and Event-Subclass) by patterns with `*`.
 *
 * A list separated by commas or white space: `CHANNEL_*`, `DTMF`, `CUSTOM` (every subclass),
 * `CUSTOM/sofia::*`. A pattern with a leading `!` excludes. The last pattern that matches decides.
 * A list that begins with a `!` pattern selects everything else. `X/` is X without a subclass.
 * Letter case is ignored in names, not in subclasses. `ALL` and the prefix SWITCH_EVENT_ are
 * understood (eventname.h). Subclasses registered later match like any other. Compiled once, read
 * by any thread. */
#ifndef FSZ_SELECTION_H
#define FSZ_SELECTION_H

#include "base/err.h"

#include <stdbool.h>

struct fsz_selection;

/* FSZ_EINVALID: *ret_bad (may be NULL) points at the bad pattern in `list`. An empty list selects
 * nothing. */
FSZ_NODISCARD fsz_err fsz_selection_new(const char *list, struct fsz_selection **ret_selection,
                                        const char **ret_bad);
/* Accepts NULL. */
void fsz_selection_free(struct fsz_selection **selection);
/* `subclass` may be NULL. */
bool fsz_selection_matches(const struct fsz_selection *selection, const char *name,
                           const char *subclass);

#endif
