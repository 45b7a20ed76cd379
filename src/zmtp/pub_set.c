/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/pub_private.h"

#include <stdlib.h>
#include <string.h>

enum {
    SET_FIRST_ROOM = 8, /* buckets */
    SET_LOAD = 2        /* items for each bucket before the number of buckets doubles */
};

static uint64_t set_hash(const struct pub_set *set, const void *bytes, size_t size)
{
    uint8_t  digest[crypto_shorthash_BYTES];
    uint64_t hash = 0;
    crypto_shorthash(digest, bytes, size, set->key);
    memcpy(&hash, digest, sizeof(hash));
    return hash;
}

static struct pub_item **set_bucket(struct pub_set *set, uint64_t hash)
{
    return set->buckets != NULL ? &set->buckets[hash & (set->room - 1)] : &set->few;
}

static void bucket_push(struct pub_set *set, struct pub_item *item)
{
    struct pub_item **bucket = set_bucket(set, item->hash);
    item->chain = *bucket;
    *bucket = item;
}

/* Changes the number of buckets. Without memory the set stays unchanged, and is slower. */
static void set_resize(struct pub_set *set, size_t room)
{
    struct pub_item **buckets = room > 0 ? calloc(room, sizeof(struct pub_item *)) : NULL;
    if (room > 0 && buckets == NULL) {
        return;
    }
    free((void *)set->buckets);
    set->buckets = buckets;
    set->room = room;
    set->few = NULL;
    for (struct pub_item *item = set->first; item != NULL; item = item->next) {
        bucket_push(set, item);
    }
}

struct pub_item *fsz_pub_set_find(const struct pub_set *set, const void *bytes, size_t size)
{
    if (set->count == 0) {
        return NULL;
    }
    uint64_t         hash = set_hash(set, bytes, size);
    struct pub_item *item = set->buckets != NULL ? set->buckets[hash & (set->room - 1)] : set->few;
    while (item != NULL && (item->hash != hash || item->size != size ||
                            (size > 0 && memcmp(item->bytes, bytes, size) != 0))) {
        item = item->chain;
    }
    return item;
}

void fsz_pub_set_add(struct pub_set *set, struct pub_item *item, const void *bytes, size_t size)
{
    size_t room = set->room > 0 ? set->room : SET_FIRST_ROOM / 2;
    if (set->count >= room * SET_LOAD) {
        set_resize(set, room * 2);
    }
    *item = (struct pub_item){
        .hash = set_hash(set, bytes, size), .bytes = bytes, .size = size, .next = set->first};
    if (set->first != NULL) {
        set->first->previous = item;
    }
    set->first = item;
    set->count++;
    bucket_push(set, item);
}

void fsz_pub_set_remove(struct pub_set *set, struct pub_item *item)
{
    struct pub_item **at = set_bucket(set, item->hash);
    while (*at != item) {
        at = &(*at)->chain;
    }
    *at = item->chain;
    *(item->previous != NULL ? &item->previous->next : &set->first) = item->next;
    if (item->next != NULL) {
        item->next->previous = item->previous;
    }
    set->count--;
    if (set->count == 0 && set->room > 0) {
        set_resize(set, 0);
    } else if (set->room > SET_FIRST_ROOM && set->count < set->room / 4) {
        set_resize(set, set->room / 2);
    }
}
