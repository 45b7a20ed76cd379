/* SPDX-License-Identifier: MPL-2.0 */
/* Reads one <service>. */
#include "config/config_reader.h"

#include <stdlib.h>
#include <string.h>

bool fsz_config_service_has_curve(const struct fsz_service_config *service)
{
    return service->server != NULL;
}

/* Gives a service's connections the defaults of a stream, except access lists, which are for peers
 * that connect to us. */
static void service_default_socket(struct fsz_config_reader *r, struct fsz_service_config *service)
{
    for (size_t i = 0; i < FSZ_CONFIG_KEYS; i++) {
        const struct fsz_config_key *key = &fsz_config_keys[i];
        if (key->scope == FSZ_SCOPE_SOCKET && key->fallback != NULL && key->type != FSZ_KEY_ACL &&
            fsz_config_key_find(FSZ_SCOPE_SERVICE, key->name) == NULL) {
            fsz_config_apply(r, key, &service->socket, key->fallback, 0);
        }
    }
}

static void service_check_curve(struct fsz_config_reader *r, const struct fsz_confnode *node,
                                const struct fsz_config         *config,
                                const struct fsz_service_config *service)
{
    if (!fsz_config_service_has_curve(service)) {
        return;
    }
    if (config->curve_key_file == NULL) {
        fsz_config_complain(r, node->line, "server-key needs curve-key-file in <settings>");
    }
    if (service->socket.endpoint_count == 0) {
        fsz_config_complain(r, node->line,
                            "server-key only applies to connect: add connect, "
                            "or remove server-key");
    }
}

static void service_check(struct fsz_config_reader *r, const struct fsz_confnode *node,
                          const struct fsz_config *config, const struct fsz_service_config *service)
{
    if (!fsz_config_was_given(r, "connect") && !service->registration) {
        fsz_config_complain(r, node->line,
                            "has no providers: add connect, or set registration to true");
    }
    if (fsz_config_count_multicast(&service->socket) > 0) {
        fsz_config_complain(r, node->line,
                            "a service cannot use multicast: use tcp, ipc or inproc");
    }
    service_check_curve(r, node, config, service);
}

const struct fsz_service_config *fsz_config_find_service(const struct fsz_config *config,
                                                         const char              *name)
{
    for (size_t i = 0; i < config->service_count; i++) {
        const char *other = config->services[i].name;
        if (other != NULL && strcmp(other, name) == 0) {
            return &config->services[i];
        }
    }
    return NULL;
}

/* Called once all lists are read. */
void fsz_config_check_services(struct fsz_config_reader *r, const struct fsz_config *config)
{
    if (config->literal_service != NULL &&
        fsz_config_find_service(config, config->literal_service) == NULL) {
        fsz_config_complain(r, 0, "literal-service=\"%.80s\" is not in <services>",
                            config->literal_service);
    }
    for (size_t i = 0; i < config->service_count; i++) {
        const struct fsz_service_config *service = &config->services[i];
        bool                             exists = service->group == NULL;
        for (size_t j = 0; j < config->group_count; j++) {
            exists |= config->groups[j].name != NULL && !exists &&
                      strcmp(config->groups[j].name, service->group) == 0;
        }
        if (!exists && strcmp(service->group, FSZ_DEFAULT_GROUP) != 0) {
            fsz_config_complain(r, 0, "%s: group=\"%.80s\" is not in <groups>",
                                service->socket.owner, service->group);
        }
    }
}

/* The same endpoint twice would make two providers of one. */
static void service_check_twins(struct fsz_config_reader *r, const struct fsz_confnode *node,
                                const struct fsz_socket_config *socket)
{
    for (size_t i = 0; i < socket->endpoint_count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(socket->endpoints[i].address, socket->endpoints[j].address) == 0) {
                fsz_config_complain(r, node->line, "connect=\"%s\" is given twice",
                                    socket->endpoints[i].address);
            }
        }
    }
}

void fsz_config_read_service(struct fsz_config_reader *r, const struct fsz_confnode *node,
                             const struct fsz_config *config, struct fsz_service_config *service)
{
    fsz_config_read_name(r, node, "service", &service->name);
    memcpy(service->socket.owner, r->where, sizeof service->socket.owner);
    fsz_config_read_params(r, FSZ_SCOPE_SERVICE, node, service);
    fsz_config_refuse_children(r, node, "param");
    service_check(r, node, config, service);
    service_check_twins(r, node, &service->socket);
    service_default_socket(r, service);
    if (service->server != NULL && service->server[0] != '/') {
        memcpy(service->server_key, service->server, FSZ_KEY_BYTES);
    }
    r->where[0] = '\0';
}

void fsz_config_free_service(struct fsz_service_config *service)
{
    fsz_config_free_socket(&service->socket);
    free(service->name);
    free(service->server);
    free(service->group);
}
