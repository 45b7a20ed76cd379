/* SPDX-License-Identifier: MPL-2.0 */
/* change.h - one change of configuration, for all parts that have sockets.
 *
 * First every part releases, then every part prepares: that is all that can fail. Then every part
 * commits; or, if one could not prepare, those that did cancel, and nothing has changed. At a start
 * there is nothing to release and nothing to fall back to: an endpoint that cannot be opened is
 * logged and opened later. One change at a time, from one thread; each part does its work on the
 * thread that owns its sockets. */
#ifndef FSZ_CHANGE_H
#define FSZ_CHANGE_H

#include "auth/policy.h"
#include "base/problems.h"
#include "config/config.h"
#include "host/host.h"
#include "net/endpoints.h"
#include "net/released.h"

struct fsz_change {
    const struct fsz_host *host;
    struct fsz_config     *config;   /* the next one; a part that keeps it takes a reference */
    struct fsz_policy     *policy;   /* likewise */
    struct fsz_problems   *problems; /* NULL: this is a start */
    struct fsz_released    released; /* addresses that the sockets of all parts release */
    fsz_err                result;   /* of a step that a part runs on its own thread */
};

/* What one part does for a change. `release` may be NULL. */
struct fsz_change_part {
    void *self;
    /* Adds the addresses that the change releases (fsz_released_add()). FSZ_ENOMEM. */
    fsz_err (*release)(void *self, struct fsz_change *change);
    /* Does all that can fail; `change->problems` gets the reasons. On failure it has undone what it
     * did. */
    fsz_err (*prepare)(void *self, struct fsz_change *change);
    /* Replaces what there is by what was prepared. */
    void (*commit)(void *self, struct fsz_change *change);
    /* Drops what was prepared. */
    void (*cancel)(void *self, struct fsz_change *change);
};

/* The configuration and the policy stay the caller's. */
void fsz_change_init(struct fsz_change *change, const struct fsz_host *host,
                     struct fsz_config *config, struct fsz_policy *policy,
                     struct fsz_problems *problems);
void fsz_change_fini(struct fsz_change *change);
/* Makes the change in all parts. They prepare in their order and commit in the reverse one. */
FSZ_NODISCARD fsz_err fsz_change_make(struct fsz_change            *change,
                                      const struct fsz_change_part *parts, size_t count);

/* For a part's `prepare`. Reports "OWNER: WHAT: WHY" in the problems of a reload, or in the log at
 * a start. */
void fsz_change_complain(struct fsz_change *change, const char *owner, const char *what,
                         const char *why);
/* Opens the endpoints that a socket does not have yet. One whose address another socket releases is
 * opened after the change. FSZ_EINVALID: one could not be opened during a reload; the others were
 * tried too. FSZ_ENOMEM, FSZ_ELIMIT. On the socket's thread. */
FSZ_NODISCARD fsz_err fsz_change_open_endpoints(struct fsz_change              *change,
                                                struct fsz_endpoints           *endpoints,
                                                const struct fsz_socket_config *next);

#endif
