/* SPDX-License-Identifier: MPL-2.0 */
/* Reads one <api-socket>. */
#include "config/config_reader.h"

#include <stdlib.h>
#include <string.h>

void fsz_config_read_api_socket(struct fsz_config_reader *r, const struct fsz_confnode *node,
                                struct fsz_api_socket_config *api_socket)
{
    fsz_config_read_name(r, node, "API socket", &api_socket->name);
    fsz_config_read_socket(r, FSZ_SCOPE_API_SOCKET, node, &api_socket->socket);
    fsz_config_refuse_children(r, node, "param");
    if (fsz_config_count_multicast(&api_socket->socket) > 0) {
        fsz_config_complain(r, node->line,
                            "an API socket cannot use multicast: use tcp, ipc or inproc");
    }
    if (api_socket->deadline_ms > api_socket->deadline_max_ms) {
        api_socket->deadline_ms = api_socket->deadline_max_ms;
    }
    r->where[0] = '\0';
}

void fsz_config_free_api_socket(struct fsz_api_socket_config *api_socket)
{
    fsz_config_free_socket(&api_socket->socket);
    free(api_socket->name);
}
