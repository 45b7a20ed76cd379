/* SPDX-License-Identifier: MPL-2.0 */
#include "stream/subscriptions.h"

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1 /* else uthash ends the process */
#include <uthash.h>

struct subscription {
    UT_hash_handle hh;
    uint64_t       connections; /* connections that have it */
    size_t         size;
    unsigned char  prefix[];
};

struct type_interest {
    char    *head;
    size_t   head_size;
    uint64_t matching; /* number of subscriptions that may match */
};

struct fsz_subscriptions {
    struct subscription  *by_prefix;
    uint64_t              max, untracked;
    uint32_t              event_types_max, type_count;
    struct type_interest *types;
};

fsz_err fsz_subscriptions_new(struct fsz_subscriptions **ret_subscriptions,
                              uint32_t event_types_max, uint64_t max)
{
    struct fsz_subscriptions *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return FSZ_ENOMEM;
    }
    s->types = calloc(event_types_max, sizeof(*s->types));
    if (s->types == NULL) {
        free(s);
        return FSZ_ENOMEM;
    }
    s->event_types_max = event_types_max;
    s->max = max;
    *ret_subscriptions = s;
    return FSZ_OK;
}

const char *fsz_subscriptions_head(const struct fsz_subscriptions *s, uint32_t id, size_t *ret_size)
{
    *ret_size = s->types[id].head_size;
    return s->types[id].head;
}

void fsz_subscriptions_forget_types(struct fsz_subscriptions *s)
{
    for (uint32_t id = 0; id < s->type_count; id++) {
        free(s->types[id].head);
        s->types[id] = (struct type_interest){0};
    }
    s->type_count = 0;
}

void fsz_subscriptions_free(struct fsz_subscriptions **subscriptions)
{
    struct fsz_subscriptions *s = *subscriptions;
    struct subscription      *each = NULL, *next = NULL;
    if (s == NULL) {
        return;
    }
    HASH_ITER(hh, s->by_prefix, each, next)
    {
        HASH_DEL(s->by_prefix, each);
        free(each);
    }
    fsz_subscriptions_forget_types(s);
    free(s->types);
    free(s);
    *subscriptions = NULL;
}

/* Whether a frame that begins with `head` may begin with `prefix`: one must be a prefix of the
 * other. */
static bool subscription_may_match(const struct type_interest *type, const void *prefix,
                                   size_t size)
{
    size_t shorter = size < type->head_size ? size : type->head_size;
    return type->head == NULL || memcmp(type->head, prefix, shorter) == 0;
}

void fsz_subscriptions_add_type(struct fsz_subscriptions *s, uint32_t id, const char *head,
                                size_t head_size)
{
    if (id != s->type_count || id >= s->event_types_max) {
        return;
    }
    struct type_interest *type = &s->types[id];
    type->head = malloc(head_size + 1); /* NULL is safe: each subscription may then match */
    type->head_size = type->head ? head_size : 0;
    if (type->head != NULL) {
        memcpy(type->head, head, head_size);
    }
    s->type_count = id + 1;
    struct subscription *each = NULL, *next = NULL;
    HASH_ITER(hh, s->by_prefix, each, next)
    {
        type->matching += subscription_may_match(type, each->prefix, each->size);
    }
}

uint32_t fsz_subscriptions_types(const struct fsz_subscriptions *s)
{
    return s->type_count;
}

static struct subscription *subscriptions_find(const struct fsz_subscriptions *s,
                                               const void *prefix, size_t size)
{
    struct subscription *found = NULL;
    HASH_FIND(hh, s->by_prefix, prefix, size, found);
    return found;
}

/* While some subscriptions are untracked, no other one is stored, because it might be one of them.
 */
static bool subscriptions_insert(struct fsz_subscriptions *s, const void *prefix, size_t size)
{
    struct subscription *added = NULL;
    if (s->untracked == 0 && HASH_COUNT(s->by_prefix) < s->max) {
        added = calloc(1, sizeof(*added) + size);
    }
    if (added == NULL) {
        return false;
    }
    added->connections = 1;
    added->size = size;
    memcpy(added->prefix, prefix, size);
    HASH_ADD(hh, s->by_prefix, prefix, size, added);
    if (added->hh.tbl == NULL) {
        free(added);
        return false;
    }
    return true;
}

static void subscriptions_count_matching(struct fsz_subscriptions *s, const void *prefix,
                                         size_t size, uint64_t difference)
{
    for (uint32_t id = 0; id < s->type_count; id++) {
        if (subscription_may_match(&s->types[id], prefix, size)) {
            s->types[id].matching += difference;
        }
    }
}

static void subscriptions_add(struct fsz_subscriptions *s, const void *prefix, size_t size)
{
    struct subscription *found = subscriptions_find(s, prefix, size);
    if (found != NULL) {
        found->connections++;
    } else if (subscriptions_insert(s, prefix, size)) {
        subscriptions_count_matching(s, prefix, size, 1);
    } else {
        s->untracked++;
    }
}

static void subscriptions_remove(struct fsz_subscriptions *s, const void *prefix, size_t size)
{
    struct subscription *found = subscriptions_find(s, prefix, size);
    if (found == NULL) {
        s->untracked -= s->untracked > 0;
    } else if (--found->connections == 0) {
        subscriptions_count_matching(s, prefix, size, (uint64_t)-1);
        HASH_DEL(s->by_prefix, found);
        free(found);
    }
}

void fsz_subscriptions_change(struct fsz_subscriptions *s, bool came, const void *prefix,
                              size_t size)
{
    (came ? subscriptions_add : subscriptions_remove)(s, prefix, size);
}

void fsz_subscriptions_clear(struct fsz_subscriptions *s)
{
    struct subscription *each = NULL, *next = NULL;
    HASH_ITER(hh, s->by_prefix, each, next)
    {
        HASH_DEL(s->by_prefix, each);
        free(each);
    }
    for (uint32_t id = 0; id < s->type_count; id++) {
        s->types[id].matching = 0;
    }
    s->untracked = 0;
}

bool fsz_subscriptions_want(const struct fsz_subscriptions *s, uint32_t id)
{
    return s->untracked > 0 || (id < s->type_count && s->types[id].matching > 0);
}

uint64_t fsz_subscriptions_count(const struct fsz_subscriptions *s)
{
    return HASH_COUNT(s->by_prefix) + s->untracked;
}

uint64_t fsz_subscriptions_untracked(const struct fsz_subscriptions *s)
{
    return s->untracked;
}

void fsz_subscriptions_limit(struct fsz_subscriptions *s, uint64_t max)
{
    s->max = max;
}
