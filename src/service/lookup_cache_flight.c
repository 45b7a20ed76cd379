/* SPDX-License-Identifier: MPL-2.0 */
/* One request at a time for each key, and the threads that wait for it. */
#include "base/clock.h"
#include "base/thread.h"
#include "service/lookup_cache.h"
#include "service/lookup_cache_private.h"

#include <stdlib.h>
#include <string.h>

static struct fsz_cache_flight *flight_new(struct fsz_cache_key key)
{
    struct fsz_cache_flight *flight = calloc(1, sizeof(*flight) + key.size);
    if (flight == NULL || fsz_thread_init_cond(&flight->landed) != FSZ_OK) {
        free(flight);
        return NULL;
    }
    memcpy(flight->key, key.bytes, key.size);
    flight->key_size = key.size;
    flight->users = 1;
    return flight;
}

static void flight_free(struct fsz_cache_flight *flight)
{
    pthread_cond_destroy(&flight->landed);
    fsz_document_unref(&flight->document);
    free(flight);
}

/* Returns the flight if this was its last user: to be freed without the lock. */
static struct fsz_cache_flight *flight_leave_locked(struct fsz_cache_flight *flight)
{
    return --flight->users == 0 ? flight : NULL;
}

/* Unlocks. */
static void flight_join_locked(struct fsz_lookup_cache *cache, struct fsz_cache_flight *flight,
                               int64_t wait_ms, struct fsz_cache_found *found)
{
    int64_t until_ms = fsz_clock_monotonic_ms() + wait_ms;
    cache->counters.coalesced++;
    flight->users++;
    while (!flight->done && fsz_thread_wait_ms(&flight->landed, &cache->lock, until_ms)) {
    }
    found->how = FSZ_CACHE_COALESCED;
    found->err = flight->done ? flight->err : FSZ_ETIMEOUT;
    found->document = flight->done ? fsz_document_ref(flight->document) : NULL;
    struct fsz_cache_flight *left = flight_leave_locked(flight);
    pthread_mutex_unlock(&cache->lock);
    if (left != NULL) {
        flight_free(left);
    }
}

/* The caller's request. NULL: no memory, other threads send their own. */
static struct fsz_cache_flight *flight_begin_locked(struct fsz_lookup_cache *cache,
                                                    struct fsz_cache_key     key)
{
    struct fsz_cache_flight *flight = flight_new(key);
    if (flight == NULL) {
        return NULL;
    }
    unsigned before = HASH_COUNT(cache->flights);
    HASH_ADD(hh, cache->flights, key, flight->key_size, flight);
    if (HASH_COUNT(cache->flights) == before) {
        flight_free(flight);
        return NULL;
    }
    cache->counters.in_flight++;
    return flight;
}

static void flight_hit_locked(struct fsz_lookup_cache *cache, struct cache_entry *entry,
                              struct fsz_cache_found *found)
{
    cache->counters.hits++;
    DL_DELETE2(cache->recent, entry, previous, next);
    DL_PREPEND2(cache->recent, entry, previous, next);
    found->how = FSZ_CACHE_HIT;
    found->err = entry->document == NULL ? FSZ_ENOTFOUND : FSZ_OK;
    found->document = fsz_document_ref(entry->document);
}

void fsz_lookup_cache_get(struct fsz_lookup_cache *cache, struct fsz_cache_key key, int64_t now_ms,
                          int64_t wait_ms, struct fsz_cache_found *ret_found)
{
    struct fsz_cache_found   found = {.how = FSZ_CACHE_ASK, .err = FSZ_ENOTFOUND};
    struct fsz_cache_flight *flight = NULL;
    fsz_thread_lock(&cache->lock);
    struct cache_entry *entry = fsz_cache_find_locked(cache, key);
    bool                fresh = entry != NULL && now_ms < entry->fresh_until_ms;
    HASH_FIND(hh, cache->flights, key.bytes, key.size, flight);
    if (fresh) {
        flight_hit_locked(cache, entry, &found);
    } else if (flight != NULL) {
        flight_join_locked(cache, flight, wait_ms, &found);
        *ret_found = found;
        return;
    } else {
        cache->counters.misses++;
        found.flight = flight_begin_locked(cache, key);
    }
    pthread_mutex_unlock(&cache->lock);
    *ret_found = found;
}

void fsz_lookup_cache_tell(struct fsz_lookup_cache *cache, struct fsz_cache_flight **flight,
                           const struct fsz_cache_answer *answer)
{
    struct fsz_cache_flight *f = *flight;
    *flight = NULL;
    if (f == NULL) {
        return;
    }
    fsz_thread_lock(&cache->lock);
    cache->counters.in_flight--;
    if (!f->flushed) { /* else the table may have another flight with this key */
        HASH_DEL(cache->flights, f);
    }
    if (!f->flushed && (answer->err == FSZ_OK || answer->err == FSZ_ENOTFOUND)) {
        struct fsz_cache_key key = {f->key, f->key_size};
        fsz_cache_keep_locked(cache, key, answer);
    }
    f->done = true;
    f->err = answer->err;
    f->document = fsz_document_ref(answer->document);
    pthread_cond_broadcast(&f->landed);
    f = flight_leave_locked(f);
    pthread_mutex_unlock(&cache->lock);
    if (f != NULL) {
        flight_free(f);
    }
}
