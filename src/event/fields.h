/* fields.h - which headers of an event go out, and which with their value hidden.
 *
 * A list is names separated by commas or white space; a name may end with `*` and then stands for
 * all that begin so; letter case is ignored. Event-Name and Event-Subclass always go out,
 * unredacted: they are the contract of the wire (docs/protocol/events.md). `_body` names the body.
 * Compiled once, read by any thread at once. */
#ifndef FSZ_FIELDS_H
#define FSZ_FIELDS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum fsz_field_rule { FSZ_FIELD_KEEP, FSZ_FIELD_OMIT, FSZ_FIELD_REDACT };

#define FSZ_REDACTED "[redacted]" /* what stands in place of a hidden value */

struct fsz_fields;

/* Compiles three lists; NULL or empty: include everything, exclude or redact nothing. With nothing
 * to do at all *ret_fields is NULL, which every function here takes as "keep all". FSZ_EINVALID: a
 * `*` that is not last (*ret_bad, if given, points at it in the caller's text); FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_fields_new(const char *include, const char *exclude, const char *redact,
                                     struct fsz_fields **ret_fields, const char **ret_bad);
void                  fsz_fields_free(struct fsz_fields **fields);

enum fsz_field_rule fsz_fields_rule(const struct fsz_fields *fields, const char *name,
                                    size_t length);
/* Both do the same to every event (same lists, in the same order). */
bool fsz_fields_equal(const struct fsz_fields *a, const struct fsz_fields *b);

#endif
