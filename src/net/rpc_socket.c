/* SPDX-License-Identifier: MPL-2.0 */
#include "net/rpc_socket.h"

#include "net/bounds_log.h"
#include "net/wire_options.h"
#include "zmtp/router.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* ---- our own wire ---------------------------------------------------------------------------- */

/* False: a reload removed the user after the client was admitted. */
static bool api_socket_knows(const struct fsz_rpc_socket *api_socket, const struct fsz_peer *peer)
{
    struct fsz_principal who;
    if (api_socket->base.access == NULL) {
        return true;
    }
    struct fsz_policy *policy = fsz_access_policy(api_socket->base.access);
    bool               known = policy != NULL && fsz_policy_find_peer(policy, peer, &who);
    fsz_policy_unref(&policy);
    return known;
}

static struct fsz_client_source api_socket_source(const struct fsz_rpc_socket *api_socket)
{
    return (struct fsz_client_source){
        .events = api_socket->base.client_events, .type = "api-socket", .name = api_socket->name};
}

static void api_socket_ready(void *self, struct fsz_conn *conn)
{
    struct fsz_rpc_socket         *api_socket = self;
    struct fsz_client             *client = NULL;
    const struct fsz_client_source source = api_socket_source(api_socket);
    fsz_client_came(&source, conn);
    if (fsz_client_new_wire(api_socket, conn, &client) != FSZ_OK) {
        fsz_conn_end(conn, FSZ_ZMTP_END_MEMORY);
        return;
    }
    fsz_conn_set_data(conn, client);
    if (!api_socket_knows(api_socket, &client->peer)) {
        fsz_conn_end(conn, FSZ_ZMTP_END_REFUSED);
    }
}

static void api_socket_ended(void *self, struct fsz_conn *conn, enum fsz_zmtp_ending ending)
{
    struct fsz_rpc_socket         *api_socket = self;
    struct fsz_client             *client = fsz_conn_data(conn);
    const struct fsz_client_source source = api_socket_source(api_socket);
    fsz_client_went(&source, conn, ending);
    fsz_mismatch_note(&api_socket->mismatch, api_socket->base.host,
                      api_socket->config->socket.owner, api_socket->config->socket.security, conn,
                      ending);
    fsz_bounds_log(&api_socket->bounds, api_socket->base.host, api_socket->config->socket.owner,
                   conn, ending);
    if (client != NULL) {
        fsz_conn_set_data(conn, NULL);
        api_socket->base.left(api_socket->base.self, client);
        fsz_client_unref(&client);
    }
}

static void api_socket_turned_away(void *self, const struct fsz_address *peer,
                                   enum fsz_zmtp_ending ending)
{
    struct fsz_rpc_socket         *api_socket = self;
    const struct fsz_client_source source = api_socket_source(api_socket);
    fsz_client_turned_away(&source, peer, ending);
    fsz_bounds_log_turned_away(&api_socket->turned_away, api_socket->base.host,
                               api_socket->config->socket.owner, peer, ending);
}

static void api_socket_take(struct fsz_rpc_socket *api_socket, struct fsz_conn *conn,
                            const struct fsz_buffer *envelope, const struct fsz_frame *body,
                            bool framed)
{
    struct fsz_inbound inbound = {
        .client = fsz_conn_data(conn), .framed = framed, .body = body->data, .size = body->size};
    if (inbound.client == NULL || envelope->failed != FSZ_OK ||
        fsz_envelope_new(envelope->data, envelope->size, &inbound.envelope) != FSZ_OK) {
        api_socket->counters.messages_dropped++;
        return;
    }
    api_socket->counters.messages++;
    api_socket->counters.bytes_in += body->size;
    fsz_client_ref(inbound.client);
    api_socket->base.take(api_socket->base.self, &inbound);
    fsz_client_unref(&inbound.client);
    fsz_envelope_unref(&inbound.envelope);
}

static void api_socket_message(void *self, struct fsz_conn *conn, const struct fsz_frames *frames)
{
    struct fsz_rpc_socket *api_socket = self;
    struct fsz_buffer      envelope;
    struct fsz_frame       body = {0};
    fsz_buffer_init(&envelope, FSZ_ROUTER_ENVELOPE_BYTES);
    enum fsz_router_shape shape = fsz_router_split(frames, &envelope, &body);
    if (shape == FSZ_ROUTER_PROBE) {
        api_socket->counters.probes++;
    } else if (body.size > (size_t)api_socket->config->request_bytes) {
        fsz_conn_end(conn, FSZ_ZMTP_END_MESSAGE_BYTES);
    } else if (shape == FSZ_ROUTER_TOO_FAR) {
        api_socket->counters.frames_bad++;
    } else {
        api_socket->counters.frames_bad += shape == FSZ_ROUTER_UNFRAMED;
        api_socket_take(api_socket, conn, &envelope, &body, shape == FSZ_ROUTER_REQUEST);
    }
    fsz_buffer_fini(&envelope);
}

static const struct fsz_zmtp_handler api_socket_handler = {.turned_away = api_socket_turned_away,
                                                           .ready = api_socket_ready,
                                                           .message = api_socket_message,
                                                           .ended = api_socket_ended};

/* An envelope beyond its limit is dropped and the connection stays. So one frame more than the
 * limit is allowed. */
static void api_socket_limits(const struct fsz_config            *whole,
                              const struct fsz_api_socket_config *config,
                              struct fsz_zmtp_limits             *ret_limits)
{
    const struct fsz_wire_bounds bounds = {
        .message_bytes = (size_t)config->request_bytes + FSZ_ROUTER_ENVELOPE_BYTES,
        .message_frames = FSZ_ROUTER_ENVELOPE_FRAMES + 2,
        .input_bytes = (size_t)config->receive_bytes,
    };
    fsz_wire_limits(whole, &config->socket, &bounds, ret_limits);
}

static fsz_err api_socket_open_wire(struct fsz_rpc_socket *api_socket)
{
    struct fsz_zmtp_options options;
    struct fsz_zmtp_limits  limits;
    fsz_wire_options(&api_socket->config->socket, FSZ_ZMTP_ROUTER, &options);
    api_socket_limits(api_socket->whole, api_socket->config, &limits);
    fsz_err err = fsz_zmtp_socket_new(
        api_socket->base.loop, &options, &limits, &api_socket_handler, api_socket,
        api_socket->gate ? fsz_access_gate_of_socket(api_socket->gate) : NULL, &api_socket->wire);
    sodium_memzero(&options, sizeof(options));
    return err;
}

/* ---- create, configure, free ----------------------------------------------------------------- */

fsz_err fsz_rpc_socket_new(const struct fsz_rpc_socket_base *base, struct fsz_config *whole,
                           const struct fsz_api_socket_config *config,
                           struct fsz_rpc_socket             **ret_api_socket)
{
    struct fsz_rpc_socket *api_socket = calloc(1, sizeof(*api_socket));
    if (api_socket == NULL) {
        return FSZ_ENOMEM;
    }
    api_socket->base = *base;
    api_socket->whole = fsz_config_ref(whole);
    api_socket->config = config;
    api_socket->name = strdup(config->name);
    fsz_err err =
        api_socket->name ? fsz_account_new(base->whole, &api_socket->account) : FSZ_ENOMEM;
    err = err != FSZ_OK ? err : fsz_clients_new(api_socket, &api_socket->local);
    if (err == FSZ_OK && base->access != NULL) {
        err = fsz_access_gate_new(base->access, config->socket.owner, &api_socket->gate);
    }
    err = err != FSZ_OK ? err : api_socket_open_wire(api_socket);
    fsz_endpoints_init(&api_socket->endpoints, api_socket->wire, fsz_rpc_socket_open_local,
                       api_socket, config->socket.owner);
    if (err != FSZ_OK) {
        fsz_rpc_socket_free(&api_socket, 0, NULL, NULL);
        return err;
    }
    *ret_api_socket = api_socket;
    return FSZ_OK;
}

/* The sockets are closed, so no callback comes any more. */
static void api_socket_release(void *argument)
{
    struct fsz_rpc_socket *api_socket = argument;
    void (*closed)(void *argument) = api_socket->closed;
    void *closed_argument = api_socket->closed_argument;
    fsz_access_gate_free(&api_socket->gate);
    fsz_account_unref(&api_socket->account);
    fsz_config_free(&api_socket->whole);
    free(api_socket->name);
    free(api_socket);
    if (closed != NULL) {
        closed(closed_argument);
    }
}

/* Clients that are still referenced live on without the API socket. */
static void api_socket_release_clients(struct fsz_rpc_socket *api_socket)
{
    struct fsz_client *client = api_socket->clients, *next = NULL;
    api_socket->clients = NULL;
    for (; client != NULL; client = next) {
        next = client->next;
        client->api_socket = NULL;
        api_socket->base.left(api_socket->base.self, client);
    }
}

void fsz_rpc_socket_free(struct fsz_rpc_socket **rpc_socket, int64_t linger_ms,
                         void (*closed)(void *argument), void       *argument)
{
    struct fsz_rpc_socket *api_socket = *rpc_socket;
    *rpc_socket = NULL;
    if (api_socket == NULL) {
        return;
    }
    api_socket->closed = closed;
    api_socket->closed_argument = argument;
    fsz_clients_free(&api_socket->local);
    fsz_rpc_socket_close_local(api_socket, linger_ms);
    fsz_endpoints_fini(&api_socket->endpoints);
    if (api_socket->wire != NULL) {
        api_socket_release_clients(api_socket);
        fsz_zmtp_socket_close(&api_socket->wire, linger_ms, api_socket_release, api_socket);
    } else {
        api_socket_release(api_socket);
    }
}

static bool api_socket_end_one(void *unused, struct fsz_conn *conn)
{
    (void)unused;
    fsz_conn_end(conn, FSZ_ZMTP_END_KICKED);
    return true;
}

void fsz_rpc_socket_prepare(struct fsz_rpc_socket              *api_socket,
                            const struct fsz_api_socket_config *config)
{
    const struct fsz_socket_config *next = &config->socket;
    struct fsz_zmtp_options         options;
    struct fsz_zmtp_limits          limits;
    fsz_wire_options(&api_socket->config->socket, FSZ_ZMTP_ROUTER, &options);
    api_socket_limits(api_socket->whole, api_socket->config, &limits);
    options.ipv6 = next->ipv6;
    options.backlog = (int)next->backlog;
    options.send_buffer_bytes = (int)next->send_buffer_bytes;
    options.ipc_mode = (unsigned)next->ipc_mode;
    fsz_zmtp_socket_configure(api_socket->wire, &options, &limits);
    sodium_memzero(&options, sizeof(options));
}

void fsz_rpc_socket_configure(struct fsz_rpc_socket *api_socket, struct fsz_config *whole,
                              const struct fsz_api_socket_config *config)
{
    struct fsz_zmtp_options options;
    struct fsz_zmtp_limits  limits;
    struct fsz_config      *old = api_socket->whole;
    fsz_wire_options(&config->socket, FSZ_ZMTP_ROUTER, &options);
    api_socket_limits(whole, config, &limits);
    fsz_zmtp_socket_configure(api_socket->wire, &options, &limits);
    sodium_memzero(&options, sizeof(options));
    if (fsz_wire_security_differs(&api_socket->config->socket, &config->socket)) {
        fsz_zmtp_socket_each(api_socket->wire, api_socket_end_one, NULL);
    }
    api_socket->whole = fsz_config_ref(whole);
    api_socket->config = config;
    api_socket->stirred = true;
    fsz_config_free(&old);
}

struct api_socket_cut {
    bool (*stays)(const struct fsz_peer *peer, void *argument);
    void  *argument;
    size_t count;
};

static bool api_socket_cut_one(void *argument, struct fsz_conn *conn)
{
    struct api_socket_cut   *cut = argument;
    const struct fsz_client *client = fsz_conn_data(conn);
    if (client != NULL && !cut->stays(&client->peer, cut->argument)) {
        cut->count++;
        fsz_conn_end(conn, FSZ_ZMTP_END_KICKED);
    }
    return true;
}

size_t fsz_rpc_socket_cut(struct fsz_rpc_socket *api_socket,
                          bool (*stays)(const struct fsz_peer *peer, void *argument),
                          void *argument)
{
    struct api_socket_cut cut = {stays, argument, 0};
    fsz_zmtp_socket_each(api_socket->wire, api_socket_cut_one, &cut);
    return cut.count;
}

size_t fsz_rpc_socket_clients(const struct fsz_rpc_socket *api_socket)
{
    struct fsz_zmtp_figures figures;
    fsz_zmtp_socket_figures(api_socket->wire, &figures);
    return figures.ready_now + fsz_clients_count(api_socket->local);
}

bool fsz_rpc_socket_is_over(const struct fsz_rpc_socket *api_socket, size_t bytes)
{
    const struct fsz_api_socket_config *config = api_socket->config;
    if (bytes > (size_t)config->client_bytes) {
        return true;
    }
    if (api_socket->account == NULL || /* the client of a provider (provider_link.h) */
        fsz_account_bytes(api_socket->account) <= (size_t)config->client_total_bytes) {
        return false;
    }
    size_t clients = fsz_account_parts(api_socket->account);
    return bytes > (size_t)config->client_total_bytes / (clients > 0 ? clients : 1);
}

void fsz_rpc_socket_count_sent(struct fsz_rpc_socket *api_socket, fsz_err err, size_t bytes)
{
    struct fsz_rpc_socket_counters *counters = &api_socket->counters;
    counters->answers += err == FSZ_OK;
    counters->bytes_out += err == FSZ_OK ? bytes : 0;
    counters->answers_dropped += err == FSZ_EFULL;
    counters->answers_lost += err != FSZ_OK && err != FSZ_EFULL;
}

void fsz_rpc_socket_count_unsent(struct fsz_rpc_socket *api_socket, fsz_err err, size_t bytes)
{
    api_socket->counters.answers--;
    api_socket->counters.bytes_out -= bytes;
    fsz_rpc_socket_count_sent(api_socket, err, bytes);
}
