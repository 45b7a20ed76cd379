#include "provider_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The defaults of an API channel: whoever is connected to is trusted with no more. */
static const struct fsz_channel_config link_config = {.receive_hwm = 1000,
                                                      .request_bytes = 1 << 20,
                                                      .request_depth = 32,
                                                      .batch_max = 100,
                                                      .answer_bytes = 16 << 20,
                                                      .client_bytes = 32 << 20,
                                                      .deadline_ms = 30000,
                                                      .deadline_max_ms = 3600000};

fsz_err fsz_provider_link_new(void *socket, const char *service, const char *address,
                              const char *group, struct fsz_account *whole,
                              struct fsz_channel **ret_channel, struct fsz_client **ret_client)
{
    struct fsz_peer     peer = {.fd = -1};
    struct fsz_client  *client = NULL;
    struct fsz_channel *channel = calloc(1, sizeof(*channel));
    if (channel == NULL) {
        return FSZ_ENOMEM;
    }
    channel->config = &link_config;
    channel->socket = socket;
    channel->is_dealer = true;
    channel->name = strdup(service);
    snprintf(peer.address, sizeof(peer.address), "%s", address);
    fsz_err err = channel->name ? fsz_clients_new(channel, whole, &channel->clients) : FSZ_ENOMEM;
    err = err != FSZ_OK ? err : fsz_clients_take(channel->clients, "-", 1, &peer, &client);
    if (err != FSZ_OK) {
        fsz_provider_link_free(&channel, &client);
        return err;
    }
    snprintf(client->group, sizeof(client->group), "%s", group);
    *ret_channel = channel;
    *ret_client = client;
    return FSZ_OK;
}

void fsz_provider_link_free(struct fsz_channel **channel, struct fsz_client **client)
{
    struct fsz_channel *c = *channel;
    *channel = NULL;
    if (c != NULL) {
        fsz_clients_free(&c->clients);
        free(c->name);
        free(c);
    }
    fsz_client_unref(client);
}
