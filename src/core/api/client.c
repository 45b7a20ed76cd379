#include "client.h"

#define HASH_NONFATAL_OOM 1
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

/* By routing id. The client comes last: it has a flexible member. */
struct clients_entry {
    UT_hash_handle    hh;
    struct fsz_client client;
};

struct fsz_clients {
    struct fsz_channel   *channel;
    struct fsz_account   *whole;
    struct clients_entry *entries;
};

static struct clients_entry *clients_entry_of(struct fsz_client *client)
{
    return (struct clients_entry *)((char *)client - offsetof(struct clients_entry, client));
}

fsz_err fsz_clients_new(struct fsz_channel *channel, struct fsz_account *whole,
                        struct fsz_clients **ret_clients)
{
    struct fsz_clients *clients = calloc(1, sizeof(*clients));
    if (clients == NULL) {
        return FSZ_ENOMEM;
    }
    clients->channel = channel;
    clients->whole = fsz_account_ref(whole);
    *ret_clients = clients;
    return FSZ_OK;
}

struct fsz_client *fsz_client_ref(struct fsz_client *client)
{
    client->references++;
    return client;
}

void fsz_client_unref(struct fsz_client **client)
{
    if (*client != NULL && --(*client)->references == 0) {
        fsz_account_unref(&(*client)->account);
        free(clients_entry_of(*client));
    }
    *client = NULL;
}

static void clients_forget(struct fsz_clients *clients, struct clients_entry *entry)
{
    struct fsz_client *client = &entry->client;
    HASH_DEL(clients->entries, entry);
    fsz_client_unref(&client);
}

void fsz_clients_free(struct fsz_clients **clients)
{
    struct clients_entry *entry = NULL, *next = NULL;
    if (*clients == NULL) {
        return;
    }
    HASH_ITER(hh, (*clients)->entries, entry, next)
    {
        entry->client.channel = NULL;
        clients_forget(*clients, entry);
    }
    fsz_account_unref(&(*clients)->whole);
    free(*clients);
    *clients = NULL;
}

bool fsz_client_is_connected(const struct fsz_client *client)
{
    return client->peer.fd < 0 || (client->is_linked && fsz_link_is_open(&client->link));
}

static bool client_is_of(const struct fsz_client *client, const struct fsz_peer *peer)
{
    return client->peer.serial == peer->serial && client->peer.fd == peer->fd &&
           (peer->serial != 0 || fsz_client_is_connected(client));
}

static uint64_t client_serial(void)
{
    static _Atomic uint64_t last;
    return ++last;
}

static struct clients_entry *clients_add(struct fsz_clients *clients, const void *id,
                                         size_t id_size, const struct fsz_peer *peer)
{
    struct clients_entry *entry = calloc(1, sizeof(*entry) + id_size);
    if (entry == NULL) {
        return NULL;
    }
    struct fsz_client *client = &entry->client;
    client->channel = clients->channel;
    client->peer = *peer;
    client->is_linked = peer->fd >= 0 && fsz_link_find(peer, &client->link);
    client->references = 1;
    client->serial = client_serial();
    client->id_size = id_size;
    memcpy(client->id, id, id_size);
    if (fsz_account_new(clients->whole, &client->account) == FSZ_OK) {
        HASH_ADD_KEYPTR(hh, clients->entries, client->id, client->id_size, entry);
    }
    if (entry->hh.tbl == NULL) {
        fsz_client_unref(&client);
        return NULL;
    }
    return entry;
}

fsz_err fsz_clients_take(struct fsz_clients *clients, const void *id, size_t id_size,
                         const struct fsz_peer *peer, struct fsz_client **ret_client)
{
    struct clients_entry *entry = NULL;
    HASH_FIND(hh, clients->entries, id, id_size, entry);
    if (entry != NULL && !client_is_of(&entry->client, peer)) {
        entry->client.channel = NULL;
        clients_forget(clients, entry);
        entry = NULL;
    }
    entry = entry ? entry : clients_add(clients, id, id_size, peer);
    if (entry == NULL) {
        return FSZ_ENOMEM;
    }
    *ret_client = fsz_client_ref(&entry->client);
    return FSZ_OK;
}

void fsz_clients_sweep(struct fsz_clients *clients)
{
    struct clients_entry *entry = NULL, *next = NULL;
    HASH_ITER(hh, clients->entries, entry, next)
    {
        if (entry->client.references == 1 && fsz_account_bytes(entry->client.account) == 0) {
            clients_forget(clients, entry);
        }
    }
}

size_t fsz_clients_count(const struct fsz_clients *clients)
{
    return HASH_COUNT(clients->entries);
}
