/* SPDX-License-Identifier: MPL-2.0 */
/* request.h - one request: from the API thread to a worker and back, within its deadline.
 *
 * It belongs to the API thread. From its submission until its mail comes back, the members marked
 * below belong to the worker. It is freed once the reply is sent and neither a worker nor a wait
 * uses it. Two threads may send the reply, and the first one to claim it does: the worker that has
 * run the request, or the API thread at the deadline. */
#ifndef FSZ_REQUEST_H
#define FSZ_REQUEST_H

#include "api/api.h"
#include "api/exchange.h"
#include "api/jobs.h"
#include "api/params.h"
#include "api/sentevent.h"
#include "api/workers.h"
#include "auth/policy.h"
#include "base/heap.h"
#include "base/mailbox.h"
#include "call/waits.h"
#include "host/host.h"
#include "net/answers.h"

struct fsz_api;
struct fsz_control;
struct fsz_method;

enum { FSZ_REQUEST_WHAT_BYTES = 512, FSZ_JOB_BYTES = 128 };

/* How a request ended, for counters and audit. */
enum fsz_outcome {
    FSZ_OUTCOME_OK,
    FSZ_OUTCOME_FAILED,     /* the switch refused, or something was not found */
    FSZ_OUTCOME_INVALID,    /* the request was malformed */
    FSZ_OUTCOME_REFUSED,    /* not allowed */
    FSZ_OUTCOME_OVERLOADED, /* not run */
    FSZ_OUTCOME_DEADLINE,
    FSZ_OUTCOMES
};
extern const char *const fsz_outcome_names[FSZ_OUTCOMES];

struct fsz_request {
    struct fsz_mail               done; /* from the worker */
    struct fsz_task               task;
    struct fsz_wait               wait; /* for the end of an application (call.execute) */
    struct fsz_timer              deadline;
    struct fsz_mailbox           *mailbox;                /* a reference */
    struct fsz_exchange          *exchange;               /* a reference */
    struct fsz_client            *client;                 /* a reference; gets job.done */
    const struct fsz_rpc_request *rpc;                    /* in the exchange's message */
    const struct fsz_method      *method;                 /* NULL: not looked up, or unknown */
    const json_t                 *values[FSZ_PARAMS_MAX]; /* in the order of the method's table */
    const struct fsz_host        *host;
    struct fsz_api_server         server; /* from the API's base */
    size_t                        reply_bytes_max;
    struct fsz_sentevent          event;
    struct fsz_waits             *waits;   /* the API's */
    struct fsz_control           *control; /* a reference, if this client controls the call */
    uint64_t                      lease;   /* under which the client controls it */
    char                          job[FSZ_JOB_BYTES];           /* the id of a background job */
    char                          what[FSZ_REQUEST_WHAT_BYTES]; /* for the audit */
    bool                          routine; /* for the audit: changes nothing (FSZ_AUDIT_ROUTINE) */
    int64_t                       started_us;
    uint64_t                      ticket; /* from the pool */
    bool                          is_job; /* the reply is the job's id; the result follows later */
    bool                          on_worker, waiting, answered;
    _Atomic bool claimed; /* a thread sends the reply: the worker or the API thread */

    /* The worker's, while it has the request. */
    json_t           *result, *error; /* one of them is set when the request has run */
    enum fsz_outcome  outcome;
    struct fsz_buffer answer;         /* the reply's JSON */
    bool              worker_replies; /* the worker sends `reply`, without the API thread */
    struct fsz_answer reply;
    _Atomic unsigned  reply_users; /* the worker and the sender; the last one posts the mail */
};

/* Begins the request with that index of the exchange: gives it to a worker, or replies. `who` is
 * NULL if the peer's user no longer exists; `refused`: the client is over its limit of bytes. */
void fsz_request_begin(struct fsz_api *api, struct fsz_exchange *exchange, size_t index,
                       const struct fsz_principal *who, bool refused);
/* Replies that the deadline has passed or, with `closing`, that the API is stopping. */
void fsz_request_expire(struct fsz_api *api, struct fsz_request *request, bool closing);

/* The outcome; only the first call counts. On the thread that has the request. */
void fsz_request_fail(struct fsz_request *request, enum fsz_rpc_code code, json_t *data,
                      const char *format, ...) FSZ_PRINTF(4, 5);
/* Takes ownership of `result`. A NULL result is reported as out of memory. */
void fsz_request_succeed(struct fsz_request *request, json_t *result);

/* May the client get a reply of that size? False: it does not read its replies, and this one would
 * take it over its limit. API thread. */
bool fsz_request_has_room(const struct fsz_request *request, size_t bytes);

/* The owner for shares and jobs: the user or, without a user, the address. */
void fsz_request_owner(const struct fsz_request *request, char ret_owner[FSZ_TASK_NAME_BYTES]);

/* Parameters by their index in the method's table; NULL, or the default, if not given. */
const char *fsz_request_text(const struct fsz_request *request, size_t index);
int64_t     fsz_request_number(const struct fsz_request *request, size_t index, int64_t otherwise);
bool        fsz_request_flag(const struct fsz_request *request, size_t index);

#endif
