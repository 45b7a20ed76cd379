/* api_private.h - shared by api.c (whoever embeds it), api_thread.c (the API thread), api_reload.c
 * and request.c. */
#ifndef FSZ_API_PRIVATE_H
#define FSZ_API_PRIVATE_H

#include "api/api.h"
#include "api/jobs.h"
#include "api/request.h"
#include "api/workers.h"
#include "base/heap.h"
#include "base/mailbox.h"
#include "call/controls.h"
#include "call/waits.h"
#include "net/rpc_socket.h"
#include "service/services.h"

#include <pthread.h>

enum { API_WORK_BYTES = 128 }; /* of JSON that one unit of work reads or writes (zmtp/loop.h) */

struct fsz_api_counters {
    uint64_t messages, notifications, batches;
    uint64_t requests[FSZ_OUTCOMES]; /* answered, or with nothing to answer */
    uint64_t late;                   /* ended after their deadline, with nobody to tell */
    uint64_t cut;                    /* connections ended because their user is gone */
};

struct fsz_api {
    struct fsz_api_base        base;
    struct fsz_host_identity   identity;
    struct fsz_mailbox        *mailbox;
    struct fsz_workers        *workers;
    struct fsz_workers        *background; /* of jobs, which have no deadline and may take long */
    struct fsz_jobs           *jobs;
    struct fsz_waits          *waits;
    struct fsz_service_client *service_client;
    pthread_t                  thread;
    pthread_mutex_t            task_lock; /* guards api_task.finished */
    pthread_cond_t             task_done;
    struct fsz_loop           *loop; /* the API thread's */
    struct fsz_loop_watch      mailbox_watch, services_watch;

    /* API thread only. */
    struct fsz_config      *config; /* a reference */
    struct fsz_policy      *policy; /* a reference */
    struct fsz_account     *whole;
    struct fsz_services    *services;
    struct fsz_controls     controls;
    struct fsz_call_owner   call_owner; /* the table of `holds`, for services */
    struct fsz_rpc_socket  *api_sockets[FSZ_API_SOCKETS_MAX]; /* as the configuration lists them */
    size_t                  api_socket_count;
    size_t                  api_sockets_closing; /* they send what is queued, and go */
    bool                    has_left;            /* a client that serves has */
    struct fsz_heap         deadlines;
    unsigned                in_flight;  /* requests not freed yet, for the status */
    unsigned                on_workers; /* of them, those that a worker may answer itself */
    bool                    closing;    /* nothing new is run, and the pools are another's */
    bool                    ending;
    int64_t                 next_due_ms; /* of retries and of sweeping */
    struct fsz_api_counters counters;

    /* Prepared, and neither committed nor cancelled: */
    struct fsz_config     *next_config; /* a reference; NULL: nothing is */
    struct fsz_rpc_socket *next_api_sockets[FSZ_API_SOCKETS_MAX]; /* as next_config lists them */
};

/* api_thread.c */
void *fsz_api_main(void *argument);
/* Has the loop look at the mailbox and at services' endpoints over inproc, from before the thread
 * until the services, which close their descriptor, are freed. */
FSZ_NODISCARD fsz_err fsz_api_watch(struct fsz_api *api);
void                  fsz_api_unwatch(struct fsz_api *api);
/* A message of an endpoint that a service connects to, and that is no answer. API thread. */
void fsz_api_take_message(void *self, struct fsz_client *client, const void *body, size_t size);
/* The callbacks of a channel (struct fsz_rpc_socket_base). */
void fsz_api_take(void *self, const struct fsz_inbound *inbound);
void fsz_api_left(void *self, struct fsz_client *client);
/* Takes a channel out of service; it is freed once what is queued to its clients is sent, or
 * `linger_ms` are over. */
void fsz_api_close_api_socket(struct fsz_api *api, struct fsz_rpc_socket **api_socket,
                              int64_t linger_ms);
/* Runs `run` on the API thread and waits for it. */
void fsz_api_ask(struct fsz_api *api, void (*run)(struct fsz_api *api, void *argument),
                 void           *argument);
void fsz_api_log(const struct fsz_api *api, enum fsz_log_level level, const char *format, ...)
    FSZ_PRINTF(3, 4);

/* api_reload.c */
struct fsz_workers_limits fsz_api_limits_of_workers(const struct fsz_config *config);
struct fsz_jobs_limits    fsz_api_limits_of_jobs(const struct fsz_config *config);

/* api_status.c; API thread. */
void fsz_api_write_status(struct fsz_api *api, void *ret_status); /* a json_t ** */

#endif
