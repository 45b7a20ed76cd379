/* SPDX-License-Identifier: MPL-2.0 */
/* The common part of <stream> and <api-socket>. */
#include "config/config_endpoint.h"
#include "config/config_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fsz_config_read_name(struct fsz_config_reader *r, const struct fsz_confnode *node,
                          const char *what, char **ret_name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    static const char *const known[] = {"name", NULL};
    const char              *name = fsz_confnode_get(node, "name");
    r->where[0] = '\0';
    if (name == NULL) {
        fsz_config_complain(r, node->line, "<%.40s> needs a name", node->name);
    } else if (name[0] == '\0' || strlen(name) > FSZ_CONFIG_NAME_MAX ||
               name[strspn(name, letters)] != '\0') {
        fsz_config_complain(r, node->line,
                            "%s name=\"%.80s\" is not valid: 1 to %d letters, digits, - _ .", what,
                            name, FSZ_CONFIG_NAME_MAX);
    } else if ((*ret_name = strdup(name)) == NULL) {
        r->err = FSZ_ENOMEM;
    }
    snprintf(r->where, sizeof r->where, "%s \"%.*s\"", what, FSZ_CONFIG_NAME_MAX,
             name == NULL ? "" : name);
    fsz_config_check_attrs(r, node, known);
}

/* `any` means no list at all. */
static void socket_resolve_acls(struct fsz_config_reader *r, const struct fsz_confnode *node,
                                struct fsz_socket_config *socket)
{
    bool any = false;
    for (size_t i = 0; i < socket->acl_count; i++) {
        any |= strcmp(socket->acls[i], "any") == 0;
    }
    if (!any) {
        return;
    }
    if (socket->acl_count > 1) {
        fsz_config_complain(r, node->line,
                            "apply-inbound-acl=\"any\" admits everybody: remove it or the other "
                            "lists");
        return;
    }
    free(socket->acls[0]);
    socket->acl_count = 0;
}

void fsz_config_read_socket(struct fsz_config_reader *r, enum fsz_key_scope element,
                            const struct fsz_confnode *node, struct fsz_socket_config *socket)
{
    snprintf(socket->owner, sizeof socket->owner, "%s", r->where);
    fsz_config_read_params(r, element, node, socket);
    socket_resolve_acls(r, node, socket);
    if (!fsz_config_was_given(r, "bind") && !fsz_config_was_given(r, "connect")) {
        fsz_config_complain(r, node->line, "needs at least one bind or connect");
    }
}

size_t fsz_config_count_multicast(const struct fsz_socket_config *socket)
{
    size_t count = 0;
    for (size_t i = 0; i < socket->endpoint_count; i++) {
        count += fsz_endpoint_is_multicast(socket->endpoints[i].address);
    }
    return count;
}

void fsz_config_free_socket(struct fsz_socket_config *socket)
{
    for (size_t i = 0; i < socket->endpoint_count; i++) {
        free(socket->endpoints[i].address);
    }
    for (size_t i = 0; i < socket->acl_count; i++) {
        free(socket->acls[i]);
    }
    free(socket->endpoints);
    free(socket->acls);
}

size_t fsz_config_socket_count(const struct fsz_config *config)
{
    return config->stream_count + config->api_socket_count;
}

const struct fsz_socket_config *fsz_config_socket_at(const struct fsz_config *config, size_t index)
{
    return index < config->stream_count ? &config->streams[index].socket
                                        : &config->api_sockets[index - config->stream_count].socket;
}
