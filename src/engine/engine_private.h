/* SPDX-License-Identifier: MPL-2.0 */
/* engine_private.h - the engine's parts and their locks. Only for engine*.c. */
#ifndef FSZ_ENGINE_PRIVATE_H
#define FSZ_ENGINE_PRIVATE_H

#include "api/api.h"
#include "auth/access.h"
#include "auth/audit.h"
#include "engine/engine.h"
#include "net/client_events.h"
#include "service/lookup.h"
#include "stream/publisher.h"

#include <pthread.h>
#include <stdatomic.h>

struct engine_refusal {
    bool    is_there;
    int64_t at_ms;
    size_t  mistakes;
    char    first[FSZ_PROBLEM_BYTES];
};

struct fsz_engine {
    const struct fsz_host *host;
    /* Streams with a subscriber, and requests that wait for an event. While both are 0, offering an
     * event costs two reads. */
    _Atomic uint32_t heard, watched;
    _Atomic bool     bound; /* there are bindings; without any, a lookup costs this read */
    /* The lifecycle lock: one start, reload, stop or query at a time. It is a flag and not a mutex,
     * because a query stops waiting for it when a stop begins. */
    pthread_mutex_t lifecycle;         /* guards the two flags; held for a few instructions */
    pthread_cond_t  lifecycle_changed; /* one of the flags changed */
    bool            lifecycle_locked, stopping;
    /* Held for reading while an event is offered, for writing while the next four pointers change.
     */
    pthread_rwlock_t           life;
    struct fsz_publisher      *publisher;
    struct fsz_api            *api;
    struct fsz_lookups        *lookups;        /* NULL: refused */
    struct fsz_service_client *service_client; /* NULL when lookups is */
    /* The rest is guarded by the lifecycle lock. */
    struct fsz_audit         *audit;
    struct fsz_access        *access;
    struct fsz_client_events *client_events; /* NULL: the host cannot fire events */
    struct fsz_context       *context;
    int64_t                   started_ms;
    uint64_t                  reloads;
    struct fsz_host_identity  identity; /* the host's, read at the start */
    struct engine_refusal     refused;  /* the last reload, if it was refused */
};

/* engine_config.c. */

/* `problems` may be NULL: nothing is logged. */
void fsz_engine_log_problems(const struct fsz_engine *engine, enum fsz_log_level level,
                             const struct fsz_problems *problems);
/* Loads the files that a configuration names and checks what needs the whole engine, such as grants
 * of methods. Adds all mistakes to `problems`. The policy takes ownership of the groups. */
FSZ_NODISCARD fsz_err fsz_engine_load(struct fsz_config *config, struct fsz_policy **ret_policy,
                                      struct fsz_problems *problems);
/* Keeps the reason why a reload was refused; with FSZ_OK, forgets the previous one. */
void fsz_engine_keep_refusal(struct fsz_engine *engine, fsz_err err,
                             const struct fsz_problems *problems);
/* For the status: an object, or null. */
json_t *fsz_engine_refusal_status(const struct fsz_engine *engine);

/* engine.c: the lifecycle lock. Waits for it without a limit. */
void fsz_engine_lock_lifecycle(struct fsz_engine *engine, bool stopping);
/* For queries, which an API worker may run: a stop waits for that worker, so the query must not
 * wait for the stop. False: a stop is in progress, and the lock is not taken. */
bool fsz_engine_try_lifecycle(struct fsz_engine *engine);
void fsz_engine_unlock_lifecycle(struct fsz_engine *engine, bool stopping);

/* engine_start.c: tells the host which endpoints the streams have open. */
void fsz_engine_announce(struct fsz_engine *engine);

/* engine_lookup.c. */

/* Lookups are answered from now on. The API must have been started. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_engine_open_lookups(struct fsz_engine *engine, struct fsz_config *config);
/* NULL: closed, or out of memory. */
json_t                *fsz_engine_lookups_status(struct fsz_engine *engine);
struct fsz_change_part fsz_engine_lookups_part(struct fsz_engine *engine);

#endif
