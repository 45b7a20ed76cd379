/* SPDX-License-Identifier: MPL-2.0 */
#include "net/change.h"

#include "host/log.h"

#include <stdio.h>

void fsz_change_init(struct fsz_change *change, const struct fsz_host *host,
                     struct fsz_config *config, struct fsz_policy *policy,
                     struct fsz_problems *problems)
{
    *change =
        (struct fsz_change){.host = host, .config = config, .policy = policy, .problems = problems};
    fsz_released_init(&change->released);
}

void fsz_change_fini(struct fsz_change *change)
{
    fsz_released_fini(&change->released);
}

static fsz_err change_release(struct fsz_change *change, const struct fsz_change_part *parts,
                              size_t count)
{
    fsz_err err = FSZ_OK;
    for (size_t i = 0; err == FSZ_OK && i < count; i++) {
        if (parts[i].release != NULL) {
            err = parts[i].release(parts[i].self, change);
        }
    }
    return err;
}

static void change_cancel(struct fsz_change *change, const struct fsz_change_part *parts,
                          size_t prepared)
{
    while (prepared-- > 0) {
        parts[prepared].cancel(parts[prepared].self, change);
    }
}

static fsz_err change_prepare(struct fsz_change *change, const struct fsz_change_part *parts,
                              size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fsz_err err = parts[i].prepare(parts[i].self, change);
        if (err != FSZ_OK) {
            change_cancel(change, parts, i);
            return err;
        }
    }
    return FSZ_OK;
}

fsz_err fsz_change_make(struct fsz_change *change, const struct fsz_change_part *parts,
                        size_t count)
{
    fsz_err err = change_release(change, parts, count);
    err = err != FSZ_OK ? err : change_prepare(change, parts, count);
    for (size_t i = count; err == FSZ_OK && i-- > 0;) {
        parts[i].commit(parts[i].self, change);
    }
    return err;
}

void fsz_change_complain(struct fsz_change *change, const char *owner, const char *what,
                         const char *why)
{
    if (change->problems != NULL) {
        fsz_problems_add(change->problems, "%s: %s: %s", owner, what, why);
    } else {
        fsz_host_log(change->host, FSZ_LOG_ERROR, "%s: %s: %s", owner, what, why);
    }
}

static fsz_err change_open_endpoint(struct fsz_change *change, struct fsz_endpoints *endpoints,
                                    const struct fsz_endpoint *wanted, bool ipv6)
{
    struct fsz_endpoint_state *state = NULL;
    char                       what[FSZ_ENDPOINT_WHY_BYTES];
    if (fsz_endpoints_find(endpoints, wanted->address, wanted->connect) != NULL) {
        return FSZ_OK;
    }
    if (fsz_released_blocks(&change->released, wanted, ipv6)) {
        return fsz_endpoints_defer(endpoints, wanted);
    }
    fsz_err err = fsz_endpoints_open(endpoints, wanted, true, &state);
    if (err != FSZ_ESYSTEM) {
        return err;
    }
    snprintf(what, sizeof(what), "cannot %s %s", wanted->connect ? "connect to" : "bind",
             wanted->address);
    fsz_change_complain(change, endpoints->owner, what, state->why);
    return change->problems != NULL ? FSZ_EINVALID : FSZ_OK;
}

fsz_err fsz_change_open_endpoints(struct fsz_change *change, struct fsz_endpoints *endpoints,
                                  const struct fsz_socket_config *next)
{
    fsz_err result = FSZ_OK;
    for (size_t i = 0; i < next->endpoint_count; i++) {
        fsz_err err = change_open_endpoint(change, endpoints, &next->endpoints[i], next->ipv6);
        result = err != FSZ_OK ? err : result;
    }
    return result;
}
