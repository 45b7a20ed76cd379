#include "socket_options.h"

#include <string.h>
#include <zmq.h>

enum { SOCKET_OPTIONS = 11 };

struct socket_option {
    int option;
    int value;
};

static void socket_options_list(const struct fsz_socket_config *config,
                                struct socket_option            list[SOCKET_OPTIONS])
{
    int64_t keepalive_idle_s = config->tcp_keepalive ? config->tcp_keepalive_idle_s : -1;
    int64_t send_buffer_bytes = config->send_buffer_bytes > 0 ? config->send_buffer_bytes : -1;
    int64_t heartbeat_timeout_ms =
        config->heartbeat_timeout_ms > 0 ? config->heartbeat_timeout_ms : config->heartbeat_ms;
    const struct socket_option options[SOCKET_OPTIONS] = {
        {ZMQ_SNDHWM, (int)config->send_hwm},
        {ZMQ_SNDBUF, (int)send_buffer_bytes},
        {ZMQ_IPV6, config->ipv6},
        {ZMQ_BACKLOG, (int)config->backlog},
        {ZMQ_TCP_KEEPALIVE, config->tcp_keepalive ? 1 : -1},
        {ZMQ_TCP_KEEPALIVE_IDLE, (int)keepalive_idle_s},
        {ZMQ_HANDSHAKE_IVL, (int)config->handshake_timeout_ms},
        {ZMQ_HEARTBEAT_IVL, (int)config->heartbeat_ms},
        {ZMQ_HEARTBEAT_TIMEOUT, (int)heartbeat_timeout_ms},
        /* Each of these two sets the mechanism, which is NULL after a 0: one that is on comes last.
         */
        {config->security == FSZ_SECURITY_PLAIN ? ZMQ_CURVE_SERVER : ZMQ_PLAIN_SERVER, 0},
        {config->security == FSZ_SECURITY_PLAIN ? ZMQ_PLAIN_SERVER : ZMQ_CURVE_SERVER,
         config->security != FSZ_SECURITY_NONE},
    };
    memcpy(list, options, sizeof(options));
}

/* Does the access handler decide who may connect? */
static bool socket_options_ask(const struct fsz_socket_config *config)
{
    return config->acl_count > 0 || config->security != FSZ_SECURITY_NONE;
}

static const char *socket_options_key(const struct fsz_socket_config *config)
{
    return config->secret_key ? config->secret_key : "";
}

bool fsz_socket_options_differ(const struct fsz_socket_config *a, const struct fsz_socket_config *b)
{
    struct socket_option of_a[SOCKET_OPTIONS], of_b[SOCKET_OPTIONS];
    socket_options_list(a, of_a);
    socket_options_list(b, of_b);
    return memcmp(of_a, of_b, sizeof(of_a)) != 0 ||
           socket_options_ask(a) != socket_options_ask(b) ||
           strcmp(socket_options_key(a), socket_options_key(b)) != 0;
}

void fsz_socket_options_apply(void *socket, const struct fsz_socket_config *config)
{
    struct socket_option list[SOCKET_OPTIONS];
    const char          *key = socket_options_key(config);
    socket_options_list(config, list);
    if (key[0] != '\0') {
        zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, key, strlen(key));
    }
    for (size_t i = 0; i < SOCKET_OPTIONS; i++) {
        zmq_setsockopt(socket, list[i].option, &list[i].value, sizeof(list[i].value));
    }
    /* A domain makes libzmq ask about every peer (RFC 27); access.h answers. Where everybody may
     * come there is nothing to ask, and peers older than ZMTP 3.0, which libzmq would refuse, can
     * come too. */
    if (socket_options_ask(config)) {
        zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, config->owner, strlen(config->owner));
    }
}
