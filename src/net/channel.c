#include "net/channel.h"

#include "net/bounds_log.h"
#include "net/wire_options.h"

#include "zmtp/router.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- our own wire ---------------------------------------------------------------------------- */

/* False: a reload took its user away after it was admitted. */
static bool channel_knows(const struct fsz_channel *channel, const struct fsz_peer *peer)
{
    struct fsz_principal who;
    if (channel->base.access == NULL) {
        return true;
    }
    struct fsz_policy *policy = fsz_access_policy(channel->base.access);
    bool               known = policy != NULL && fsz_policy_find_peer(policy, peer, &who);
    fsz_policy_unref(&policy);
    return known;
}

static struct fsz_client_source channel_source(const struct fsz_channel *channel)
{
    return (struct fsz_client_source){
        .events = channel->base.client_events, .type = "api-socket", .name = channel->name};
}

static void channel_ready(void *self, struct fsz_conn *conn)
{
    struct fsz_channel            *channel = self;
    struct fsz_client             *client = NULL;
    const struct fsz_client_source source = channel_source(channel);
    fsz_client_came(&source, conn);
    if (fsz_client_new_wire(channel, conn, &client) != FSZ_OK) {
        fsz_conn_end(conn, FSZ_ZMTP_END_MEMORY);
        return;
    }
    fsz_conn_set_data(conn, client);
    if (!channel_knows(channel, &client->peer)) {
        fsz_conn_end(conn, FSZ_ZMTP_END_REFUSED);
    }
}

static void channel_ended(void *self, struct fsz_conn *conn, enum fsz_zmtp_ending ending)
{
    struct fsz_channel            *channel = self;
    struct fsz_client             *client = fsz_conn_data(conn);
    const struct fsz_client_source source = channel_source(channel);
    fsz_client_went(&source, conn, ending);
    fsz_mismatch_note(&channel->mismatch, channel->base.host, channel->config->socket.owner,
                      channel->config->socket.security, conn, ending);
    fsz_bounds_log(&channel->bounds, channel->base.host, channel->config->socket.owner, conn,
                   ending);
    if (client != NULL) {
        fsz_conn_set_data(conn, NULL);
        channel->base.left(channel->base.self, client);
        fsz_client_unref(&client);
    }
}

static void channel_turned_away(void *self, const struct fsz_address *peer,
                                enum fsz_zmtp_ending ending)
{
    struct fsz_channel            *channel = self;
    const struct fsz_client_source source = channel_source(channel);
    fsz_client_turned_away(&source, peer, ending);
    fsz_bounds_log_turned_away(&channel->turned_away, channel->base.host,
                               channel->config->socket.owner, peer, ending);
}

static void channel_take(struct fsz_channel *channel, struct fsz_conn *conn,
                         const struct fsz_buffer *envelope, const struct fsz_frame *body,
                         bool framed)
{
    struct fsz_inbound inbound = {
        .client = fsz_conn_data(conn), .framed = framed, .body = body->data, .size = body->size};
    if (inbound.client == NULL || envelope->failed != FSZ_OK ||
        fsz_envelope_new(envelope->data, envelope->size, &inbound.envelope) != FSZ_OK) {
        channel->counters.messages_dropped++;
        return;
    }
    channel->counters.messages++;
    channel->counters.bytes_in += body->size;
    fsz_client_ref(inbound.client);
    channel->base.take(channel->base.self, &inbound);
    fsz_client_unref(&inbound.client);
    fsz_envelope_unref(&inbound.envelope);
}

static void channel_message(void *self, struct fsz_conn *conn, const struct fsz_frames *frames)
{
    struct fsz_channel *channel = self;
    struct fsz_buffer   envelope;
    struct fsz_frame    body = {0};
    fsz_buffer_init(&envelope, FSZ_ROUTER_ENVELOPE_BYTES);
    enum fsz_router_shape shape = fsz_router_split(frames, &envelope, &body);
    if (shape == FSZ_ROUTER_PROBE) {
        channel->counters.probes++;
    } else if (body.size > (size_t)channel->config->request_bytes) {
        fsz_conn_end(conn, FSZ_ZMTP_END_MESSAGE_BYTES);
    } else if (shape == FSZ_ROUTER_TOO_FAR) {
        channel->counters.frames_bad++;
    } else {
        channel->counters.frames_bad += shape == FSZ_ROUTER_UNFRAMED;
        channel_take(channel, conn, &envelope, &body, shape == FSZ_ROUTER_REQUEST);
    }
    fsz_buffer_fini(&envelope);
}

static const struct fsz_zmtp_handler channel_handler = {.turned_away = channel_turned_away,
                                                        .ready = channel_ready,
                                                        .message = channel_message,
                                                        .ended = channel_ended};

/* An envelope beyond its bounds is dropped, not disconnected: hence the frame behind them. */
static void channel_limits(const struct fsz_config *whole, const struct fsz_channel_config *config,
                           struct fsz_zmtp_limits *ret_limits)
{
    const struct fsz_wire_bounds bounds = {
        .message_bytes = (size_t)config->request_bytes + FSZ_ROUTER_ENVELOPE_BYTES,
        .message_frames = FSZ_ROUTER_ENVELOPE_FRAMES + 2,
        .input_bytes = (size_t)config->receive_bytes,
    };
    fsz_wire_limits(whole, &config->socket, &bounds, ret_limits);
}

static fsz_err channel_open_wire(struct fsz_channel *channel)
{
    struct fsz_zmtp_options options;
    struct fsz_zmtp_limits  limits;
    fsz_wire_options(&channel->config->socket, FSZ_ZMTP_ROUTER, &options);
    channel_limits(channel->whole, channel->config, &limits);
    fsz_err err = fsz_zmtp_socket_new(
        channel->base.loop, &options, &limits, &channel_handler, channel,
        channel->gate ? fsz_access_gate_of_socket(channel->gate) : NULL, &channel->wire);
    sodium_memzero(&options, sizeof(options));
    return err;
}

/* ---- its life -------------------------------------------------------------------------------- */

fsz_err fsz_channel_new(const struct fsz_channel_base *base, struct fsz_config *whole,
                        const struct fsz_channel_config *config, struct fsz_channel **ret_channel)
{
    struct fsz_channel *channel = calloc(1, sizeof(*channel));
    if (channel == NULL) {
        return FSZ_ENOMEM;
    }
    channel->base = *base;
    channel->whole = fsz_config_ref(whole);
    channel->config = config;
    channel->name = strdup(config->name);
    fsz_err err = channel->name ? fsz_account_new(base->whole, &channel->account) : FSZ_ENOMEM;
    err = err != FSZ_OK ? err : fsz_clients_new(channel, &channel->local);
    if (err == FSZ_OK && base->access != NULL) {
        err = fsz_access_gate_new(base->access, config->socket.owner, &channel->gate);
    }
    err = err != FSZ_OK ? err : channel_open_wire(channel);
    fsz_endpoints_init(&channel->endpoints, channel->wire, fsz_channel_open_local, channel,
                       config->socket.owner);
    if (err != FSZ_OK) {
        fsz_channel_free(&channel, 0, NULL, NULL);
        return err;
    }
    *ret_channel = channel;
    return FSZ_OK;
}

/* The sockets are closed: nothing calls back any more. */
static void channel_release(void *argument)
{
    struct fsz_channel *channel = argument;
    void (*closed)(void *argument) = channel->closed;
    void *closed_argument = channel->closed_argument;
    fsz_access_gate_free(&channel->gate);
    fsz_account_unref(&channel->account);
    fsz_config_free(&channel->whole);
    free(channel->name);
    free(channel);
    if (closed != NULL) {
        closed(closed_argument);
    }
}

/* Whoever still holds one of them is on its own. */
static void channel_release_clients(struct fsz_channel *channel)
{
    struct fsz_client *client = channel->clients, *next = NULL;
    channel->clients = NULL;
    for (; client != NULL; client = next) {
        next = client->next;
        client->channel = NULL;
        channel->base.left(channel->base.self, client);
    }
}

void fsz_channel_free(struct fsz_channel **channel, int64_t linger_ms,
                      void (*closed)(void *argument), void *argument)
{
    struct fsz_channel *c = *channel;
    *channel = NULL;
    if (c == NULL) {
        return;
    }
    c->closed = closed;
    c->closed_argument = argument;
    fsz_clients_free(&c->local);
    fsz_channel_close_local(c, linger_ms);
    fsz_endpoints_fini(&c->endpoints);
    if (c->wire != NULL) {
        channel_release_clients(c);
        fsz_zmtp_socket_close(&c->wire, linger_ms, channel_release, c);
    } else {
        channel_release(c);
    }
}

static bool channel_end_one(void *unused, struct fsz_conn *conn)
{
    (void)unused;
    fsz_conn_end(conn, FSZ_ZMTP_END_KICKED);
    return true;
}

void fsz_channel_prepare(struct fsz_channel *channel, const struct fsz_channel_config *config)
{
    const struct fsz_socket_config *next = &config->socket;
    struct fsz_zmtp_options         options;
    struct fsz_zmtp_limits          limits;
    fsz_wire_options(&channel->config->socket, FSZ_ZMTP_ROUTER, &options);
    channel_limits(channel->whole, channel->config, &limits);
    options.ipv6 = next->ipv6;
    options.backlog = (int)next->backlog;
    options.send_buffer_bytes = (int)next->send_buffer_bytes;
    options.ipc_mode = (unsigned)next->ipc_mode;
    fsz_zmtp_socket_configure(channel->wire, &options, &limits);
    sodium_memzero(&options, sizeof(options));
}

void fsz_channel_configure(struct fsz_channel *channel, struct fsz_config *whole,
                           const struct fsz_channel_config *config)
{
    struct fsz_zmtp_options options;
    struct fsz_zmtp_limits  limits;
    struct fsz_config      *old = channel->whole;
    fsz_wire_options(&config->socket, FSZ_ZMTP_ROUTER, &options);
    channel_limits(whole, config, &limits);
    fsz_zmtp_socket_configure(channel->wire, &options, &limits);
    sodium_memzero(&options, sizeof(options));
    if (fsz_wire_security_differs(&channel->config->socket, &config->socket)) {
        fsz_zmtp_socket_each(channel->wire, channel_end_one, NULL);
    }
    channel->whole = fsz_config_ref(whole);
    channel->config = config;
    channel->stirred = true;
    fsz_config_free(&old);
}

struct channel_cut {
    bool (*stays)(const struct fsz_peer *peer, void *argument);
    void  *argument;
    size_t count;
};

static bool channel_cut_one(void *argument, struct fsz_conn *conn)
{
    struct channel_cut      *cut = argument;
    const struct fsz_client *client = fsz_conn_data(conn);
    if (client != NULL && !cut->stays(&client->peer, cut->argument)) {
        cut->count++;
        fsz_conn_end(conn, FSZ_ZMTP_END_KICKED);
    }
    return true;
}

size_t fsz_channel_cut(struct fsz_channel *channel,
                       bool (*stays)(const struct fsz_peer *peer, void *argument), void *argument)
{
    struct channel_cut cut = {stays, argument, 0};
    fsz_zmtp_socket_each(channel->wire, channel_cut_one, &cut);
    return cut.count;
}

size_t fsz_channel_clients(const struct fsz_channel *channel)
{
    struct fsz_zmtp_figures figures;
    fsz_zmtp_socket_figures(channel->wire, &figures);
    return figures.ready_now + fsz_clients_count(channel->local);
}

bool fsz_channel_is_over(const struct fsz_channel *channel, size_t bytes)
{
    const struct fsz_channel_config *config = channel->config;
    if (bytes > (size_t)config->client_bytes) {
        return true;
    }
    if (channel->account == NULL || /* a provider's (provider_link.h) */
        fsz_account_bytes(channel->account) <= (size_t)config->client_total_bytes) {
        return false;
    }
    size_t clients = fsz_account_parts(channel->account);
    return bytes > (size_t)config->client_total_bytes / (clients > 0 ? clients : 1);
}

void fsz_channel_count_sent(struct fsz_channel *channel, fsz_err err, size_t bytes)
{
    struct fsz_channel_counters *counters = &channel->counters;
    counters->answers += err == FSZ_OK;
    counters->bytes_out += err == FSZ_OK ? bytes : 0;
    counters->answers_dropped += err == FSZ_EFULL;
    counters->answers_lost += err != FSZ_OK && err != FSZ_EFULL;
}

void fsz_channel_count_unsent(struct fsz_channel *channel, fsz_err err, size_t bytes)
{
    channel->counters.answers--;
    channel->counters.bytes_out -= bytes;
    fsz_channel_count_sent(channel, err, bytes);
}
