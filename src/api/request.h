/* request.h - one request on its way: from the API thread to a worker and back, within its
 * deadline.
 *
 * Everything belongs to the API thread, except between submission and the mail that comes back:
 * then the members so marked are the worker's. It is freed when it is answered and no worker and no
 * wait holds it any more. Its answer is sent by whoever claims it first: the worker that has run
 * it, or the API thread at its deadline. */
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

/* How it ended, for counters and audit. */
enum fsz_outcome {
    FSZ_OUTCOME_OK,
    FSZ_OUTCOME_FAILED,     /* the switch refused, or there is no such thing */
    FSZ_OUTCOME_INVALID,    /* the request was wrong */
    FSZ_OUTCOME_REFUSED,    /* not allowed */
    FSZ_OUTCOME_OVERLOADED, /* not run */
    FSZ_OUTCOME_DEADLINE,
    FSZ_OUTCOMES
};
extern const char *const fsz_outcome_names[FSZ_OUTCOMES];

struct fsz_request {
    struct fsz_mail               done; /* from the worker */
    struct fsz_task               task;
    struct fsz_wait               wait; /* for the end of an application */
    struct fsz_timer              deadline;
    struct fsz_mailbox           *mailbox;  /* a reference */
    struct fsz_exchange          *exchange; /* a reference */
    struct fsz_client            *client;   /* a reference, to tell a job's end; or NULL */
    const struct fsz_rpc_request *rpc;      /* of the exchange's message */
    const struct fsz_method      *method;   /* NULL: it got no further than being read */
    const json_t                 *values[FSZ_PARAMS_MAX]; /* by the method's table */
    const struct fsz_host        *host;
    struct fsz_api_server         server; /* of the API's base */
    size_t                        answer_bytes_max;
    struct fsz_sentevent          event;
    struct fsz_waits             *waits;   /* the API's */
    struct fsz_control           *control; /* of the call, if this client holds it: a reference */
    uint64_t                      lease;   /* under which it does */
    char                          job[FSZ_JOB_BYTES];           /* of a background job */
    char                          what[FSZ_REQUEST_WHAT_BYTES]; /* for the audit */
    bool                          routine; /* for the audit: changes nothing (FSZ_AUDIT_ROUTINE) */
    int64_t                       started_us;
    uint64_t                      ticket; /* of the pool */
    bool                          is_job; /* its answer is the job's name; its result comes later */
    bool                          on_worker, waiting, answered;
    _Atomic bool                  claimed; /* who answers it: its worker, or the API thread */

    /* The worker's. */
    json_t           *result, *error; /* one of them, when it has run */
    enum fsz_outcome  outcome;
    struct fsz_buffer answer;  /* the answer's JSON */
    bool              replies; /* with `reply`, without the API thread */
    struct fsz_answer reply;
    _Atomic unsigned  reply_hands; /* the worker, and who sends it: the last one posts the mail */
};

/* Takes the `index`th request of the exchange from its start to a worker, or to its answer. `who`
 * is NULL when the peer's user is not known any more; `refused`: the client's bytes are over its
 * bound. */
void fsz_request_begin(struct fsz_api *api, struct fsz_exchange *exchange, size_t index,
                       const struct fsz_principal *who, bool refused);
/* Its deadline has passed, or with `closing` the API ends. */
void fsz_request_expire(struct fsz_api *api, struct fsz_request *request, bool closing);

/* What becomes of it; the first one stays. On the thread that has the request. */
void fsz_request_fail(struct fsz_request *request, enum fsz_rpc_code code, json_t *data,
                      const char *format, ...) FSZ_PRINTF(4, 5);
/* Takes `result` over; NULL: out of memory. */
void fsz_request_succeed(struct fsz_request *request, json_t *result);

/* May its client have an answer of so many bytes? False: it does not take its answers, and would
 * hold more than it may. API thread. */
bool fsz_request_has_room(const struct fsz_request *request, size_t bytes);

/* Who counts for shares and jobs: the user, or the address of one without a name. */
void fsz_request_owner(const struct fsz_request *request, char ret_owner[FSZ_TASK_NAME_BYTES]);

/* Parameters by their index in the method's table; NULL, or the default, where not given. */
const char *fsz_request_text(const struct fsz_request *request, size_t index);
int64_t     fsz_request_number(const struct fsz_request *request, size_t index, int64_t otherwise);
bool        fsz_request_flag(const struct fsz_request *request, size_t index);

#endif
