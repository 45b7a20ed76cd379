/* lookup_cache.h - what services have answered, for as long as that holds; and one question at a
 * time for each key.
 *
 * A key is bytes in parts, each part but the last ended by a NUL. What is kept for it is a
 * document, or that there is none. Time is the caller's (milliseconds of any clock that does not go
 * back). Any thread; the lock is held for a few instructions, not while anything is copied, and not
 * by whoever waits. */
#ifndef FSZ_LOOKUP_CACHE_H
#define FSZ_LOOKUP_CACHE_H

#include "base/err.h"
#include "service/document.h"

#include <stddef.h>
#include <stdint.h>

struct fsz_lookup_cache;
struct fsz_cache_flight; /* a question under way */

struct fsz_cache_limits {
    int64_t entries, bytes;
};

struct fsz_cache_key {
    const void *bytes;
    size_t      size;
};

/* How a get ended. */
enum fsz_cache_how {
    FSZ_CACHE_HIT,    /* `err` and `document` are what is kept, and fresh */
    FSZ_CACHE_ASK,    /* nobody asks: the caller must, and then call fsz_lookup_cache_tell() */
    FSZ_CACHE_JOINED, /* somebody asked; `err` and `document` are what came of it */
};

struct fsz_cache_found {
    enum fsz_cache_how how;
    fsz_err err; /* FSZ_OK: a document. FSZ_ENOTFOUND: there is none. FSZ_ETIMEOUT: who asked takes
                    too long. Else: what its question failed with */
    struct fsz_document     *document; /* the caller's reference, or NULL */
    struct fsz_cache_flight *flight;   /* of FSZ_CACHE_ASK; NULL: no memory to let others wait */
};

/* What became of a question. */
struct fsz_cache_answer {
    fsz_err              err;      /* FSZ_OK, FSZ_ENOTFOUND, or what it failed with */
    struct fsz_document *document; /* of FSZ_OK; stays the caller's reference */
    int64_t              now_ms;
    int64_t              fresh_ms; /* from now_ms on */
    int64_t              stale_ms; /* after that; of a document only */
};

struct fsz_cache_counters {
#define FSZ_COUNTERS_CACHE(member, unit, meaning) uint64_t member;
#include "counters/counters.def"
};

FSZ_NODISCARD fsz_err fsz_lookup_cache_new(const struct fsz_cache_limits *limits,
                                           struct fsz_lookup_cache      **ret_cache);
/* Nobody uses it any more, and no question is under way. Accepts NULL in *cache. */
void fsz_lookup_cache_free(struct fsz_lookup_cache **cache);
/* What is over the new bounds goes at once. */
void fsz_lookup_cache_limit(struct fsz_lookup_cache *cache, const struct fsz_cache_limits *limits);

/* Looks for what is fresh at now_ms. When there is nothing and somebody asks already, waits at most
 * wait_ms for what comes of it. */
void fsz_lookup_cache_get(struct fsz_lookup_cache *cache, struct fsz_cache_key key, int64_t now_ms,
                          int64_t wait_ms, struct fsz_cache_found *ret_found);
/* Ends a question, wakes who waits for it, and keeps the answer if it is to hold for any time: in
 * place of what was there. "Not found" always removes what was there; a failure leaves it alone.
 * Clears *flight; with NULL in it nothing is changed. */
void fsz_lookup_cache_tell(struct fsz_lookup_cache *cache, struct fsz_cache_flight **flight,
                           const struct fsz_cache_answer *answer);
/* Removes what is kept for the key, for an answer "not found" without a flight. */
void fsz_lookup_cache_forget(struct fsz_lookup_cache *cache, struct fsz_cache_key key);
/* A document that may still serve for want of a better one: a new reference, or NULL. */
struct fsz_document *fsz_lookup_cache_stale(struct fsz_lookup_cache *cache,
                                            struct fsz_cache_key key, int64_t now_ms);

/* Forgets the keys that match the pattern (glob.h), with `/` for the NULs between their parts;
 * NULL: all. Answers to such questions as are under way are not kept either, and only those get
 * them who wait already: the next one asks anew. Returns how many it forgot. */
size_t fsz_lookup_cache_flush(struct fsz_lookup_cache *cache, const char *pattern);

struct fsz_cache_counters fsz_lookup_cache_counters(struct fsz_lookup_cache *cache);

#endif
