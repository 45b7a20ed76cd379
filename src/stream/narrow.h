/* narrow.h - what one peer may see of a stream, as prefixes of a message's first frame.
 *
 * A subscription is a prefix, and so is each grant of events (grants.h): what a peer gets is where
 * the two meet, whatever events come later. A stream whose topics do not begin with the kind can't
 * be narrowed: who may not see all of it sees nothing. Immutable; any thread. */
#ifndef FSZ_NARROW_H
#define FSZ_NARROW_H

#include "auth/policy.h"
#include "config/config.h"

struct fsz_narrow;

/* For a principal, or nobody (NULL: nothing may be seen). FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_narrow_new(const struct fsz_principal     *principal,
                                     const struct fsz_stream_config *stream,
                                     struct fsz_narrow             **ret_narrow);
/* Accepts NULL. */
void fsz_narrow_free(struct fsz_narrow **narrow);
bool fsz_narrow_sees_all(const struct fsz_narrow *narrow);
/* Whether events may be seen whose topics all begin with `head`, the name and subclass. */
bool fsz_narrow_shows(const struct fsz_narrow *narrow, const void *head, size_t size);
bool fsz_narrow_same(const struct fsz_narrow *a, const struct fsz_narrow *b);

typedef void (*fsz_narrow_fn)(void *argument, const void *prefix, size_t size);

/* Calls `take` for each prefix that this subscription comes down to. */
void fsz_narrow_apply(const struct fsz_narrow *narrow, const void *subscription, size_t size,
                      fsz_narrow_fn take, void *argument);

#endif
