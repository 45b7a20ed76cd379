/* SPDX-License-Identifier: MPL-2.0 */
/* fields.h - which headers of an event are sent, and which with a redacted value.
 *
 * A list has names separated by commas or white space. A name may end with `*`, which matches all
 * names that begin so. Letter case is ignored. Event-Name and Event-Subclass are always sent
 * unredacted: the protocol promises them (docs/protocol/events.md). `_body` names the body.
 * Compiled once, read by any thread. */
#ifndef FSZ_FIELDS_H
#define FSZ_FIELDS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum fsz_field_rule { FSZ_FIELD_KEEP, FSZ_FIELD_OMIT, FSZ_FIELD_REDACT };

#define FSZ_REDACTED "[redacted]" /* replaces a redacted value */

struct fsz_fields;

/* Compiles three lists. NULL or empty: include everything, exclude or redact nothing. If all three
 * are empty, *ret_fields is NULL, which the functions below take as "keep all". FSZ_EINVALID: a `*`
 * that is not last in its name (*ret_bad, if given, points to it in the caller's text). FSZ_ENOMEM.
 */
FSZ_NODISCARD fsz_err fsz_fields_new(const char *include, const char *exclude, const char *redact,
                                     struct fsz_fields **ret_fields, const char **ret_bad);
void                  fsz_fields_free(struct fsz_fields **fields);

enum fsz_field_rule fsz_fields_rule(const struct fsz_fields *fields, const char *name,
                                    size_t length);
/* Are the lists the same, in the same order? */
bool fsz_fields_equal(const struct fsz_fields *a, const struct fsz_fields *b);

#endif
