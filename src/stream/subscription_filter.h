/* SPDX-License-Identifier: MPL-2.0 */
/* subscription_filter.h - what one peer may see of a stream, as prefixes of the first frame of a
 * message.
 *
 * A subscription is a prefix, and so is each grant of events (grants.h). The peer gets the messages
 * that both match. If the topics of a stream do not begin with the event type, its subscriptions
 * cannot be filtered by grants: a peer that may not see all of it sees nothing. Immutable; any
 * thread. */
#ifndef FSZ_SUBSCRIPTION_FILTER_H
#define FSZ_SUBSCRIPTION_FILTER_H

#include "auth/policy.h"
#include "config/config.h"

struct fsz_subscription_filter;

/* Makes the filter of a principal. NULL: no user, so nothing may be seen. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_subscription_filter_new(const struct fsz_principal      *principal,
                                                  const struct fsz_stream_config  *stream,
                                                  struct fsz_subscription_filter **ret_filter);
/* Accepts NULL. */
void fsz_subscription_filter_free(struct fsz_subscription_filter **filter);
bool fsz_subscription_filter_sees_all(const struct fsz_subscription_filter *filter);
/* Whether the peer may see events whose topics all begin with `head`, the name and subclass. */
bool fsz_subscription_filter_shows(const struct fsz_subscription_filter *filter, const void *head,
                                   size_t size);
bool fsz_subscription_filter_same(const struct fsz_subscription_filter *a,
                                  const struct fsz_subscription_filter *b);

typedef void (*fsz_subscription_filter_fn)(void *argument, const void *prefix, size_t size);

/* Calls `take` for each prefix that is left of this subscription. */
void fsz_subscription_filter_apply(const struct fsz_subscription_filter *filter,
                                   const void *subscription, size_t size,
                                   fsz_subscription_filter_fn take, void *argument);

#endif
