/* services.h - all services: part of the API thread, which calls everything here.
 *
 * Questions come from the desk (service_client.h), which is what switch threads see. */
#ifndef FSZ_SERVICES_H
#define FSZ_SERVICES_H

#include "auth/policy.h"
#include "base/clock.h"
#include "base/problems.h"
#include "host/host.h"
#include "net/change.h"
#include "net/client_events.h"
#include "service/service.h"
#include "service/service_client.h"

#define FSZ_SERVICE_SUBCLASS "fszmq::service"

enum { FSZ_LITERALS_MAX = 64 }; /* endpoints that dialplans name, connected at once */

/* What they stand on; stays the caller's and outlives them. */
struct fsz_services_base {
    struct fsz_loop       *loop;    /* of the API thread */
    void                  *context; /* libzmq's */
    const struct fsz_host *host;
    fsz_err (*offer)(void *self, const struct fsz_event *event); /* news of providers */
    void                        *offer_self;
    struct fsz_account          *whole; /* gets the bytes held for endpoints as clients */
    const struct fsz_call_owner *calls;
    struct fsz_client_events    *client_events; /* or NULL */
    /* A message of an endpoint that is no answer. */
    void (*request)(void *self, struct fsz_client *client, const void *body, size_t size);
    void *request_self;
    /* Takes up what askers have sent until now: before an answer is read, or a provider goes. */
    void (*catch_up)(void *request_self);
    struct fsz_direct *direct; /* the desk's */
};

struct fsz_services {
    struct fsz_services_base base;
    struct fsz_host_identity identity;
    struct fsz_config       *config; /* a reference */
    const struct fsz_policy *policy; /* of the API thread, which replaces it at a reload */
    struct fsz_service      *list[FSZ_SERVICES_MAX + FSZ_LITERALS_MAX];
    size_t                   count;
    struct fsz_attempt      *attempts; /* by id */
    struct fsz_heap          timers;   /* of questions */
    int64_t                  next_probe_ms, next_renew_ms;
    bool                     hides;    /* a provider that has just registered */
    bool                     has_done; /* a provider that leaves has nothing left to do: sweep */
    int                      epoll_fd; /* readable: something may have come over inproc */

    /* Prepared, and neither committed nor cancelled: */
    struct fsz_config  *next_config;
    struct fsz_service *next_list[FSZ_SERVICES_MAX];
};

/* Without any service. FSZ_ENOMEM, FSZ_ESYSTEM. */
FSZ_NODISCARD fsz_err fsz_services_new(const struct fsz_services_base *base,
                                       const struct fsz_host_identity *identity,
                                       const struct fsz_policy        *policy,
                                       struct fsz_services           **ret_services);
/* Ends all questions with FSZ_ECLOSED. Accepts NULL in *services. */
void fsz_services_free(struct fsz_services **services);

/* services_reload.c: a change of configuration (net/change.h), as a part of the API's. */
FSZ_NODISCARD fsz_err fsz_services_prepare(struct fsz_services *services,
                                           struct fsz_change   *change);
/* Endpoints that did not change stay connected, and clients registered that still may. */
void fsz_services_commit(struct fsz_services *services, const struct fsz_policy *policy);
void fsz_services_cancel(struct fsz_services *services);

/* NULL: there is none of that name. */
struct fsz_service *fsz_services_find(const struct fsz_services *services, const char *name);
/* A question from the desk, sent or not, with the reference that is the API thread's. */
void fsz_services_ask(struct fsz_services *services, struct fsz_service_request *request);
/* Registers the client, or changes its capacity; *ret_renewed: it was registered like that before.
 * FSZ_ENOMEM, FSZ_ELIMIT: too many providers. */
FSZ_NODISCARD fsz_err fsz_services_register(struct fsz_service *service, struct fsz_client *client,
                                            struct fsz_envelope *envelope, int64_t capacity,
                                            bool *ret_renewed);
/* False: it was not registered. */
bool fsz_services_unregister(struct fsz_service *service, const struct fsz_client *client);
/* An answer of a client. False: it is registered nowhere, so nobody asked it. */
bool fsz_services_take(struct fsz_services *services, const struct fsz_client *client,
                       json_t *response);

/* Reads what endpoints over inproc have sent, at most some; returns how many messages. */
size_t fsz_services_read(struct fsz_services *services);
/* Those who ask may send to the clients that have been told now that they serve. */
void fsz_services_unhide(struct fsz_services *services);
/* A question or a call of the provider has ended. */
void fsz_services_note_less(struct fsz_provider *provider);
/* Removes the clients that have left, and those that unregistered and have nothing left to do. */
void fsz_services_sweep(struct fsz_services *services);
/* Does what is due at `now_ms` (fsz_clock_monotonic_ms()). */
void fsz_services_keep_time(struct fsz_services *services, int64_t now_ms);
/* When something is due next; INT64_MAX: nothing is. */
int64_t fsz_services_next_ms(const struct fsz_services *services);
/* An endpoint as a provider. FSZ_ENOMEM, FSZ_ESYSTEM: `why`. */
FSZ_NODISCARD fsz_err fsz_services_connect(struct fsz_services             *services,
                                           const struct fsz_config         *whole,
                                           const struct fsz_service_config *config,
                                           const char *address, struct fsz_provider **ret_provider,
                                           char why[FSZ_REPLY_WHY_BYTES]);
/* Has something come over inproc, or is there something to sweep? To be asked before one sleeps on
 * epoll_fd. */
bool fsz_services_pending(const struct fsz_services *services);

/* services_literal.c: an endpoint as a service of its own, if the configuration lets a dialplan
 * name one: what stands idle makes room. NULL: not, or none can be had. */
struct fsz_service *fsz_services_literal(struct fsz_services *services, const char *address);

/* services_news.c: a provider is up, aside or down now: shown to askers, an event, and a line of
 * the log. `why` is a literal. A line within FSZ_LOG_INTERVAL_MS of the one before waits for its
 * end. */
void fsz_services_tell(struct fsz_provider *provider, const char *why);
/* Logs the state that waits to be logged, if it is time; `now_ms` INT64_MAX: at once. */
void fsz_services_tell_owed(struct fsz_provider *provider, int64_t now_ms);
/* services_status.c: of each service, for the status: a new array. */
json_t *fsz_services_status(const struct fsz_services *services);

#endif
