/* SPDX-License-Identifier: MPL-2.0 */
#include "service/provider_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The defaults of an API socket: an endpoint is trusted no more than a client. */
static const struct fsz_api_socket_config link_config = {.request_bytes = 1 << 20,
                                                         .request_depth = 32,
                                                         .batch_max = 100,
                                                         .reply_bytes = 16 << 20,
                                                         .client_bytes = 32 << 20,
                                                         .deadline_ms = 30000,
                                                         .deadline_max_ms = 3600000};

fsz_err fsz_provider_link_new(const char *service, const char *address, const char *group,
                              struct fsz_account *whole, struct fsz_rpc_socket **ret_api_socket,
                              struct fsz_client **ret_client)
{
    struct fsz_client     *client = NULL;
    struct fsz_rpc_socket *api_socket = calloc(1, sizeof(*api_socket));
    if (api_socket == NULL) {
        return FSZ_ENOMEM;
    }
    api_socket->config = &link_config;
    api_socket->name = strdup(service);
    fsz_err err = api_socket->name ? fsz_client_new_endpoint(api_socket, whole, address, &client)
                                   : FSZ_ENOMEM;
    if (err != FSZ_OK) {
        fsz_provider_link_free(&api_socket, &client);
        return err;
    }
    snprintf(client->group, sizeof(client->group), "%s", group);
    *ret_api_socket = api_socket;
    *ret_client = client;
    return FSZ_OK;
}

void fsz_provider_link_free(struct fsz_rpc_socket **api_socket, struct fsz_client **client)
{
    struct fsz_rpc_socket *s = *api_socket;
    *api_socket = NULL;
    if (*client != NULL) {
        (*client)->api_socket = NULL;
        (*client)->dealer = NULL;
        (*client)->local = NULL;
    }
    fsz_client_unref(client);
    if (s != NULL) {
        free(s->name);
        free(s);
    }
}
