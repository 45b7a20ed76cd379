/* SPDX-License-Identifier: MPL-2.0 */
#include "auth/failures.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1 /* uthash ends the process otherwise */
#include <uthash.h>

enum { FAILURES_V6_PREFIX_BYTES = 8 };

/* An address as 16 bytes, IPv4 in its mapped form. Other texts follow the bytes 0xff 0xff, with
 * which no peer's address begins. */
struct failures_key {
    unsigned char bytes[16];
};

struct failures_entry {
    UT_hash_handle      hh;
    struct failures_key key;
    int64_t             since_ms, count;
};

struct fsz_failures {
    struct failures_entry *by_key; /* in the order of the last failures */
    _Atomic uint64_t       forgotten;
};

fsz_err fsz_failures_new(struct fsz_failures **ret_failures)
{
    struct fsz_failures *failures = calloc(1, sizeof(*failures));
    if (failures == NULL) {
        return FSZ_ENOMEM;
    }
    *ret_failures = failures;
    return FSZ_OK;
}

static void failures_forget(struct fsz_failures *failures, struct failures_entry *entry)
{
    HASH_DEL(failures->by_key, entry);
    free(entry);
}

void fsz_failures_free(struct fsz_failures **failures)
{
    struct failures_entry *entry = NULL, *next = NULL;
    if (*failures == NULL) {
        return;
    }
    HASH_ITER(hh, (*failures)->by_key, entry, next)
    {
        failures_forget(*failures, entry);
    }
    free(*failures);
    *failures = NULL;
}

/* `:uid` */
static void failures_key_of_local(const char *address, struct failures_key *key)
{
    size_t size = strlen(address);
    memset(key->bytes, 0, sizeof(key->bytes));
    memset(key->bytes, 0xff, 2);
    memcpy(key->bytes + 2, address, size < 14 ? size : 14);
}

static struct failures_key failures_key_of(const char *address)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct failures_key        key;
    char                       plain[INET6_ADDRSTRLEN] = "";
    size_t length = strcspn(address, "%"); /* the zone of a link-local address */
    memcpy(plain, address, length < sizeof(plain) ? length : sizeof(plain) - 1);
    if (inet_pton(AF_INET, plain, key.bytes + sizeof(mapped)) == 1) {
        memcpy(key.bytes, mapped, sizeof(mapped));
    } else if (inet_pton(AF_INET6, plain, key.bytes) != 1) {
        failures_key_of_local(address, &key);
    } else if (memcmp(key.bytes, mapped, sizeof(mapped)) != 0) {
        memset(key.bytes + FAILURES_V6_PREFIX_BYTES, 0,
               sizeof(key.bytes) - FAILURES_V6_PREFIX_BYTES);
    }
    return key;
}

static struct failures_entry *failures_find(const struct fsz_failures *failures,
                                            const struct failures_key *key)
{
    struct failures_entry *found = NULL;
    HASH_FIND(hh, failures->by_key, key, sizeof(*key), found);
    return found;
}

static bool failures_is_over(const struct failures_entry *entry, int64_t now_ms)
{
    return now_ms - entry->since_ms >= FSZ_FAILURES_WINDOW_MS;
}

bool fsz_failures_reach(const struct fsz_failures *failures, const char *address, int64_t limit,
                        int64_t now_ms)
{
    struct failures_key          key = failures_key_of(address);
    const struct failures_entry *found = limit > 0 ? failures_find(failures, &key) : NULL;
    return found != NULL && !failures_is_over(found, now_ms) && found->count >= limit;
}

static void failures_make_room(struct fsz_failures *failures, int64_t now_ms)
{
    struct failures_entry *oldest = failures->by_key;
    if (HASH_COUNT(failures->by_key) >= FSZ_FAILURES_ADDRESSES_MAX) {
        failures->forgotten += !failures_is_over(oldest, now_ms);
        failures_forget(failures, oldest);
    }
}

/* Takes the entry out of the table, or makes one. NULL: out of memory; this failure is not
 * counted. */
static struct failures_entry *failures_take(struct fsz_failures       *failures,
                                            const struct failures_key *key, int64_t now_ms)
{
    struct failures_entry *entry = failures_find(failures, key);
    if (entry != NULL) {
        HASH_DEL(failures->by_key, entry);
        return entry;
    }
    failures_make_room(failures, now_ms);
    entry = calloc(1, sizeof(*entry));
    if (entry != NULL) {
        entry->key = *key;
        entry->since_ms = now_ms;
    }
    return entry;
}

void fsz_failures_note(struct fsz_failures *failures, const char *address, int64_t now_ms)
{
    struct failures_key    key = failures_key_of(address);
    struct failures_entry *entry = failures_take(failures, &key, now_ms);
    if (entry == NULL) {
        return;
    }
    if (failures_is_over(entry, now_ms)) {
        entry->since_ms = now_ms;
        entry->count = 0;
    }
    entry->count++;
    HASH_ADD(hh, failures->by_key, key, sizeof(entry->key), entry); /* at the end of the order */
    if (entry->hh.tbl == NULL) {
        free(entry);
    }
}

size_t fsz_failures_count(const struct fsz_failures *failures)
{
    return HASH_COUNT(failures->by_key);
}

uint64_t fsz_failures_forgotten(const struct fsz_failures *failures)
{
    return failures->forgotten;
}
