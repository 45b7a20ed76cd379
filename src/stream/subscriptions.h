/* subscriptions.h - what the subscribers of one stream asked for, and which kinds that makes
 * wanted.
 *
 * A subscription is a prefix of a message's first frame. For each kind it counts how many of them
 * may match an event of that kind, so that an event that nobody wants is not even encoded. Stream
 * thread only. */
#ifndef FSZ_SUBSCRIPTIONS_H
#define FSZ_SUBSCRIPTIONS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fsz_subscriptions;

/* `event_types_max`: ids that will be asked about; `max`: distinct prefixes kept (beyond it every
 * kind counts as wanted until subscriptions leave, and fsz_subscriptions_untracked() tells). */
FSZ_NODISCARD fsz_err fsz_subscriptions_new(struct fsz_subscriptions **ret_subscriptions,
                                            uint32_t event_types_max, uint64_t max);
void                  fsz_subscriptions_free(struct fsz_subscriptions **subscriptions);

/* A kind's first-frame prefix is told once, in the order of ids; until then nothing is known of it.
 */
void fsz_subscriptions_add_type(struct fsz_subscriptions *s, uint32_t id, const char *head,
                                size_t head_size);
/* Kinds told so far. */
uint32_t fsz_subscriptions_types(const struct fsz_subscriptions *s);
/* That prefix of a kind told, and its size. */
const char *fsz_subscriptions_head(const struct fsz_subscriptions *s, uint32_t id,
                                   size_t *ret_size);
/* Forgets the kinds (their heads changed: another framing or topic); subscriptions stay. */
void fsz_subscriptions_forget_types(struct fsz_subscriptions *s);

/* One that a connection has now, or no longer has. Several may have the same. */
void fsz_subscriptions_change(struct fsz_subscriptions *s, bool came, const void *prefix,
                              size_t size);
/* Nobody has any now. */
void     fsz_subscriptions_clear(struct fsz_subscriptions *s);
bool     fsz_subscriptions_want(const struct fsz_subscriptions *s, uint32_t id);
uint64_t fsz_subscriptions_count(const struct fsz_subscriptions *s);
uint64_t fsz_subscriptions_untracked(const struct fsz_subscriptions *s);
void     fsz_subscriptions_limit(struct fsz_subscriptions *s, uint64_t max);

#endif
