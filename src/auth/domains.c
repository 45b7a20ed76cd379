/* SPDX-License-Identifier: MPL-2.0 */
#include "auth/domains.h"

#include "base/ref.h"

#include <stdlib.h>
#include <string.h>

struct fsz_domains {
    struct fsz_ref    references;
    size_t            count;
    struct fsz_domain list[];
};

static void domains_free(struct fsz_domains *d)
{
    for (size_t i = 0; i < d->count; i++) {
        for (size_t k = 0; k < d->list[i].acl_count; k++) {
            free(d->list[i].acls[k]);
        }
        free(d->list[i].acls);
        free(d->list[i].label);
        free(d->list[i].name);
    }
    free(d);
}

struct fsz_domains *fsz_domains_ref(struct fsz_domains *domains)
{
    fsz_ref_take(&domains->references);
    return domains;
}

void fsz_domains_unref(struct fsz_domains **domains)
{
    if (*domains != NULL && fsz_ref_drop(&(*domains)->references)) {
        domains_free(*domains);
    }
    *domains = NULL;
}

static bool domains_add(struct fsz_domains *domains, const char *label,
                        const struct fsz_socket_config *socket)
{
    struct fsz_domain *to = &domains->list[domains->count++];
    to->security = socket->security;
    to->name = strdup(socket->owner);
    to->label = strdup(label);
    to->acls = calloc(socket->acl_count + 1, sizeof(*to->acls));
    if (to->name == NULL || to->label == NULL || to->acls == NULL) {
        return false;
    }
    for (; to->acl_count < socket->acl_count; to->acl_count++) {
        to->acls[to->acl_count] = strdup(socket->acls[to->acl_count]);
        if (to->acls[to->acl_count] == NULL) {
            return false;
        }
    }
    return true;
}

fsz_err fsz_domains_new(const struct fsz_config *config, struct fsz_domains **ret_domains)
{
    size_t              count = config->stream_count + config->api_socket_count;
    struct fsz_domains *domains = calloc(1, sizeof(*domains) + count * sizeof(domains->list[0]));
    bool                added = domains != NULL;
    if (added) {
        fsz_ref_init(&domains->references, 1);
    }
    for (size_t i = 0; added && i < config->stream_count; i++) {
        added = domains_add(domains, config->streams[i].name, &config->streams[i].socket);
    }
    for (size_t i = 0; added && i < config->api_socket_count; i++) {
        added = domains_add(domains, config->api_sockets[i].name, &config->api_sockets[i].socket);
    }
    if (!added) {
        fsz_domains_unref(&domains);
        return FSZ_ENOMEM;
    }
    *ret_domains = domains;
    return FSZ_OK;
}

const struct fsz_domain *fsz_domains_find(const struct fsz_domains *domains, const char *name)
{
    for (size_t i = 0; i < domains->count; i++) {
        if (strcmp(domains->list[i].name, name) == 0) {
            return &domains->list[i];
        }
    }
    return NULL;
}
