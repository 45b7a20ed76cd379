/* SPDX-License-Identifier: MPL-2.0 */
/* prefixes.h - all subscriptions: a radix tree of prefixes, each with its subscribers.
 *
 * Matching a topic costs at most the topic's length, however many prefixes exist. Adding or
 * removing a prefix costs its length, however many subscribers share it and however long other
 * prefixes are. No function recurses. Not thread-safe: the owner locks. */
#ifndef FSZ_ZMTP_PREFIXES_H
#define FSZ_ZMTP_PREFIXES_H

#include "zmtp/zmtp.h"

struct fsz_prefixes;
/* One subscriber at one prefix. */
struct fsz_prefix_entry;

/* FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_prefixes_new(struct fsz_prefixes **ret_prefixes);
/* Frees remaining entries too. Accepts NULL. */
void fsz_prefixes_free(struct fsz_prefixes **prefixes);
/* FSZ_ENOMEM: nothing changed. *ret_first: no subscriber had that prefix before. */
FSZ_NODISCARD fsz_err fsz_prefixes_add(struct fsz_prefixes *prefixes, const void *prefix,
                                       size_t size, void *subscriber,
                                       struct fsz_prefix_entry **ret_entry, bool *ret_first);
/* The prefix of an entry, valid as long as the entry. */
const uint8_t *fsz_prefix_entry_bytes(const struct fsz_prefix_entry *entry, size_t *ret_size);
/* Frees the entry. If no subscriber has its prefix any more, `gone` (or NULL) is called with the
 * prefix after it has left the tree. */
void fsz_prefixes_remove(struct fsz_prefixes *prefixes, struct fsz_prefix_entry *entry,
                         void (*gone)(void *argument, const void *prefix, size_t size),
                         void *argument);
/* Calls `found` for each entry whose prefix matches the topic, once for each matching prefix of a
 * subscriber. `found` must not change the tree. */
void fsz_prefixes_match(const struct fsz_prefixes *prefixes, const void *topic, size_t size,
                        void (*found)(void *argument, void *subscriber), void *argument);
/* Could a topic that begins with `head` match? True if a prefix is the start of `head`, or `head`
 * is the start of a prefix. */
bool   fsz_prefixes_want(const struct fsz_prefixes *prefixes, const void *head, size_t size);
size_t fsz_prefixes_count(const struct fsz_prefixes *prefixes); /* distinct prefixes */

#endif
