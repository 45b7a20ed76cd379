/* SPDX-License-Identifier: MPL-2.0 */
#include "net/wire_options.h"

#include <sodium.h>
#include <string.h>

enum {
    WIRE_RECONNECT_MS = 100,
    WIRE_RECONNECT_MAX_MS = 5000,
    WIRE_SERVICE_RECONNECT_MAX_MS = 500, /* short, because the switch waits for a service */
    WIRE_CONNECT_TIMEOUT_MS = 5000,
};

static void wire_options_common(const struct fsz_socket_config *config, enum fsz_zmtp_type type,
                                struct fsz_zmtp_options *ret_options)
{
    *ret_options = (struct fsz_zmtp_options){
        .mechanism = {.name = FSZ_ZMTP_NULL, .type = type},
        .times = {.handshake_ms = config->handshake_timeout_ms,
                  .heartbeat_ms = config->heartbeat_ms,
                  .heartbeat_timeout_ms = config->heartbeat_timeout_ms},
        .tcp_keepalive = config->tcp_keepalive,
        .tcp_keepalive_idle_s = (int)config->tcp_keepalive_idle_s,
        .ipv6 = config->ipv6,
        .backlog = (int)config->backlog,
        .send_buffer_bytes = (int)config->send_buffer_bytes,
        .ipc_mode = (unsigned)config->ipc_mode,
        .reconnect_ms = WIRE_RECONNECT_MS,
        .reconnect_max_ms = WIRE_RECONNECT_MAX_MS,
        .connect_timeout_ms = WIRE_CONNECT_TIMEOUT_MS,
    };
}

/* Sets our own key pair. */
static bool wire_set_pair(const char *secret_key, struct fsz_mechanism_config *mechanism)
{
    return secret_key != NULL && fsz_key_bytes(secret_key, mechanism->secret_key) &&
           crypto_scalarmult_base(mechanism->public_key, mechanism->secret_key) == 0;
}

void fsz_wire_options(const struct fsz_socket_config *config, enum fsz_zmtp_type type,
                      struct fsz_zmtp_options *ret_options)
{
    static const enum fsz_zmtp_mechanism_name names[] = {
        [FSZ_SECURITY_NONE] = FSZ_ZMTP_NULL,
        [FSZ_SECURITY_PLAIN] = FSZ_ZMTP_PLAIN,
        [FSZ_SECURITY_CURVE] = FSZ_ZMTP_CURVE,
    };
    wire_options_common(config, type, ret_options);
    ret_options->mechanism.name = names[config->security];
    ret_options->mechanism.as_server = config->security != FSZ_SECURITY_NONE;
    if (config->security == FSZ_SECURITY_CURVE) {
        (void)wire_set_pair(config->secret_key, &ret_options->mechanism);
    }
}

void fsz_wire_options_of_service(const struct fsz_service_config *config,
                                 struct fsz_zmtp_options         *ret_options)
{
    wire_options_common(&config->socket, FSZ_ZMTP_DEALER, ret_options);
    ret_options->reconnect_max_ms = WIRE_SERVICE_RECONNECT_MAX_MS;
    /* An invalid key makes the handshake fail; it never falls back to NULL. */
    if (config->server_key[0] != '\0') {
        struct fsz_mechanism_config *mechanism = &ret_options->mechanism;
        mechanism->name = FSZ_ZMTP_CURVE;
        (void)fsz_key_bytes(config->server_key, mechanism->server_key);
        (void)wire_set_pair(config->socket.secret_key, mechanism);
    }
}

void fsz_wire_limits(const struct fsz_config *config, const struct fsz_socket_config *socket,
                     const struct fsz_wire_bounds *bounds, struct fsz_zmtp_limits *ret_limits)
{
    *ret_limits = (struct fsz_zmtp_limits){
        .conn = {.message_bytes =
                     bounds->message_bytes + bounds->message_frames * FSZ_CONN_FRAME_OVERHEAD,
                 .message_frames = bounds->message_frames,
                 .output_messages = (uint64_t)socket->send_hwm,
                 .output_bytes = (size_t)socket->send_bytes},
        .input_bytes = bounds->input_bytes,
        .output_bytes = (size_t)socket->send_total_bytes,
        .connections = (size_t)config->connections_max,
        .address_connections = (size_t)config->address_connections_max,
        .address_rate = {.per_second = (uint32_t)config->address_connections_per_second,
                         .burst = (uint32_t)config->address_connections_burst},
    };
}

static const char *wire_key(const struct fsz_socket_config *config)
{
    return config->secret_key != NULL ? config->secret_key : "";
}

bool fsz_wire_security_differs(const struct fsz_socket_config *a, const struct fsz_socket_config *b)
{
    return a->security != b->security || strcmp(wire_key(a), wire_key(b)) != 0;
}
