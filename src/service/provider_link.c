#include "service/provider_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The defaults of an API socket: whoever is connected to is trusted with no more. */
static const struct fsz_channel_config link_config = {.request_bytes = 1 << 20,
                                                      .request_depth = 32,
                                                      .batch_max = 100,
                                                      .reply_bytes = 16 << 20,
                                                      .client_bytes = 32 << 20,
                                                      .deadline_ms = 30000,
                                                      .deadline_max_ms = 3600000};

fsz_err fsz_provider_link_new(const char *service, const char *address, const char *group,
                              struct fsz_account *whole, struct fsz_channel **ret_channel,
                              struct fsz_client **ret_client)
{
    struct fsz_client  *client = NULL;
    struct fsz_channel *channel = calloc(1, sizeof(*channel));
    if (channel == NULL) {
        return FSZ_ENOMEM;
    }
    channel->config = &link_config;
    channel->name = strdup(service);
    fsz_err err =
        channel->name ? fsz_client_new_endpoint(channel, whole, address, &client) : FSZ_ENOMEM;
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
    if (*client != NULL) {
        (*client)->channel = NULL;
        (*client)->dealer = NULL;
        (*client)->local = NULL;
    }
    fsz_client_unref(client);
    if (c != NULL) {
        free(c->name);
        free(c);
    }
}
