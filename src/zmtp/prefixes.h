/* prefixes.h - who has asked for what: a radix tree of prefixes, each with the subscribers that
 * have it.
 *
 * Matching a topic costs at most its length, however many prefixes there are; adding and removing
 * one costs its length, however many subscribers share it and however long the others are. No
 * function recurses. Not thread-safe: its holder locks. */
#ifndef FSZ_ZMTP_PREFIXES_H
#define FSZ_ZMTP_PREFIXES_H

#include "zmtp/zmtp.h"

struct fsz_prefixes;
/* One subscriber's place at one prefix. */
struct fsz_prefix_entry;

/* FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_prefixes_new(struct fsz_prefixes **ret_prefixes);
/* Entries that are left are freed with it. Accepts NULL. */
void fsz_prefixes_free(struct fsz_prefixes **prefixes);
/* FSZ_ENOMEM: nothing changed. *ret_first: nobody had that prefix before. */
FSZ_NODISCARD fsz_err fsz_prefixes_add(struct fsz_prefixes *prefixes, const void *prefix,
                                       size_t size, void *subscriber,
                                       struct fsz_prefix_entry **ret_entry, bool *ret_first);
/* The prefix of an entry, valid as long as the entry. */
const uint8_t *fsz_prefix_entry_bytes(const struct fsz_prefix_entry *entry, size_t *ret_size);
/* Frees the entry. If nobody has its prefix any more, `gone` (or NULL) is called with it once the
 * tree has forgotten it. */
void fsz_prefixes_remove(struct fsz_prefixes *prefixes, struct fsz_prefix_entry *entry,
                         void (*gone)(void *argument, const void *prefix, size_t size),
                         void *argument);
/* Calls `found` for each entry whose prefix begins the topic; a subscriber with several comes
 * several times. `found` must not change the tree. */
void fsz_prefixes_match(const struct fsz_prefixes *prefixes, const void *topic, size_t size,
                        void (*found)(void *argument, void *subscriber), void *argument);
/* May a topic that begins with `head` match: is a prefix the beginning of `head`, or `head` the
 * beginning of a prefix? */
bool   fsz_prefixes_want(const struct fsz_prefixes *prefixes, const void *head, size_t size);
size_t fsz_prefixes_count(const struct fsz_prefixes *prefixes); /* distinct ones */

#endif
