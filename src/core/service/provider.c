#include "provider.h"

#include "provider_link.h"
#include "rpc.h"
#include "socket_fd.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum {
    PROVIDER_RECONNECT_MS = 100,
    PROVIDER_RECONNECT_MAX_MS = 500,
    PROVIDER_HEAD_BYTES = 96,
    PROVIDER_HWM = 10000, /* messages, as an API channel's send-hwm */
};

/* ---- an endpoint ----------------------------------------------------------------------------- */

static void provider_set_int(void *socket, int option, int64_t value)
{
    int number = (int)value;
    zmq_setsockopt(socket, option, &number, sizeof(number));
}

/* The pair of this switch, whose secret half the configuration has. */
static void provider_set_curve(void *socket, const struct fsz_service_config *config)
{
    char public_key[FSZ_KEY_BYTES] = "";
    if (config->server_key[0] == '\0' || config->socket.secret_key == NULL ||
        zmq_curve_public(public_key, config->socket.secret_key) != 0) {
        return;
    }
    zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, config->server_key, strlen(config->server_key));
    zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, public_key, strlen(public_key));
    zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, config->socket.secret_key,
                   strlen(config->socket.secret_key));
}

static void provider_set_options(void *socket, const struct fsz_service_config *config)
{
    int64_t timeout_ms = config->socket.heartbeat_timeout_ms > 0
                             ? config->socket.heartbeat_timeout_ms
                             : config->socket.heartbeat_ms;
    int64_t largest = config->answer_bytes;
    provider_set_int(socket, ZMQ_LINGER, 0);
    /* Only a connection that stands takes a question: what could not be sent is asked elsewhere. */
    provider_set_int(socket, ZMQ_IMMEDIATE, 1);
    /* Not the capacity, which bounds questions: answers, events and ends of calls go there too. */
    provider_set_int(socket, ZMQ_SNDHWM, PROVIDER_HWM);
    provider_set_int(socket, ZMQ_RCVHWM, PROVIDER_HWM);
    provider_set_int(socket, ZMQ_RECONNECT_IVL, PROVIDER_RECONNECT_MS);
    provider_set_int(socket, ZMQ_RECONNECT_IVL_MAX, PROVIDER_RECONNECT_MAX_MS);
    provider_set_int(socket, ZMQ_HEARTBEAT_IVL, config->socket.heartbeat_ms);
    provider_set_int(socket, ZMQ_HEARTBEAT_TIMEOUT, timeout_ms);
    provider_set_int(socket, ZMQ_IPV6, config->socket.ipv6);
    zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &largest, sizeof(largest));
    provider_set_curve(socket, config);
}

bool fsz_provider_differs(const struct fsz_service_config *a, const struct fsz_service_config *b)
{
    const struct fsz_socket_config *s = &a->socket, *t = &b->socket;
    const char *x = s->secret_key ? s->secret_key : "", *y = t->secret_key ? t->secret_key : "";
    return s->heartbeat_ms != t->heartbeat_ms ||
           s->heartbeat_timeout_ms != t->heartbeat_timeout_ms || s->ipv6 != t->ipv6 ||
           a->answer_bytes != b->answer_bytes || strcmp(a->server_key, b->server_key) != 0 ||
           (a->server_key[0] != '\0' && strcmp(x, y) != 0);
}

static fsz_err provider_open(struct fsz_provider *provider, void *context,
                             const struct fsz_service_config *config, char why[FSZ_TOLD_WHY_BYTES])
{
    provider->socket = zmq_socket(context, ZMQ_DEALER);
    if (provider->socket != NULL) {
        provider_set_options(provider->socket, config);
        provider->monitor = fsz_monitor_new(context, provider->socket, config->name);
    }
    if (provider->monitor == NULL || zmq_connect(provider->socket, provider->address) != 0) {
        snprintf(why, FSZ_TOLD_WHY_BYTES, "%s", zmq_strerror(zmq_errno()));
        return FSZ_ESYSTEM;
    }
    provider->fd = fsz_socket_fd(provider->socket);
    provider->monitor_fd = fsz_socket_fd(provider->monitor);
    return FSZ_OK;
}

fsz_err fsz_provider_connect(void *context, struct fsz_account *whole,
                             const struct fsz_service_config *config, const char *address,
                             struct fsz_provider **ret_provider, char why[FSZ_TOLD_WHY_BYTES])
{
    struct fsz_provider *provider = calloc(1, sizeof(*provider));
    snprintf(why, FSZ_TOLD_WHY_BYTES, "%s", fsz_err_text(FSZ_ENOMEM));
    if (provider == NULL) {
        return FSZ_ENOMEM;
    }
    provider->capacity = config->capacity;
    provider->opened_ms = fsz_now_ms();
    provider->address = strdup(address);
    provider->is_local = strncmp(address, "inproc://", strlen("inproc://")) == 0;
    snprintf(provider->name, sizeof(provider->name), "%s", address);
    fsz_err err = provider->address ? fsz_inflow_new(&provider->inflow) : FSZ_ENOMEM;
    err = err != FSZ_OK ? err : provider_open(provider, context, config, why);
    err = err != FSZ_OK
              ? err
              : fsz_provider_link_new(provider->socket, config->name, address, config->group, whole,
                                      &provider->link, &provider->linked);
    if (err != FSZ_OK) {
        fsz_provider_free(&provider);
        return err;
    }
    *ret_provider = provider;
    return FSZ_OK;
}

bool fsz_provider_pending(const struct fsz_provider *provider)
{
    return fsz_socket_pending(provider->socket) || fsz_socket_pending(provider->monitor);
}

/* A message has an empty frame and a body. All its frames are there when the first is. */
fsz_err fsz_provider_receive(struct fsz_provider *provider, void *message)
{
    zmq_msg_t *body = message;
    size_t     frames = 0;
    bool       delimiter = false;
    if (zmq_msg_recv(body, provider->socket, ZMQ_DONTWAIT) < 0) {
        return FSZ_ENOTFOUND;
    }
    fsz_inflow_saw(provider->inflow, zmq_msg_get(body, ZMQ_SRCFD));
    provider->linked->heard_ms = fsz_now_ms();
    delimiter = zmq_msg_size(body) == 0;
    while (zmq_msg_more(body) && zmq_msg_recv(body, provider->socket, ZMQ_DONTWAIT) >= 0) {
        frames++;
    }
    return delimiter && frames == 1 ? FSZ_OK : FSZ_EINVALID;
}

/* Taken for connected until a question finds no peer: who has not bound yet gets it when it does,
 * who does not answer is put aside as anybody. */
static enum fsz_provider_news provider_look_local(struct fsz_provider *provider)
{
    bool was = provider->connected;
    provider->connected = provider->again_ms == 0;
    provider->was_connected = true;
    if (was == provider->connected) {
        return FSZ_PROVIDER_SAME;
    }
    return was ? FSZ_PROVIDER_DOWN : FSZ_PROVIDER_UP;
}

enum fsz_provider_news fsz_provider_look(struct fsz_provider *provider)
{
    bool was = provider->connected;
    if (provider->client != NULL) {
        provider->connected =
            provider->client->channel && fsz_client_is_connected(provider->client);
        return was && !provider->connected ? FSZ_PROVIDER_DOWN : FSZ_PROVIDER_SAME;
    }
    if (provider->is_local) {
        return provider_look_local(provider);
    }
    fsz_monitor_read(provider->monitor, &provider->connections, provider->inflow);
    bool lost = provider->connections.disconnected != provider->disconnected;
    provider->disconnected = provider->connections.disconnected;
    provider->connected = provider->connections.subscribers > 0;
    provider->was_connected |= provider->connected;
    if (!provider->connections.given_up) {
        provider->again_ms = 0;
    } else if (provider->again_ms == 0) {
        provider->again_ms = fsz_now_ms() + PROVIDER_RECONNECT_MAX_MS;
    }
    if (was && lost) {
        return provider->connected ? FSZ_PROVIDER_ANEW : FSZ_PROVIDER_DOWN;
    }
    return provider->connected && !was ? FSZ_PROVIDER_UP : FSZ_PROVIDER_SAME;
}

void fsz_provider_again(struct fsz_provider *provider, int64_t now_ms)
{
    if (provider->again_ms == 0 || now_ms < provider->again_ms) {
        return;
    }
    provider->again_ms = 0;
    provider->connections.given_up = false;
    zmq_disconnect(provider->socket, provider->address);
    zmq_connect(provider->socket, provider->address); /* as it could be before */
}

/* ---- a client -------------------------------------------------------------------------------- */

fsz_err fsz_provider_register(struct fsz_client *client, bool delimiter, int64_t capacity,
                              struct fsz_provider **ret_provider)
{
    struct fsz_provider   *provider = calloc(1, sizeof(*provider));
    const struct fsz_peer *peer = &client->peer;
    if (provider == NULL) {
        return FSZ_ENOMEM;
    }
    provider->client = fsz_client_ref(client);
    client->heard_ms = fsz_now_ms();
    provider->delimiter = delimiter;
    provider->capacity = capacity;
    provider->connected = provider->was_connected = true;
    snprintf(provider->name, sizeof(provider->name), "client %s at %.120s #%" PRIu64,
             peer->user[0] ? peer->user : "without a name",
             peer->address[0] ? peer->address : "local", peer->serial);
    *ret_provider = provider;
    return FSZ_OK;
}

void fsz_provider_free(struct fsz_provider **provider)
{
    struct fsz_provider *p = *provider;
    *provider = NULL;
    if (p == NULL) {
        return;
    }
    fsz_provider_link_free(&p->link, &p->linked);
    if (p->socket != NULL) {
        fsz_monitor_free(&p->monitor, p->socket);
        zmq_close(p->socket);
    }
    fsz_inflow_free(&p->inflow);
    fsz_question_unref(&p->last);
    fsz_client_unref(&p->client);
    free(p->address);
    free(p);
}

/* ---- questions ------------------------------------------------------------------------------- */

static bool provider_send_endpoint(struct fsz_provider       *provider,
                                   const struct fsz_question *question, const char *head,
                                   size_t head_bytes)
{
    zmq_msg_t message;
    if (zmq_msg_init_size(&message, head_bytes + question->params_bytes + 1) != 0) {
        return false;
    }
    char *at = zmq_msg_data(&message);
    memcpy(at, head, head_bytes);
    memcpy(at + head_bytes, question->params, question->params_bytes);
    at[head_bytes + question->params_bytes] = '}';
    if (zmq_send(provider->socket, "", 0, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0 ||
        zmq_msg_send(&message, provider->socket, ZMQ_DONTWAIT) < 0) {
        zmq_msg_close(&message);
        if (provider->is_local && provider->again_ms == 0) {
            provider->again_ms = fsz_now_ms() + PROVIDER_RECONNECT_MAX_MS;
        }
        return false;
    }
    return true;
}

static bool provider_send_client(struct fsz_provider *provider, const struct fsz_question *question,
                                 const char *head, size_t head_bytes)
{
    struct fsz_buffer text;
    fsz_outbound_init(&text);
    fsz_buffer_append(&text, head, head_bytes);
    fsz_buffer_append(&text, question->params, question->params_bytes);
    fsz_buffer_text(&text, "}");
    return fsz_outbound_send(provider->client, provider->delimiter, &text);
}

bool fsz_provider_send(struct fsz_provider *provider, const struct fsz_question *question,
                       uint64_t id)
{
    char head[PROVIDER_HEAD_BYTES];
    int  length = snprintf(head, sizeof(head),
                           "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"id\":%" PRIu64 ",\"params\":",
                           question->method, id);
    if (length < 0 || (size_t)length >= sizeof(head)) {
        return false;
    }
    return provider->client ? provider_send_client(provider, question, head, (size_t)length)
                            : provider_send_endpoint(provider, question, head, (size_t)length);
}

struct fsz_client *fsz_provider_client(const struct fsz_provider *provider)
{
    return provider->client ? provider->client : provider->linked;
}

/* As to any client; an endpoint's frames begin with an empty one. */
static bool provider_send_text(struct fsz_provider *provider, struct fsz_buffer *text)
{
    return fsz_outbound_send(fsz_provider_client(provider),
                             provider->client ? provider->delimiter : true, text);
}

bool fsz_provider_ping(struct fsz_provider *provider, uint64_t id)
{
    struct fsz_buffer text;
    fsz_outbound_init(&text);
    fsz_buffer_printf(&text, "{\"jsonrpc\":\"2.0\",\"method\":\"service.ping\",\"id\":%" PRIu64 "}",
                      id);
    provider->ping_id = id;
    provider->pinged_ms = fsz_now_ms();
    return provider_send_text(provider, &text);
}

bool fsz_provider_notify_text(struct fsz_provider *provider, const char *method,
                              const struct fsz_buffer *params)
{
    struct fsz_buffer text;
    fsz_outbound_init(&text);
    fsz_buffer_printf(&text, "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"params\":", method);
    fsz_buffer_append(&text, params->data, params->size);
    fsz_buffer_text(&text, "}");
    if (params->failed != FSZ_OK) {
        fsz_buffer_fini(&text);
        return false;
    }
    return provider_send_text(provider, &text);
}

bool fsz_provider_notify(struct fsz_provider *provider, const char *method, json_t *params)
{
    struct fsz_buffer text;
    fsz_buffer_init(&text, SIZE_MAX);
    bool sent = params != NULL && fsz_rpc_write_json(&text, params) == FSZ_OK &&
                fsz_provider_notify_text(provider, method, &text);
    fsz_buffer_fini(&text);
    json_decref(params);
    return sent;
}

bool fsz_provider_has_room(const struct fsz_provider *provider)
{
    return provider->under_way + provider->held_count < (size_t)provider->capacity;
}

bool fsz_provider_is_up(const struct fsz_provider *provider)
{
    return provider->connected && !provider->leaves && !provider->breaker.open;
}

const char *fsz_provider_state(const struct fsz_provider *provider)
{
    if (!provider->connected) {
        return "down";
    }
    if (provider->leaves) {
        return "leaving";
    }
    return provider->breaker.open ? "aside" : "up";
}
