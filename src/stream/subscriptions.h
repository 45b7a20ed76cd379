/* SPDX-License-Identifier: MPL-2.0 */
/* subscriptions.h - the subscriptions of one stream, and which event types are wanted because of
 * them.
 *
 * A subscription is a prefix of the first frame of a message. For each type, the number of
 * subscriptions that may match its events is counted, so that unwanted events are not even encoded.
 * Stream thread only. */
#ifndef FSZ_SUBSCRIPTIONS_H
#define FSZ_SUBSCRIPTIONS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fsz_subscriptions;

/* `event_types_max`: ids that may be used. `max`: distinct prefixes that are stored. Beyond it,
 * each type counts as wanted until subscriptions end, and fsz_subscriptions_untracked() is not 0.
 */
FSZ_NODISCARD fsz_err fsz_subscriptions_new(struct fsz_subscriptions **ret_subscriptions,
                                            uint32_t event_types_max, uint64_t max);
void                  fsz_subscriptions_free(struct fsz_subscriptions **subscriptions);

/* Adds the prefix of the first frame for a type, once and in the order of ids. */
void fsz_subscriptions_add_type(struct fsz_subscriptions *s, uint32_t id, const char *head,
                                size_t head_size);
/* The number of types added. */
uint32_t fsz_subscriptions_types(const struct fsz_subscriptions *s);
/* Returns that prefix of an added type, and its size. */
const char *fsz_subscriptions_head(const struct fsz_subscriptions *s, uint32_t id,
                                   size_t *ret_size);
/* Forgets the types, whose prefixes change with another framing or topic. Subscriptions stay. */
void fsz_subscriptions_forget_types(struct fsz_subscriptions *s);

/* Adds or removes a subscription of a connection. Several connections may have the same. */
void fsz_subscriptions_change(struct fsz_subscriptions *s, bool came, const void *prefix,
                              size_t size);
/* Removes all subscriptions. */
void     fsz_subscriptions_clear(struct fsz_subscriptions *s);
bool     fsz_subscriptions_want(const struct fsz_subscriptions *s, uint32_t id);
uint64_t fsz_subscriptions_count(const struct fsz_subscriptions *s);
uint64_t fsz_subscriptions_untracked(const struct fsz_subscriptions *s);
void     fsz_subscriptions_limit(struct fsz_subscriptions *s, uint64_t max);

#endif
