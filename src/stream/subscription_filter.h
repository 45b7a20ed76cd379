/* subscription_filter.h - what one peer may see of a stream, as prefixes of a message's first
 * frame.
 *
 * A subscription is a prefix, and so is each grant of events (grants.h): what a peer gets is where
 * the two meet, whatever events come later. A stream whose topics do not begin with the kind can't
 * be narrowed: who may not see all of it sees nothing. Immutable; any thread. */
#ifndef FSZ_SUBSCRIPTION_FILTER_H
#define FSZ_SUBSCRIPTION_FILTER_H

#include "auth/policy.h"
#include "config/config.h"

struct fsz_subscription_filter;

/* For a principal, or nobody (NULL: nothing may be seen). FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_subscription_filter_new(
    const struct fsz_principal *principal, const struct fsz_stream_config *stream,
    struct fsz_subscription_filter **ret_subscription_filter);
/* Accepts NULL. */
void fsz_subscription_filter_free(struct fsz_subscription_filter **subscription_filter);
bool fsz_subscription_filter_sees_all(const struct fsz_subscription_filter *subscription_filter);
/* Whether events may be seen whose topics all begin with `head`, the name and subclass. */
bool fsz_subscription_filter_shows(const struct fsz_subscription_filter *subscription_filter,
                                   const void *head, size_t size);
bool fsz_subscription_filter_same(const struct fsz_subscription_filter *a,
                                  const struct fsz_subscription_filter *b);

typedef void (*fsz_subscription_filter_fn)(void *argument, const void *prefix, size_t size);

/* Calls `take` for each prefix that this subscription comes down to. */
void fsz_subscription_filter_apply(const struct fsz_subscription_filter *subscription_filter,
                                   const void *subscription, size_t size,
                                   fsz_subscription_filter_fn take, void *argument);

#endif
