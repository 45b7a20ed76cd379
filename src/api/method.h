/* SPDX-License-Identifier: MPL-2.0 */
/* method.h - the table entry of a method (docs/protocol/requests.md).
 *
 * Each methods_*.c has the table of its methods, with their parameters and handlers. */
#ifndef FSZ_METHOD_H
#define FSZ_METHOD_H

#include "api/request.h"

enum fsz_method_place {
    FSZ_METHOD_INLINE,     /* on the API thread: `check` replies */
    FSZ_METHOD_WORKER,     /* on a worker, within a deadline */
    FSZ_METHOD_BACKGROUND, /* as a job without a deadline, unless the parameter `wait` is true */
};

struct fsz_method {
    const char             *name;
    const struct fsz_param *params; /* ended by a NULL name */
    uint32_t                needs;  /* fsz_capability bits */
    enum fsz_method_place   place;
    bool                    audited;
    bool                    on_call;  /* the first parameter is a call; one request at a time */
    bool                    commands; /* changes that call, so its controller must be respected */
    /* API thread, once the parameters are read: authorizes the request and checks it further. Fails
     * the request or leaves it alone; an inline method replies. NULL: nothing to check. */
    void (*check)(struct fsz_api *api, struct fsz_request *request,
                  const struct fsz_principal *who);
    /* Worker: runs the request. NULL for an inline method. */
    void (*run)(struct fsz_request *request);
    /* API thread: the application that the request waits for, or its call, has ended. Only for a
     * method whose `check` sets up request->wait. */
    void (*ended)(struct fsz_request *request);
    /* API thread, after the reply to a request that succeeded. NULL: nothing to do. */
    void (*after)(struct fsz_request *request);
};

/* The tables, each ended by a NULL name. */
extern const struct fsz_method fsz_methods_server[], fsz_methods_command[], fsz_methods_call[],
    fsz_methods_originate[], fsz_methods_control[], fsz_methods_service[];

/* NULL: no method has that name. */
const struct fsz_method *fsz_method_find(const char *name);
/* The methods of all tables, counted from 0; NULL after the last one. */
const struct fsz_method *fsz_method_at(size_t index);
/* Checks that each grant of methods in the configuration matches a method. FSZ_EINVALID:
 * `problems` lists those that do not. */
FSZ_NODISCARD fsz_err fsz_methods_check(const struct fsz_config *config,
                                        struct fsz_problems     *problems);

/* Rows of parameter tables that several methods share. */
#define FSZ_PARAM_TIMEOUT                                                                          \
    {                                                                                              \
        .name = "timeout_ms", .type = FSZ_PARAM_NUMBER, .min = 1, .max = INT64_MAX                 \
    }
#define FSZ_PARAM_LEASE                                                                            \
    {                                                                                              \
        .name = "lease", .type = FSZ_PARAM_NUMBER, .min = 1, .max = INT64_MAX                      \
    }
#define FSZ_PARAM_CALL                                                                             \
    {                                                                                              \
        .name = "call", .type = FSZ_PARAM_WORD, .required = true, .min = 1,                        \
        .max = FSZ_TASK_NAME_BYTES - 1                                                             \
    }
enum { FSZ_TEXT_MAX = 16 << 20, FSZ_NAMES_MAX = 256 };

/* Fails a request that the host did not carry out. `words` is the host's reason, or NULL. */
void fsz_method_refused(struct fsz_request *request, fsz_err err, const struct fsz_buffer *words);
/* Succeeds with an empty object, or fails as fsz_method_refused(); frees what `words` holds. */
void fsz_method_done(struct fsz_request *request, fsz_err err, struct fsz_buffer *words);
/* Fails a request that the user's grants do not allow. */
void fsz_method_deny(struct fsz_request *request, const char *why);
/* Gives the request's job this id; NULL: a new one. */
void fsz_method_name_job(struct fsz_request *request, const char *id);
/* methods_control.c; API thread, before `check` of a method with `on_call`: fails a request whose
 * client may not command the call, and notes in the request that the client controls it. */
void fsz_method_check_call(struct fsz_api *api, struct fsz_request *request,
                           const struct fsz_principal *who);

#endif
