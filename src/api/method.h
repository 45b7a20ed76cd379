/* method.h - what can be asked: one entry for each method of docs/protocol/requests.md. */
#ifndef FSZ_METHOD_H
#define FSZ_METHOD_H

#include "api/request.h"

enum fsz_method_place {
    FSZ_METHOD_INLINE,     /* on the API thread: `check` answers */
    FSZ_METHOD_WORKER,     /* on a worker, within a deadline */
    FSZ_METHOD_BACKGROUND, /* as a job, without one, unless a parameter `wait` says otherwise */
};

struct fsz_method {
    const char             *name;
    const struct fsz_param *params; /* ended by a NULL name */
    uint32_t                needs;  /* fsz_capability bits */
    enum fsz_method_place   place;
    bool                    audited;
    bool                    on_call;  /* the first parameter is a call: one after another */
    bool                    commands; /* and that call is commanded */
    /* API thread, once its parameters are read: may it, and what else must be so? Fails the request
     * or leaves it alone; NULL: nothing to check. */
    void (*check)(struct fsz_api *api, struct fsz_request *request,
                  const struct fsz_principal *who);
    /* Worker: what it is there for. */
    void (*run)(struct fsz_request *request);
    /* API thread, when it ran well and was answered: what is to come behind the answer. NULL:
     * nothing. */
    void (*after)(struct fsz_request *request);
};

/* NULL: there is none of that name. */
const struct fsz_method *fsz_method_find(const char *name);
/* Do all grants of methods in the configuration match a method? FSZ_EINVALID: `problems` says which
 * do not. */
FSZ_NODISCARD fsz_err fsz_methods_check(const struct fsz_config *config,
                                        struct fsz_problems     *problems);
/* All, for server.hello; ended by a NULL name. */
extern const struct fsz_method fsz_methods[];

extern const struct fsz_param fsz_params_none[];
/* Of every method that runs on a worker: how long it may take. */
#define FSZ_PARAM_TIMEOUT                                                                          \
    {                                                                                              \
        .name = "timeout_ms", .type = FSZ_PARAM_NUMBER, .min = 1, .max = INT64_MAX                 \
    }
/* Of every method on a call: by which lease. */
#define FSZ_PARAM_LEASE                                                                            \
    {                                                                                              \
        .name = "lease", .type = FSZ_PARAM_NUMBER, .min = 1, .max = INT64_MAX                      \
    }
#define FSZ_PARAM_CALL                                                                             \
    {                                                                                              \
        .name = "call", .type = FSZ_PARAM_WORD, .required = true, .min = 1,                        \
        .max = FSZ_TASK_NAME_BYTES - 1                                                             \
    }
#define FSZ_PARAM_END                                                                              \
    {                                                                                              \
        .name = NULL                                                                               \
    }
enum {
    FSZ_TEXT_MAX = 16 << 20,
    FSZ_NAMES_MAX = 256,
    FSZ_CAPACITY_MAX = 1000000, /* questions that a client says it takes at once */
};

/* What a host said to a request that it did not carry out. `words` may be NULL. */
void fsz_method_refused(struct fsz_request *request, fsz_err err, const struct fsz_buffer *words);

/* methods_server.c */
void fsz_method_hello(struct fsz_api *api, struct fsz_request *request,
                      const struct fsz_principal *who);
void fsz_method_ping(struct fsz_api *api, struct fsz_request *request,
                     const struct fsz_principal *who);
void fsz_method_stats(struct fsz_request *request);
void fsz_method_clients(struct fsz_request *request);
void fsz_check_kick(struct fsz_api *api, struct fsz_request *request,
                    const struct fsz_principal *who);
void fsz_method_kick(struct fsz_request *request);
void fsz_method_register(struct fsz_api *api, struct fsz_request *request,
                         const struct fsz_principal *who);
void fsz_method_unregister(struct fsz_api *api, struct fsz_request *request,
                           const struct fsz_principal *who);

/* methods_command.c */
extern const struct fsz_param fsz_params_api[], fsz_params_bgapi[], fsz_params_job[],
    fsz_params_json_api[], fsz_params_send[];
void fsz_check_api(struct fsz_api *api, struct fsz_request *request,
                   const struct fsz_principal *who);
void fsz_check_bgapi(struct fsz_api *api, struct fsz_request *request,
                     const struct fsz_principal *who);
void fsz_method_api(struct fsz_request *request);
void fsz_method_bgapi(struct fsz_request *request);
void fsz_method_job(struct fsz_api *api, struct fsz_request *request,
                    const struct fsz_principal *who);
void fsz_check_json_api(struct fsz_api *api, struct fsz_request *request,
                        const struct fsz_principal *who);
void fsz_method_json_api(struct fsz_request *request);
void fsz_check_send(struct fsz_api *api, struct fsz_request *request,
                    const struct fsz_principal *who);
void fsz_method_send(struct fsz_request *request);

/* methods_call.c */
extern const struct fsz_param fsz_params_execute[], fsz_params_hangup[], fsz_params_get[],
    fsz_params_set[], fsz_params_transfer[];
void fsz_check_execute(struct fsz_api *api, struct fsz_request *request,
                       const struct fsz_principal *who);
void fsz_check_hangup(struct fsz_api *api, struct fsz_request *request,
                      const struct fsz_principal *who);
void fsz_check_get(struct fsz_api *api, struct fsz_request *request,
                   const struct fsz_principal *who);
void fsz_check_set(struct fsz_api *api, struct fsz_request *request,
                   const struct fsz_principal *who);
void fsz_check_transfer(struct fsz_api *api, struct fsz_request *request,
                        const struct fsz_principal *who);
void fsz_method_execute(struct fsz_request *request);
/* API thread: its wait has ended. */
void fsz_method_executed(struct fsz_request *request);
void fsz_method_hangup(struct fsz_request *request);
void fsz_method_get(struct fsz_request *request);
void fsz_method_set(struct fsz_request *request);
void fsz_method_transfer(struct fsz_request *request);

/* methods_originate.c */
extern const struct fsz_param fsz_params_originate[];
void                          fsz_check_originate(struct fsz_api *api, struct fsz_request *request,
                                                  const struct fsz_principal *who);
void                          fsz_method_originate(struct fsz_request *request);

/* methods_control.c */
extern const struct fsz_param fsz_params_stop[], fsz_params_bridge[], fsz_params_release[],
    fsz_params_hand_over[], fsz_params_subscribe[];
/* May the client ask this of that call? Else the request fails. API thread, before `check`. */
void fsz_control_check(struct fsz_api *api, struct fsz_request *request,
                       const struct fsz_principal *who);
void fsz_check_bridge(struct fsz_api *api, struct fsz_request *request,
                      const struct fsz_principal *who);
void fsz_check_hand_over(struct fsz_api *api, struct fsz_request *request,
                         const struct fsz_principal *who);
void fsz_check_release(struct fsz_api *api, struct fsz_request *request,
                       const struct fsz_principal *who);
void fsz_method_subscribe(struct fsz_api *api, struct fsz_request *request,
                          const struct fsz_principal *who);
void fsz_method_stop(struct fsz_request *request);
void fsz_method_bridge(struct fsz_request *request);
void fsz_method_give_back(struct fsz_request *request);
void fsz_after_release(struct fsz_request *request);
void fsz_after_hand_over(struct fsz_request *request);

#endif
