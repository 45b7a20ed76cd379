/* SPDX-License-Identifier: MPL-2.0 */
/* services.h - all services: part of the API thread, which calls everything here.
 *
 * Requests come from the service client (service_client.h), which switch threads use. */
#ifndef FSZ_SERVICES_H
#define FSZ_SERVICES_H

#include "auth/policy.h"
#include "host/host.h"
#include "net/change.h"
#include "net/client_events.h"
#include "service/service.h"
#include "service/service_client.h"

#define FSZ_SERVICE_SUBCLASS "fszmq::service"

enum { FSZ_LITERALS_MAX = 64 }; /* endpoints named by dialplans, at the same time */

/* What services need; owned by the caller, and outlives them. */
struct fsz_services_base {
    struct fsz_loop       *loop;    /* of the API thread */
    void                  *context; /* libzmq's */
    const struct fsz_host *host;
    fsz_err (*offer)(void *self, const struct fsz_event *event); /* changes of providers' states */
    void                        *offer_self;
    struct fsz_account          *whole; /* charged for messages to endpoints */
    const struct fsz_call_owner *calls;
    struct fsz_client_events    *client_events; /* or NULL */
    /* A request of an endpoint. */
    void (*request)(void *self, struct fsz_client *client, const void *body, size_t size);
    void *request_self;
    /* Accepts the requests that switch threads have sent: before a reply is read or a provider
     * goes. */
    void (*catch_up)(void *request_self);
    struct fsz_direct *direct; /* the service client's */
};

struct fsz_services {
    struct fsz_services_base base;
    struct fsz_host_identity identity;
    struct fsz_config       *config; /* a reference */
    const struct fsz_policy *policy; /* the API thread's, replaced at a reload */
    struct fsz_service      *list[FSZ_SERVICES_MAX + FSZ_LITERALS_MAX];
    size_t                   count;
    struct fsz_attempt      *attempts; /* by id */
    struct fsz_heap          timers;   /* of requests */
    int64_t                  next_probe_ms, next_renew_ms;
    bool                     hides;    /* some provider is hidden */
    bool                     has_done; /* some draining provider is done: sweep */
    int                      epoll_fd; /* readable: a message over inproc may have arrived */

    /* Prepared, neither committed nor cancelled yet: */
    struct fsz_config  *next_config;
    struct fsz_service *next_list[FSZ_SERVICES_MAX];
};

/* Without services. FSZ_ENOMEM, FSZ_ESYSTEM. */
FSZ_NODISCARD fsz_err fsz_services_new(const struct fsz_services_base *base,
                                       const struct fsz_host_identity *identity,
                                       const struct fsz_policy        *policy,
                                       struct fsz_services           **ret_services);
/* Ends all requests with FSZ_ECLOSED. Accepts NULL in *services. */
void fsz_services_free(struct fsz_services **services);

/* services_reload.c: a change of configuration (net/change.h), as a part of the API's. */
FSZ_NODISCARD fsz_err fsz_services_prepare(struct fsz_services *services,
                                           struct fsz_change   *change);
/* Unchanged endpoints stay connected, and clients that still may serve stay registered. */
void fsz_services_commit(struct fsz_services *services, const struct fsz_policy *policy);
void fsz_services_cancel(struct fsz_services *services);

/* NULL: no service of that name. */
struct fsz_service *fsz_services_find(const struct fsz_services *services, const char *name);
/* A request from the service client, sent or not, with the API thread's reference. */
void fsz_services_ask(struct fsz_services *services, struct fsz_service_request *request);
/* Registers the client, or changes its capacity. *ret_renewed: nothing changed. FSZ_ENOMEM.
 * FSZ_ELIMIT: too many providers. */
FSZ_NODISCARD fsz_err fsz_services_register(struct fsz_service *service, struct fsz_client *client,
                                            struct fsz_envelope *envelope, int64_t capacity,
                                            bool *ret_renewed);
/* False: it was not registered. */
bool fsz_services_unregister(struct fsz_service *service, const struct fsz_client *client);
/* A reply of a client. False: the client is registered nowhere. */
bool fsz_services_take(struct fsz_services *services, const struct fsz_client *client,
                       json_t *response);

/* Reads messages of endpoints over inproc, a bounded number; returns how many. */
size_t fsz_services_read(struct fsz_services *services);
/* Shows hidden providers to switch threads: the replies to their registrations are sent. */
void fsz_services_unhide(struct fsz_services *services);
/* A request or a call of the provider has ended. */
void fsz_services_note_less(struct fsz_provider *provider);
/* Removes clients that disconnected, and draining ones that are done. */
void fsz_services_sweep(struct fsz_services *services);
/* Runs timers, probes, leases and log lines that are due at `now_ms` (fsz_clock_monotonic_ms()). */
void fsz_services_keep_time(struct fsz_services *services, int64_t now_ms);
/* When the next of these is due; INT64_MAX: none. */
int64_t fsz_services_next_ms(const struct fsz_services *services);
/* Connects an endpoint. FSZ_ENOMEM, FSZ_ESYSTEM: `why`. */
FSZ_NODISCARD fsz_err fsz_services_connect(struct fsz_services             *services,
                                           const struct fsz_config         *whole,
                                           const struct fsz_service_config *config,
                                           const char *address, struct fsz_provider **ret_provider,
                                           char why[FSZ_REPLY_WHY_BYTES]);
/* Is there a message over inproc, or something to sweep? Call this before sleeping on epoll_fd. */
bool fsz_services_pending(const struct fsz_services *services);

/* services_literal.c: makes an endpoint that a dialplan names a service, if the configuration
 * allows that. May remove an idle one for it. NULL: not allowed, no room, or it failed. */
struct fsz_service *fsz_services_literal(struct fsz_services *services, const char *address);

/* services_news.c: reports a provider's new state to switch threads, as an event, and in the log.
 * `why` is static storage. Log lines of a provider are at least FSZ_LOG_INTERVAL_MS apart: a later
 * state waits that long. */
void fsz_services_tell(struct fsz_provider *provider, const char *why);
/* Logs a state that waits, if its time has come; `now_ms` INT64_MAX: at once. */
void fsz_services_tell_owed(struct fsz_provider *provider, int64_t now_ms);
/* services_status.c: all services, for the status: a new array. */
json_t *fsz_services_status(const struct fsz_services *services);

#endif
