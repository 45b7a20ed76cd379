/* engine_private.h - the engine's parts, and who may touch which when. Only for engine*.c. */
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
    /* Streams with a subscriber, and requests that wait for an event: what an event costs when
     * there is none of either. */
    _Atomic uint32_t heard, watched;
    _Atomic bool     bound; /* there are bindings: what a lookup reads when there are none */
    /* One start, reload, stop or question at a time: whoever has control. Not a mutex held all
     * that time, for a question gives up its wait when a stop begins. */
    pthread_mutex_t turn;         /* guards the two below; held for a few instructions */
    pthread_cond_t  turn_changed; /* either of them did */
    bool            controlled, stopping;
    /* Held for reading while an event is offered, for writing while the pointers below change. */
    pthread_rwlock_t           life;
    struct fsz_publisher      *publisher;
    struct fsz_api            *api;
    struct fsz_lookups        *lookups;        /* NULL: refused */
    struct fsz_service_client *service_client; /* beside lookups */
    struct fsz_audit          *audit;          /* for who has control, like all below */
    struct fsz_access         *access;
    struct fsz_client_events  *client_events; /* NULL: the host cannot fire events */
    struct fsz_context        *context;
    int64_t                    started_ms;
    uint64_t                   reloads;
    /* Of the host, at the start. */
    struct fsz_host_identity identity;
    struct engine_refusal    refused; /* the last reload, if it was refused */
};

/* engine.c. Logs the endpoints of streams. */
void fsz_engine_announce(struct fsz_engine *engine);

/* engine_config.c, with the next four. `problems` may be NULL: none. */
void fsz_engine_log_problems(const struct fsz_engine *engine, enum fsz_log_level level,
                             const struct fsz_problems *problems);
/* Loads what a configuration has in files of its own, and checks it against what there is; adds all
 * mistakes to `problems`. The policy takes the groups over. */
FSZ_NODISCARD fsz_err fsz_engine_load(struct fsz_config *config, struct fsz_policy **ret_policy,
                                      struct fsz_problems *problems);
/* Keeps what a reload was refused for; a reload that was not forgets it. */
void fsz_engine_keep_refusal(struct fsz_engine *engine, fsz_err err,
                             const struct fsz_problems *problems);
/* For the status: an object, or null. */
json_t *fsz_engine_refusal_status(const struct fsz_engine *engine);

/* Waits for control, however long. */
void fsz_engine_take_control(struct fsz_engine *engine, bool stopping);
/* For what a worker of the API socket may ask, and a stop may wait for: it gives way to a stop.
 * False: there is nothing to ask. */
bool fsz_engine_try_control(struct fsz_engine *engine);
void fsz_engine_give_control(struct fsz_engine *engine, bool stopping);

/* From now on lookups are answered; after the API socket was started. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_engine_open_lookups(struct fsz_engine *engine, struct fsz_config *config);
/* The two steps of a reload (lookup.h); without `commit` the second one is to give up. */
FSZ_NODISCARD fsz_err fsz_engine_prepare_lookups(struct fsz_engine *engine,
                                                 struct fsz_config *config);
void fsz_engine_change_lookups(struct fsz_engine *engine, const struct fsz_config *config,
                               bool commit);
/* NULL: closed, or out of memory. */
json_t *fsz_engine_lookups_status(struct fsz_engine *engine);

#endif
