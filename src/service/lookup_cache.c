/* SPDX-License-Identifier: MPL-2.0 */
/* The entries of the cache. */
#include "service/lookup_cache.h"

#include "base/buffer.h"
#include "base/glob.h"
#include "base/thread.h"
#include "service/lookup_cache_private.h"

#include <stdlib.h>
#include <string.h>

fsz_err fsz_lookup_cache_new(const struct fsz_cache_limits *limits,
                             struct fsz_lookup_cache      **ret_cache)
{
    struct fsz_lookup_cache *cache = calloc(1, sizeof(*cache));
    if (cache == NULL) {
        return FSZ_ENOMEM;
    }
    pthread_mutex_init(&cache->lock, NULL);
    cache->limits = *limits;
    *ret_cache = cache;
    return FSZ_OK;
}

void fsz_lookup_cache_free(struct fsz_lookup_cache **cache)
{
    if (*cache != NULL) {
        fsz_lookup_cache_flush(*cache, NULL);
        pthread_mutex_destroy(&(*cache)->lock);
        free(*cache);
        *cache = NULL;
    }
}

void fsz_lookup_cache_limit(struct fsz_lookup_cache *cache, const struct fsz_cache_limits *limits)
{
    fsz_thread_lock(&cache->lock);
    cache->limits = *limits;
    fsz_cache_fit_locked(cache);
    pthread_mutex_unlock(&cache->lock);
}

struct cache_entry *fsz_cache_find_locked(struct fsz_lookup_cache *cache, struct fsz_cache_key key)
{
    struct cache_entry *entry = NULL;
    HASH_FIND(hh, cache->entries, key.bytes, key.size, entry);
    return entry;
}

void fsz_cache_drop_locked(struct fsz_lookup_cache *cache, struct cache_entry *entry)
{
    if (cache->entries != NULL) { /* always true, but the analyzer can't know that */
        HASH_DEL(cache->entries, entry);
    }
    DL_DELETE2(cache->recent, entry, previous, next);
    cache->counters.entries--;
    cache->counters.bytes -= entry->bytes;
    fsz_document_unref(&entry->document);
    free(entry);
}

void fsz_cache_fit_locked(struct fsz_lookup_cache *cache)
{
    while (cache->recent != NULL && (cache->counters.entries > (uint64_t)cache->limits.entries ||
                                     cache->counters.bytes > (uint64_t)cache->limits.bytes)) {
        cache->counters.evicted++;
        fsz_cache_drop_locked(cache, cache->recent->previous);
    }
}

static struct cache_entry *cache_entry_new(struct fsz_cache_key key, struct fsz_document *document)
{
    struct cache_entry *entry = calloc(1, sizeof(*entry) + key.size);
    if (entry != NULL) {
        memcpy(entry->key, key.bytes, key.size);
        entry->key_size = key.size;
        entry->document = fsz_document_ref(document);
        entry->bytes = sizeof(*entry) + key.size + (document == NULL ? 0 : document->bytes);
    }
    return entry;
}

/* False: no memory. */
static bool cache_add_locked(struct fsz_lookup_cache *cache, struct cache_entry *entry)
{
    unsigned before = HASH_COUNT(cache->entries);
    HASH_ADD(hh, cache->entries, key, entry->key_size, entry);
    if (HASH_COUNT(cache->entries) == before) {
        return false;
    }
    DL_PREPEND2(cache->recent, entry, previous, next);
    cache->counters.entries++;
    cache->counters.bytes += entry->bytes;
    fsz_cache_fit_locked(cache);
    return true;
}

void fsz_cache_keep_locked(struct fsz_lookup_cache *cache, struct fsz_cache_key key,
                           const struct fsz_cache_answer *answer)
{
    struct cache_entry *old = fsz_cache_find_locked(cache, key);
    int64_t             stale_ms = answer->err == FSZ_OK ? answer->stale_ms : 0;
    if (old != NULL) {
        fsz_cache_drop_locked(cache, old);
    }
    if (answer->fresh_ms + stale_ms <= 0) {
        return;
    }
    struct cache_entry *entry = cache_entry_new(key, answer->document);
    if (entry != NULL) {
        entry->fresh_until_ms = answer->now_ms + answer->fresh_ms;
        entry->stale_until_ms = entry->fresh_until_ms + stale_ms;
    }
    bool fits = entry != NULL && entry->bytes <= (size_t)cache->limits.bytes;
    if (!fits || !cache_add_locked(cache, entry)) {
        cache->counters.not_kept++;
        if (entry != NULL) {
            fsz_document_unref(&entry->document);
        }
        free(entry);
    }
}

struct fsz_document *fsz_lookup_cache_stale(struct fsz_lookup_cache *cache,
                                            struct fsz_cache_key key, int64_t now_ms)
{
    struct fsz_document *document = NULL;
    fsz_thread_lock(&cache->lock);
    const struct cache_entry *entry = fsz_cache_find_locked(cache, key);
    if (entry != NULL && entry->document != NULL && now_ms < entry->stale_until_ms) {
        document = fsz_document_ref(entry->document);
        cache->counters.stale++;
    }
    pthread_mutex_unlock(&cache->lock);
    return document;
}

void fsz_lookup_cache_forget(struct fsz_lookup_cache *cache, struct fsz_cache_key key)
{
    fsz_thread_lock(&cache->lock);
    struct cache_entry *entry = fsz_cache_find_locked(cache, key);
    if (entry != NULL) {
        fsz_cache_drop_locked(cache, entry);
    }
    pthread_mutex_unlock(&cache->lock);
}

/* An operator's pattern has `/` for NUL. `text` is a buffer for the key. */
static bool cache_matches(const char *pattern, const char *key, size_t size,
                          struct fsz_buffer *text)
{
    if (pattern == NULL) {
        return true;
    }
    text->size = 0;
    if (fsz_buffer_append(text, key, size) != FSZ_OK) {
        return true; /* no memory to compare: removing an entry does no harm */
    }
    for (size_t i = 0; i < size; i++) {
        text->data[i] = text->data[i] == '\0' ? '/' : text->data[i];
    }
    return fsz_glob(pattern, (const char *)text->data, size, 0);
}

/* From now on no lookup may wait for this reply, which is from before the flush. */
static void cache_disown_locked(struct fsz_lookup_cache *cache, struct fsz_cache_flight *flight)
{
    if (cache->flights != NULL) { /* always true, but the analyzer can't know that */
        HASH_DEL(cache->flights, flight);
    }
    flight->flushed = true;
}

size_t fsz_lookup_cache_flush(struct fsz_lookup_cache *cache, const char *pattern)
{
    struct cache_entry      *entry = NULL, *next = NULL;
    struct fsz_cache_flight *flight = NULL, *next_flight = NULL;
    struct fsz_buffer        text;
    size_t                   count = 0;
    fsz_buffer_init(&text, SIZE_MAX / 2);
    fsz_thread_lock(&cache->lock);
    HASH_ITER(hh, cache->entries, entry, next)
    {
        if (cache_matches(pattern, entry->key, entry->key_size, &text)) {
            fsz_cache_drop_locked(cache, entry);
            count++;
        }
    }
    HASH_ITER(hh, cache->flights, flight, next_flight)
    {
        if (cache_matches(pattern, flight->key, flight->key_size, &text)) {
            cache_disown_locked(cache, flight);
        }
    }
    cache->counters.flushed += count;
    pthread_mutex_unlock(&cache->lock);
    fsz_buffer_fini(&text);
    return count;
}

struct fsz_cache_counters fsz_lookup_cache_counters(struct fsz_lookup_cache *cache)
{
    fsz_thread_lock(&cache->lock);
    struct fsz_cache_counters counters = cache->counters;
    pthread_mutex_unlock(&cache->lock);
    return counters;
}
