/* SPDX-License-Identifier: MPL-2.0 */
/* api_private.h - the API's state, for the files of src/api that run on the API thread, and api.c.
 */
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

enum { API_WORK_BYTES = 128 }; /* JSON that one unit of work reads or writes (zmtp/loop.h) */

struct fsz_api_counters {
    uint64_t messages, notifications, batches;
    uint64_t requests[FSZ_OUTCOMES]; /* with a reply, or notifications that have run */
    uint64_t late;                   /* finished after the deadline, when the reply had been sent */
    uint64_t cut;                    /* connections ended because their user no longer exists */
};

struct fsz_api {
    struct fsz_api_base        base;
    struct fsz_host_identity   identity;
    struct fsz_mailbox        *mailbox;
    struct fsz_workers        *workers;
    struct fsz_workers        *background; /* runs jobs, which have no deadline and may take long */
    struct fsz_jobs           *jobs;
    struct fsz_waits          *waits;
    struct fsz_service_client *service_client;
    pthread_t                  thread;
    pthread_mutex_t            task_lock; /* guards api_task.finished */
    pthread_cond_t             task_done;
    struct fsz_loop           *loop; /* the API thread's */
    struct fsz_loop_watch      mailbox_watch, services_watch;

    /* API thread only. */
    struct fsz_config     *config; /* a reference */
    struct fsz_policy     *policy; /* a reference */
    struct fsz_account    *whole;
    struct fsz_services   *services;
    struct fsz_controls    controls;
    struct fsz_call_owner  call_owner; /* the operations of `controls`, for services */
    struct fsz_rpc_socket *api_sockets[FSZ_API_SOCKETS_MAX]; /* in the order of `config` */
    size_t                 api_socket_count;
    size_t                 api_sockets_closing; /* still sending what is queued */
    bool                   has_left;            /* a client that is a provider has left */
    struct fsz_heap        deadlines;
    unsigned               in_flight;  /* requests not freed yet, for the status */
    unsigned               on_workers; /* of these, the ones that a worker may reply to itself */
    bool    closing; /* nothing new runs; the thread in fsz_api_free() owns the pools */
    bool    ending;
    int64_t next_due_ms; /* of retries and of sweeping */
    struct fsz_api_counters counters;

    /* Prepared, but neither committed nor cancelled. */
    struct fsz_config     *next_config; /* a reference; NULL: nothing is prepared */
    struct fsz_rpc_socket *next_api_sockets[FSZ_API_SOCKETS_MAX]; /* in the order of next_config */
};

/* api_thread.c */
void *fsz_api_main(void *argument);
/* Makes the loop watch the mailbox and the services' inproc endpoints. Call it before the thread
 * starts, and unwatch before the services are freed, which close their descriptor. */
FSZ_NODISCARD fsz_err fsz_api_watch(struct fsz_api *api);
void                  fsz_api_unwatch(struct fsz_api *api);
/* A message from an endpoint that a service connects to, other than a reply. API thread. */
void fsz_api_take_message(void *self, struct fsz_client *client, const void *body, size_t size);
/* The callbacks of an API socket (struct fsz_rpc_socket_base). */
void fsz_api_take(void *self, const struct fsz_inbound *inbound);
void fsz_api_left(void *self, struct fsz_client *client);
/* Closes an API socket. It is freed once everything queued for its clients is sent, or after
 * `linger_ms`. */
void fsz_api_close_socket(struct fsz_api *api, struct fsz_rpc_socket **socket, int64_t linger_ms);
/* Runs `run` on the API thread and waits for it. */
void fsz_api_ask(struct fsz_api *api, void (*run)(struct fsz_api *api, void *argument),
                 void           *argument);

/* api_reload.c */
struct fsz_workers_limits fsz_api_limits_of_workers(const struct fsz_config *config);
struct fsz_jobs_limits    fsz_api_limits_of_jobs(const struct fsz_config *config);

/* api_status.c; API thread. */
void fsz_api_write_status(struct fsz_api *api, void *ret_status); /* a json_t ** */

#endif
