/* lookup_cache_private.h - the cache's two tables: what is kept, and what is being asked.
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
    struct fsz_document *document;        /* NULL: there is none */
    int64_t              fresh_until_ms, stale_until_ms;
    size_t               bytes; /* that count: key, document, this */
    size_t               key_size;
    char                 key[];
};

struct fsz_cache_flight {
    UT_hash_handle       hh; /* by key */
    pthread_cond_t       landed;
    unsigned             users; /* who asked, and who waits; the last frees */
    bool                 done;
    bool                 flushed; /* no longer in the table, and its answer is not kept */
    fsz_err              err;
    struct fsz_document *document;
    size_t               key_size;
    char                 key[];
};

/* All but `lock` is guarded by it. */
struct fsz_lookup_cache {
    pthread_mutex_t           lock;
    struct fsz_cache_limits   limits;
    struct fsz_cache_counters counters;
    struct cache_entry       *entries; /* uthash */
    struct cache_entry       *recent;  /* utlist: the one used last; before it, the least recent */
    struct fsz_cache_flight  *flights; /* uthash: those that may be joined */
};

struct cache_entry *fsz_cache_find_locked(struct fsz_lookup_cache *cache, struct fsz_cache_key key);
void fsz_cache_drop_locked(struct fsz_lookup_cache *cache, struct cache_entry *entry);
/* Keeps an answer in place of what is there, or nothing if it is not to hold. */
void fsz_cache_keep_locked(struct fsz_lookup_cache *cache, struct fsz_cache_key key,
                           const struct fsz_cache_answer *answer);
/* Drops what was used least recently until the rest is within the limits. */
void fsz_cache_fit_locked(struct fsz_lookup_cache *cache);

#endif
