#include "channel.h"

#include "socket_fd.h"
#include "socket_options.h"

#include <stdlib.h>
#include <string.h>
#include <zmq.h>

static void channel_set_options(void *socket, const struct fsz_channel_config *config)
{
    int     mandatory = 1, receive_hwm = (int)config->receive_hwm;
    int64_t largest = config->request_bytes;
    fsz_socket_options_apply(socket, &config->socket);
    zmq_setsockopt(socket, ZMQ_RCVHWM, &receive_hwm, sizeof(receive_hwm));
    zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &largest, sizeof(largest));
    /* An answer to a client that has left is an error then, not silence. */
    zmq_setsockopt(socket, ZMQ_ROUTER_MANDATORY, &mandatory, sizeof(mandatory));
}

fsz_err fsz_channel_new(void *context, struct fsz_account *whole,
                        const struct fsz_channel_config *config, struct fsz_channel **ret_channel)
{
    struct fsz_channel *channel = calloc(1, sizeof(*channel));
    if (channel == NULL) {
        return FSZ_ENOMEM;
    }
    channel->name = strdup(config->name);
    fsz_err err = channel->name ? fsz_clients_new(channel, whole, &channel->clients) : FSZ_ENOMEM;
    err = err != FSZ_OK ? err : fsz_peers_new(&channel->peers);
    err = err != FSZ_OK ? err : fsz_inflow_new(&channel->inflow);
    channel->socket = err == FSZ_OK ? zmq_socket(context, ZMQ_ROUTER) : NULL;
    channel->monitor =
        channel->socket ? fsz_monitor_new(context, channel->socket, config->name) : NULL;
    if (channel->monitor == NULL) {
        fsz_channel_free(&channel, 0);
        return err == FSZ_OK ? FSZ_ESYSTEM : err;
    }
    channel->fd = fsz_socket_fd(channel->socket);
    channel->monitor_fd = fsz_socket_fd(channel->monitor);
    channel->monitor_stirred = true;
    fsz_endpoints_init(&channel->endpoints, channel->socket, config->socket.owner);
    channel_set_options(channel->socket, config);
    fsz_channel_configure(channel, config);
    *ret_channel = channel;
    return FSZ_OK;
}

void fsz_channel_free(struct fsz_channel **channel, int linger_ms)
{
    struct fsz_channel *c = *channel;
    if (c == NULL) {
        return;
    }
    fsz_clients_free(&c->clients);
    fsz_peers_free(&c->peers);
    fsz_inflow_free(&c->inflow);
    if (c->socket != NULL) {
        fsz_monitor_free(&c->monitor, c->socket);
        zmq_setsockopt(c->socket, ZMQ_LINGER, &linger_ms, sizeof(linger_ms));
        zmq_close(c->socket);
    }
    fsz_endpoints_fini(&c->endpoints);
    free(c->name);
    free(c);
    *channel = NULL;
}

bool fsz_channel_needs_other(const struct fsz_channel        *channel,
                             const struct fsz_channel_config *config)
{
    const struct fsz_channel_config *now = channel->config;
    return fsz_socket_options_differ(&now->socket, &config->socket) ||
           now->receive_hwm != config->receive_hwm || now->request_bytes != config->request_bytes;
}

void fsz_channel_configure(struct fsz_channel *channel, const struct fsz_channel_config *config)
{
    channel->stirred = true;
    channel->config = config;
    channel->endpoints.ipc_mode = config->socket.ipc_mode;
}

void fsz_channel_succeed(struct fsz_channel *heir, const struct fsz_channel *old)
{
    heir->counters = old->counters;
    heir->connections.accepted += old->connections.accepted;
    heir->connections.handshakes_failed += old->connections.handshakes_failed;
    heir->connections.mismatched += old->connections.mismatched;
    heir->mismatch.logged = heir->connections.mismatched;
    heir->connections.disconnected += old->connections.disconnected + old->connections.open;
}
