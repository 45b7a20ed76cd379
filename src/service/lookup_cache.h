/* SPDX-License-Identifier: MPL-2.0 */
/* lookup_cache.h - replies of services, kept for their time to live; and one request at a time for
 * each key.
 *
 * A key is bytes in parts, separated by NULs. Its entry is a document, or "not found". Time is the
 * caller's: milliseconds of any monotonic clock. Any thread; the lock is held for a few
 * instructions, not while anything is copied, and not while a thread waits. */
#ifndef FSZ_LOOKUP_CACHE_H
#define FSZ_LOOKUP_CACHE_H

#include "base/err.h"
#include "service/document.h"

#include <stddef.h>
#include <stdint.h>

struct fsz_lookup_cache;
struct fsz_cache_flight; /* a request in progress */

struct fsz_cache_limits {
    int64_t entries, bytes;
};

struct fsz_cache_key {
    const void *bytes;
    size_t      size;
};

/* How a get ended. */
enum fsz_cache_how {
    FSZ_CACHE_HIT,       /* `err` and `document` are a fresh entry */
    FSZ_CACHE_ASK,       /* the caller must ask, then call fsz_lookup_cache_tell() */
    FSZ_CACHE_COALESCED, /* `err` and `document` are the result of another thread's request */
};

struct fsz_cache_found {
    enum fsz_cache_how how;
    fsz_err err; /* FSZ_OK: a document. FSZ_ENOTFOUND: not found. FSZ_ETIMEOUT: the other thread's
                    request takes too long. Else: how that request failed */
    struct fsz_document *document; /* the caller's reference, or NULL */
    /* Of FSZ_CACHE_ASK. NULL: no memory, others can't wait for it. */
    struct fsz_cache_flight *flight;
};

/* The outcome of a request. */
struct fsz_cache_answer {
    fsz_err              err;      /* FSZ_OK, FSZ_ENOTFOUND, or how it failed */
    struct fsz_document *document; /* of FSZ_OK; the caller keeps its reference */
    int64_t              now_ms;
    int64_t              fresh_ms; /* from now_ms */
    int64_t              stale_ms; /* after that; documents only */
};

struct fsz_cache_counters {
#define FSZ_COUNTERS_CACHE(member, unit, meaning) uint64_t member;
#include "counters/counters.def"
};

FSZ_NODISCARD fsz_err fsz_lookup_cache_new(const struct fsz_cache_limits *limits,
                                           struct fsz_lookup_cache      **ret_cache);
/* No thread may use it, and no request may be in progress. Accepts NULL in *cache. */
void fsz_lookup_cache_free(struct fsz_lookup_cache **cache);
/* Entries above the new limits are removed at once. */
void fsz_lookup_cache_limit(struct fsz_lookup_cache *cache, const struct fsz_cache_limits *limits);

/* Looks for an entry that is fresh at now_ms. Without one, waits at most wait_ms for a request in
 * progress for the same key. */
void fsz_lookup_cache_get(struct fsz_lookup_cache *cache, struct fsz_cache_key key, int64_t now_ms,
                          int64_t wait_ms, struct fsz_cache_found *ret_found);
/* Ends a request, wakes waiting threads, and replaces the entry if the reply has a time to live.
 * "Not found" always removes the old entry; a failure leaves it. Clears *flight; NULL in it: does
 * nothing.
 */
void fsz_lookup_cache_tell(struct fsz_lookup_cache *cache, struct fsz_cache_flight **flight,
                           const struct fsz_cache_answer *answer);
/* Removes the key's entry: for a reply "not found" without a flight. */
void fsz_lookup_cache_forget(struct fsz_lookup_cache *cache, struct fsz_cache_key key);
/* An expired document that may still be used after a failure: a new reference, or NULL. */
struct fsz_document *fsz_lookup_cache_stale(struct fsz_lookup_cache *cache,
                                            struct fsz_cache_key key, int64_t now_ms);

/* Removes entries whose keys match the pattern (glob.h), with `/` for the NULs between the parts;
 * NULL: all. Replies to such requests in progress are not kept, and go only to threads that wait
 * already. Returns how many entries were removed. */
size_t fsz_lookup_cache_flush(struct fsz_lookup_cache *cache, const char *pattern);

struct fsz_cache_counters fsz_lookup_cache_counters(struct fsz_lookup_cache *cache);

#endif
