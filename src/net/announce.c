/* SPDX-License-Identifier: MPL-2.0 */
#include "net/announce.h"

#include "base/cidr.h"
#include "host/log.h"

#include <stdio.h>
#include <string.h>

/* Access lists apply to tcp only. */
static bool announce_is_tcp(const struct fsz_endpoint_state *endpoint)
{
    return endpoint->open && !endpoint->connect && strncmp(endpoint->address, "tcp://", 6) == 0;
}

/* `bound` is the address as the system gave it: `tcp://127.0.0.1:5556`, `tcp://[::1]:5556`. */
static bool announce_is_loopback(const char *bound)
{
    char  host[FSZ_ENDPOINT_BOUND_BYTES];
    char *start = host + strlen("tcp://");
    snprintf(host, sizeof(host), "%s", bound);
    char *port = strrchr(start, ':');
    if (port != NULL) {
        *port = '\0';
    }
    if (start[0] == '[') {
        start++;
        start[strcspn(start, "]")] = '\0';
    }
    return fsz_cidr_contains("loopback.auto", start);
}

static void announce_security(const struct fsz_host *host, const struct fsz_socket_config *config,
                              const struct fsz_endpoint_state *endpoint)
{
    if (config->security == FSZ_SECURITY_PLAIN && !announce_is_loopback(endpoint->bound)) {
        fsz_host_log(host, FSZ_LOG_WARNING,
                     "%s: %s takes passwords in the clear (security plain): anyone on the network "
                     "path can read them; security curve encrypts them",
                     config->owner, endpoint->bound);
    }
}

static void announce_lists(const struct fsz_socket_config *config, char *ret_lists, size_t bytes)
{
    size_t used = 0;
    ret_lists[0] = '\0';
    for (size_t i = 0; i < config->acl_count && used < bytes; i++) {
        used += (size_t)snprintf(ret_lists + used, bytes - used, "%s%s", i ? ", " : "",
                                 config->acls[i]);
    }
}

static void announce_access(const struct fsz_host *host, const struct fsz_socket_config *config,
                            const struct fsz_endpoint_state *endpoint)
{
    static const char *const must[] = {
        [FSZ_SECURITY_NONE] = "",
        [FSZ_SECURITY_PLAIN] = ", with a password",
        [FSZ_SECURITY_CURVE] = ", with a key",
    };
    char lists[512];
    announce_lists(config, lists, sizeof(lists));
    if (config->acl_count > 0) {
        fsz_host_log(host, FSZ_LOG_NOTICE,
                     "%s: %s admits only %s%s; to open it, set its apply-inbound-acl in "
                     "event_zmq.conf.xml",
                     config->owner, endpoint->bound, lists, must[config->security]);
    } else if (config->security == FSZ_SECURITY_NONE) {
        fsz_host_log(host, FSZ_LOG_WARNING,
                     "%s: %s admits everybody (apply-inbound-acl is any): anyone who can reach the "
                     "port has the grants of group \"" FSZ_DEFAULT_GROUP "\"",
                     config->owner, endpoint->bound);
    } else {
        fsz_host_log(host, FSZ_LOG_NOTICE, "%s: %s admits everybody%s (apply-inbound-acl is any)",
                     config->owner, endpoint->bound, must[config->security]);
    }
    announce_security(host, config, endpoint);
}

void fsz_announce_endpoints(const struct fsz_host *host, const struct fsz_socket_config *config,
                            const struct fsz_endpoints *endpoints)
{
    for (size_t i = 0; i < endpoints->count; i++) {
        const struct fsz_endpoint_state *endpoint = &endpoints->list[i];
        if (announce_is_tcp(endpoint)) {
            announce_access(host, config, endpoint);
        } else if (endpoint->open) {
            fsz_host_log(host, FSZ_LOG_NOTICE, "%s: %s %s", config->owner,
                         endpoint->connect ? "connects to" : "listens at", endpoint->bound);
        }
    }
}

void fsz_announce_retried(const struct fsz_host *host, const char *owner,
                          const struct fsz_endpoint_state *endpoint)
{
    if (endpoint->open) {
        fsz_host_log(host, FSZ_LOG_NOTICE, "%s: %s is open now, as %s", owner, endpoint->address,
                     endpoint->bound);
    } else {
        fsz_host_log(host, FSZ_LOG_ERROR, "%s: cannot %s %s: %s; retrying every %d s", owner,
                     endpoint->connect ? "connect to" : "bind", endpoint->address, endpoint->why,
                     FSZ_RETRY_MS / 1000);
    }
}
