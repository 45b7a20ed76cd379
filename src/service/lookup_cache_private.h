/* SPDX-License-Identifier: MPL-2.0 */
/* lookup_cache_private.h - the cache's two tables: entries, and requests in progress.
 *
 * Only for lookup_cache*.c. */
#ifndef FSZ_LOOKUP_CACHE_PRIVATE_H
#define FSZ_LOOKUP_CACHE_PRIVATE_H

#include "service/lookup_cache.h"

#include <pthread.h>
#include <stdbool.h>

#define HASH_NONFATAL_OOM 1 /* uthash ends the process otherwise */
#include <uthash.h>
#include <utlist.h>

struct cache_entry {
    UT_hash_handle       hh;              /* by key */
    struct cache_entry  *previous, *next; /* more and less recently used */
    struct fsz_document *document;        /* NULL: not found */
    int64_t              fresh_until_ms, stale_until_ms;
    size_t               bytes; /* counted: key, document and this struct */
    size_t               key_size;
    char                 key[];
};

struct fsz_cache_flight {
    UT_hash_handle       hh; /* by key */
    pthread_cond_t       landed;
    unsigned             users; /* threads that ask or wait; the last one frees */
    bool                 done;
    bool                 flushed; /* no longer in the table; its reply is not kept */
    fsz_err              err;
    struct fsz_document *document;
    size_t               key_size;
    char                 key[];
};

/* `lock` guards the rest. */
struct fsz_lookup_cache {
    pthread_mutex_t           lock;
    struct fsz_cache_limits   limits;
    struct fsz_cache_counters counters;
    struct cache_entry       *entries; /* uthash */
    struct cache_entry *recent; /* utlist: the most recently used; its `previous` is the least */
    struct fsz_cache_flight *flights; /* uthash: those that other threads may wait for */
};

struct cache_entry *fsz_cache_find_locked(struct fsz_lookup_cache *cache, struct fsz_cache_key key);
void fsz_cache_drop_locked(struct fsz_lookup_cache *cache, struct cache_entry *entry);
/* Replaces the entry; without a time to live only removes it. */
void fsz_cache_keep_locked(struct fsz_lookup_cache *cache, struct fsz_cache_key key,
                           const struct fsz_cache_answer *answer);
/* Drops the least recently used entries until the rest is within the limits. */
void fsz_cache_fit_locked(struct fsz_lookup_cache *cache);

#endif
