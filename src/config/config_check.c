/* SPDX-License-Identifier: MPL-2.0 */
/* Checks a socket against the other sockets and the settings. */
#include "config/config_endpoint.h"
#include "config/config_reader.h"

#include <stdio.h>

/* Checks the first `count` endpoints of `earlier` against one endpoint of `socket`. */
static bool check_clash(struct fsz_config_reader *r, const struct fsz_socket_config *earlier,
                        size_t count, const struct fsz_socket_config *socket,
                        const struct fsz_endpoint *endpoint, int line)
{
    for (size_t i = 0; i < count; i++) {
        const struct fsz_endpoint *other = &earlier->endpoints[i];
        if (fsz_endpoint_clashes(endpoint, socket->ipv6, other, earlier->ipv6)) {
            fsz_config_complain(r, line, "bind=\"%s\" is taken by bind=\"%s\" of %s",
                                endpoint->address, other->address, earlier->owner);
            return true;
        }
    }
    return false;
}

static void check_endpoints(struct fsz_config_reader *r, const struct fsz_config *config,
                            const struct fsz_socket_config *socket, int line)
{
    for (size_t e = 0; e < socket->endpoint_count; e++) {
        const struct fsz_endpoint *endpoint = &socket->endpoints[e];
        bool                       clashes = false;
        for (size_t i = 0; !clashes && i < fsz_config_socket_count(config); i++) {
            const struct fsz_socket_config *earlier = fsz_config_socket_at(config, i);
            size_t                          count = earlier == socket ? e : earlier->endpoint_count;
            clashes = check_clash(r, earlier, count, socket, endpoint, line);
        }
    }
}

static void check_security(struct fsz_config_reader *r, const struct fsz_config *config,
                           const struct fsz_socket_config *socket, int line)
{
    bool        curve = socket->security == FSZ_SECURITY_CURVE;
    const char *word = curve ? "curve" : "plain";
    if (socket->security == FSZ_SECURITY_NONE) {
        return;
    }
    if (config->users_file == NULL) {
        fsz_config_complain(r, line, "security=\"%s\" needs users-file in <settings>", word);
    }
    if (curve && config->curve_key_file == NULL) {
        fsz_config_complain(r, line, "security=\"curve\" needs curve-key-file in <settings>");
    }
    if (fsz_config_count_multicast(socket) > 0) {
        fsz_config_complain(r, line,
                            "security=\"%s\" cannot protect multicast, which everyone on the "
                            "network may receive: give multicast its own stream",
                            word);
    }
}

void fsz_config_check_last_socket(struct fsz_config_reader *r, const struct fsz_config *config,
                                  int line)
{
    size_t                          last = fsz_config_socket_count(config) - 1;
    const struct fsz_socket_config *socket = fsz_config_socket_at(config, last);
    snprintf(r->where, sizeof r->where, "%s", socket->owner);
    check_endpoints(r, config, socket, line);
    check_security(r, config, socket, line);
    r->where[0] = '\0';
}
