/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/pub_private.h"

#include <stdlib.h>

/* A prefix that a subscriber has in the tree. The tree owns the bytes. */
struct pub_grant {
    struct pub_item          item;
    struct fsz_prefix_entry *entry;
    size_t                   count; /* subscriptions that allow it */
};

/* A subscription that is being filtered. */
struct filtering {
    struct fsz_pub        *pub;
    struct pub_subscriber *subscriber;
    size_t                 count;
    fsz_err                err;
};

static void pub_changed(struct fsz_pub *pub, bool wanted, const void *prefix, size_t size)
{
    if (pub->handler->changed != NULL) {
        pub->handler->changed(pub->self, wanted, prefix, size);
    }
}

static void grant_gone(void *argument, const void *prefix, size_t size)
{
    pub_changed(argument, false, prefix, size);
}

static struct pub_grant *grant_new(struct fsz_pub *pub, struct pub_subscriber *subscriber,
                                   const void *prefix, size_t size)
{
    struct pub_grant *grant = calloc(1, sizeof(*grant));
    bool              first = false;
    if (grant == NULL || fsz_prefixes_add(pub->prefixes, prefix, size, subscriber, &grant->entry,
                                          &first) != FSZ_OK) {
        free(grant);
        return NULL;
    }
    const uint8_t *bytes = fsz_prefix_entry_bytes(grant->entry, &size);
    fsz_pub_set_add(&subscriber->grants, &grant->item, bytes, size);
    if (first) {
        pub_changed(pub, true, bytes, size);
    }
    return grant;
}

static void grant_free(struct fsz_pub *pub, struct pub_subscriber *subscriber,
                       struct pub_grant *grant)
{
    fsz_pub_set_remove(&subscriber->grants, &grant->item);
    fsz_prefixes_remove(pub->prefixes, grant->entry, grant_gone, pub);
    free(grant);
}

static struct pub_grant *grant_find(const struct filtering *filtering, const void *prefix,
                                    size_t size)
{
    return (struct pub_grant *)fsz_pub_set_find(&filtering->subscriber->grants, prefix, size);
}

/* Implements fsz_pub_take_fn. */
static void filtering_give(void *argument, const void *prefix, size_t size)
{
    struct filtering *filtering = argument;
    struct pub_grant *grant = grant_find(filtering, prefix, size);
    if (grant == NULL) {
        grant = grant_new(filtering->pub, filtering->subscriber, prefix, size);
    }
    if (grant == NULL) {
        filtering->err = FSZ_ENOMEM;
        return;
    }
    grant->count++;
    filtering->count++;
}

/* Implements fsz_pub_take_fn. */
static void filtering_take_away(void *argument, const void *prefix, size_t size)
{
    struct filtering *filtering = argument;
    struct pub_grant *grant = grant_find(filtering, prefix, size);
    if (grant != NULL && --grant->count == 0) {
        grant_free(filtering->pub, filtering->subscriber, grant);
    }
}

static void filter_prefix(struct filtering *filtering, const void *prefix, size_t size,
                          fsz_pub_take_fn take)
{
    const struct fsz_pub *pub = filtering->pub;
    if (pub->handler->subscription_filter != NULL) {
        pub->handler->subscription_filter(pub->self, &filtering->subscriber->base, prefix, size,
                                          take, filtering);
    } else {
        take(filtering, prefix, size);
    }
}

fsz_err fsz_pub_grant(struct fsz_pub *pub, struct pub_subscriber *subscriber, const void *prefix,
                      size_t size, size_t *ret_count)
{
    struct filtering filtering = {.pub = pub, .subscriber = subscriber};
    filter_prefix(&filtering, prefix, size, filtering_give);
    *ret_count = filtering.count;
    return filtering.err;
}

void fsz_pub_revoke(struct fsz_pub *pub, struct pub_subscriber *subscriber, const void *prefix,
                    size_t size)
{
    struct filtering filtering = {.pub = pub, .subscriber = subscriber};
    filter_prefix(&filtering, prefix, size, filtering_take_away);
}

bool fsz_pub_revoke_some(struct fsz_pub *pub, struct pub_subscriber *subscriber, size_t most)
{
    for (size_t n = 0; n < most && subscriber->grants.first != NULL; n++) {
        grant_free(pub, subscriber, (struct pub_grant *)subscriber->grants.first);
    }
    return subscriber->grants.first != NULL;
}

/* ---- after a change of the filter ------------------------------------------------------------ */

/* Adds what the filter allows now; prefixes allowed before stay. */
static fsz_err review_give(struct fsz_pub *pub, struct pub_subscriber *subscriber)
{
    struct filtering filtering = {.pub = pub, .subscriber = subscriber};
    for (struct pub_item *item = subscriber->grants.first; item != NULL; item = item->next) {
        ((struct pub_grant *)item)->count = 0;
    }
    for (struct pub_item *item = subscriber->subscriptions.first; item != NULL; item = item->next) {
        filter_prefix(&filtering, item->bytes, item->size, filtering_give);
    }
    return filtering.err;
}

static void review_take_away(struct fsz_pub *pub, struct pub_subscriber *subscriber)
{
    struct pub_item *next = NULL;
    for (struct pub_item *item = subscriber->grants.first; item != NULL; item = next) {
        next = item->next;
        if (((struct pub_grant *)item)->count == 0) {
            grant_free(pub, subscriber, (struct pub_grant *)item);
        }
    }
}

/* New prefixes are added for all subscribers before old ones are removed, so that a prefix which
 * passes from one subscriber to another is wanted all the time. */
void fsz_pub_review(struct fsz_pub *pub)
{
    struct pub_subscriber *next = NULL;
    for (struct pub_subscriber *s = pub->subscribers; s != NULL; s = next) {
        next = s->next;
        fsz_pub_lock(pub);
        fsz_err err = review_give(pub, s);
        fsz_pub_unlock(pub);
        if (err != FSZ_OK) {
            fsz_conn_end(s->base.conn, FSZ_ZMTP_END_MEMORY);
        }
    }
    for (struct pub_subscriber *s = pub->subscribers; s != NULL; s = s->next) {
        fsz_pub_lock(pub);
        review_take_away(pub, s);
        fsz_pub_unlock(pub);
    }
}
