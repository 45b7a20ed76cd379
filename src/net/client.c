/* SPDX-License-Identifier: MPL-2.0 */
#include "net/client.h"

#include "base/container_of.h"
#include "base/ref.h"
#include "net/rpc_socket.h"
#include "zmtp/dealer.h"

#define HASH_NONFATAL_OOM 1
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>

/* By routing id. `client` is last because it has a flexible member. */
struct clients_entry {
    UT_hash_handle    hh;
    struct fsz_client client;
};

struct fsz_clients {
    struct fsz_rpc_socket *api_socket;
    struct clients_entry  *entries;
};

static struct clients_entry *clients_entry_of(struct fsz_client *client)
{
    return FSZ_CONTAINER_OF(client, struct clients_entry, client);
}

static uint64_t client_serial(void)
{
    static _Atomic uint64_t last;
    return ++last;
}

static fsz_err client_new(struct fsz_rpc_socket *api_socket, struct fsz_account *whole,
                          const void *id, size_t id_size, struct fsz_client **ret_client)
{
    struct clients_entry *entry = calloc(1, sizeof(*entry) + id_size);
    if (entry == NULL) {
        return FSZ_ENOMEM;
    }
    struct fsz_client *client = &entry->client;
    if (fsz_account_new(whole, &client->account) != FSZ_OK) {
        free(entry);
        return FSZ_ENOMEM;
    }
    if (fsz_answers_init(&client->answers) != FSZ_OK) {
        fsz_account_unref(&client->account);
        free(entry);
        return FSZ_ENOMEM;
    }
    client->api_socket = api_socket;
    fsz_ref_init(&client->references, 1);
    client->serial = client_serial();
    client->id_size = id_size;
    if (id_size > 0) {
        memcpy(client->id, id, id_size);
    }
    *ret_client = client;
    return FSZ_OK;
}

fsz_err fsz_client_new_wire(struct fsz_rpc_socket *api_socket, struct fsz_conn *conn,
                            struct fsz_client **ret_client)
{
    struct fsz_client *client = NULL;
    fsz_err            err = client_new(api_socket, api_socket->account, NULL, 0, &client);
    if (err == FSZ_OK) {
        client->conn = fsz_conn_ref(conn);
        fsz_peer_of_conn(conn, &client->peer);
        DL_APPEND(api_socket->clients, client);
        *ret_client = client;
    }
    return err;
}

fsz_err fsz_client_new_endpoint(struct fsz_rpc_socket *api_socket, struct fsz_account *whole,
                                const char *address, struct fsz_client **ret_client)
{
    struct fsz_client *client = NULL;
    fsz_err            err = client_new(api_socket, whole, NULL, 0, &client);
    if (err == FSZ_OK) {
        snprintf(client->peer.address, sizeof(client->peer.address), "%s", address);
        *ret_client = client;
    }
    return err;
}

struct fsz_client *fsz_client_ref(struct fsz_client *client)
{
    fsz_ref_take(&client->references);
    return client;
}

void fsz_client_unref(struct fsz_client **client)
{
    if (*client != NULL && fsz_ref_drop(&(*client)->references)) {
        struct fsz_client *gone = *client;
        if (gone->conn != NULL && gone->api_socket != NULL) {
            DL_DELETE(gone->api_socket->clients, gone);
        }
        fsz_answers_fini(&gone->answers);
        fsz_account_unref(&gone->account);
        fsz_conn_unref(&gone->conn);
        free(clients_entry_of(gone));
    }
    *client = NULL;
}

bool fsz_client_is_connected(const struct fsz_client *client)
{
    return client->conn == NULL || !fsz_conn_has_ended(client->conn);
}

fsz_err fsz_client_send(struct fsz_client *client, struct fsz_zmtp_message *message)
{
    if (client->conn != NULL) {
        return fsz_answers_send_behind(&client->answers, client->conn, message);
    }
    if (client->dealer != NULL) {
        return fsz_dealer_send(client->dealer, message);
    }
    return client->api_socket == NULL
               ? FSZ_ECLOSED
               : fsz_rpc_socket_send_local(client->api_socket, client, message);
}

/* A fsz_mail callback. */
static void client_sender_came(struct fsz_mail *mail, void *reader)
{
    struct fsz_client *client = FSZ_CONTAINER_OF(mail, struct fsz_client, sender);
    (void)reader; /* NULL when the API ends: the replies are sent even then */
    client->sender_called = false;
    fsz_answers_send(&client->answers, client->conn);
    fsz_client_unref(&client);
}

void fsz_client_call_sender(struct fsz_client *client, struct fsz_mailbox *mailbox)
{
    if (!atomic_exchange(&client->sender_called, true)) {
        client->sender.open = client_sender_came;
        fsz_client_ref(client);
        fsz_mailbox_post(mailbox, &client->sender);
    }
}

/* ---- over inproc ----------------------------------------------------------------------------- */

fsz_err fsz_clients_new(struct fsz_rpc_socket *api_socket, struct fsz_clients **ret_clients)
{
    struct fsz_clients *clients = calloc(1, sizeof(*clients));
    if (clients == NULL) {
        return FSZ_ENOMEM;
    }
    clients->api_socket = api_socket;
    *ret_clients = clients;
    return FSZ_OK;
}

static void clients_forget(struct fsz_clients *clients, struct clients_entry *entry)
{
    struct fsz_client *client = &entry->client;
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): it is in the table */
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
        entry->client.api_socket = NULL;
        clients_forget(*clients, entry);
    }
    free(*clients);
    *clients = NULL;
}

fsz_err fsz_clients_take(struct fsz_clients *clients, const void *id, size_t id_size,
                         struct fsz_client **ret_client)
{
    struct clients_entry *entry = NULL;
    struct fsz_client    *client = NULL;
    HASH_FIND(hh, clients->entries, id, id_size, entry);
    if (entry != NULL) {
        *ret_client = fsz_client_ref(&entry->client);
        return FSZ_OK;
    }
    fsz_err err =
        client_new(clients->api_socket, clients->api_socket->account, id, id_size, &client);
    if (err != FSZ_OK) {
        return err;
    }
    entry = clients_entry_of(client);
    HASH_ADD_KEYPTR(hh, clients->entries, client->id, client->id_size, entry);
    if (entry->hh.tbl == NULL) {
        fsz_client_unref(&client);
        return FSZ_ENOMEM;
    }
    *ret_client = fsz_client_ref(client);
    return FSZ_OK;
}

void fsz_clients_sweep(struct fsz_clients *clients)
{
    struct clients_entry *entry = NULL, *next = NULL;
    HASH_ITER(hh, clients->entries, entry, next)
    {
        if (fsz_ref_count(&entry->client.references) == 1 &&
            fsz_account_bytes(entry->client.account) == 0) {
            clients_forget(clients, entry);
        }
    }
}

size_t fsz_clients_count(const struct fsz_clients *clients)
{
    return HASH_COUNT(clients->entries);
}
