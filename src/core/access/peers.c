#include "peer.h"
#include "peerlink.h"

#include <stdlib.h>

#define HASH_NONFATAL_OOM 1 /* uthash ends the process otherwise */
#include <uthash.h>

enum {
    PEERS_SWEEP = 2
}; /* looked at for each that is added: more than come, so that the gone go */

struct peers_entry {
    UT_hash_handle  hh;
    uint64_t        key;
    struct fsz_link link;
    struct fsz_peer peer;
};

struct fsz_peers {
    struct peers_entry *by_key; /* in the order in which they were last looked at */
    size_t              max;
};

fsz_err fsz_peers_new(struct fsz_peers **ret_peers)
{
    struct fsz_peers *peers = calloc(1, sizeof(*peers));
    if (peers == NULL) {
        return FSZ_ENOMEM;
    }
    peers->max = FSZ_PEERS_MAX;
    *ret_peers = peers;
    return FSZ_OK;
}

static void peers_forget(struct fsz_peers *peers, struct peers_entry *entry)
{
    if (peers->by_key != NULL) { /* it is in there, so never NULL */
        HASH_DEL(peers->by_key, entry);
    }
    free(entry);
}

void fsz_peers_free(struct fsz_peers **peers)
{
    struct peers_entry *entry = NULL, *next = NULL;
    if (*peers == NULL) {
        return;
    }
    HASH_ITER(hh, (*peers)->by_key, entry, next)
    {
        peers_forget(*peers, entry);
    }
    free(*peers);
    *peers = NULL;
}

void fsz_peers_set_max(struct fsz_peers *peers, size_t max)
{
    peers->max = max;
}

size_t fsz_peers_count(const struct fsz_peers *peers)
{
    return HASH_COUNT(peers->by_key);
}

/* ---- the table ------------------------------------------------------------------------------- */

/* The serial, or where there is none, the descriptor: no serial comes near the topmost bit. */
static uint64_t peers_key_of(const struct fsz_peer *peer)
{
    return peer->serial != 0 ? peer->serial : UINT64_C(1) << 63 | (uint64_t)peer->fd;
}

/* At the end of the order. */
static fsz_err peers_append(struct fsz_peers *peers, struct peers_entry *entry)
{
    HASH_ADD(hh, peers->by_key, key, sizeof(entry->key), entry);
    if (entry->hh.tbl == NULL) {
        free(entry);
        return FSZ_ENOMEM;
    }
    return FSZ_OK;
}

static void peers_sweep(struct fsz_peers *peers)
{
    for (int i = 0; i < PEERS_SWEEP && peers->by_key != NULL; i++) {
        struct peers_entry *oldest = peers->by_key;
        if (fsz_link_is_open(&oldest->link)) {
            HASH_DEL(peers->by_key, oldest);
            (void)peers_append(peers, oldest); /* lost, it is added again with its next message */
        } else {
            peers_forget(peers, oldest);
        }
    }
}

static fsz_err peers_add(struct fsz_peers *peers, const struct fsz_peer *peer)
{
    struct fsz_link link;
    peers_sweep(peers);
    if (!fsz_link_find(peer, &link)) {
        return FSZ_OK; /* gone: nothing to cut */
    }
    if (HASH_COUNT(peers->by_key) >= peers->max) {
        return FSZ_ELIMIT;
    }
    struct peers_entry *entry = calloc(1, sizeof(*entry));
    if (entry == NULL) {
        return FSZ_ENOMEM;
    }
    entry->key = peers_key_of(peer);
    entry->peer = *peer;
    entry->link = link;
    return peers_append(peers, entry);
}

fsz_err fsz_peers_see(struct fsz_peers *peers, const struct fsz_peer *peer)
{
    uint64_t            key = peers_key_of(peer);
    struct peers_entry *found = NULL;
    if (peer->fd < 0) {
        return FSZ_OK;
    }
    HASH_FIND(hh, peers->by_key, &key, sizeof(key), found);
    if (found != NULL && peer->serial == 0 && !fsz_link_is_open(&found->link)) {
        peers_forget(peers, found); /* the same number, another connection */
        found = NULL;
    }
    return found != NULL ? FSZ_OK : peers_add(peers, peer);
}

size_t fsz_peers_cut(struct fsz_peers *peers,
                     bool (*stays)(const struct fsz_peer *peer, void *argument), void *argument)
{
    struct peers_entry *entry = NULL, *next = NULL;
    size_t              count = 0;
    HASH_ITER(hh, peers->by_key, entry, next)
    {
        if (stays(&entry->peer, argument)) {
            continue;
        }
        count += fsz_link_cut(&entry->link);
        peers_forget(peers, entry);
    }
    return count;
}
