/* SPDX-License-Identifier: MPL-2.0 */
/* service.h - one service: its providers and its requests. API thread only.
 *
 * Wire and rules: docs/protocol/services.md, "Which provider". */
#ifndef FSZ_SERVICE_H
#define FSZ_SERVICE_H

#include "service/provider.h"

#include <jansson.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct fsz_services;

enum { FSZ_PROVIDERS_MAX = 1024 }; /* of one service */

/* One request at one provider. */
struct fsz_attempt {
    UT_hash_handle              hh; /* by id, among the attempts of all services */
    uint64_t                    id;
    struct fsz_service_request *request; /* a reference */
    bool                        probe;   /* a copy of the request, whose reply nobody waits for */
    bool                        missed;  /* attempt-ms is over, but not the request's deadline */
    struct fsz_provider        *provider;
    int64_t                     sent_us;
    struct fsz_attempt         *next, *prev;           /* of the provider's */
    struct fsz_attempt         *next_of, *previous_of; /* of the request's */
};

/* `asked` is the sum of all others and of the open requests. */
struct fsz_service_counters {
#define FSZ_COUNTERS_SERVICE(member, unit, meaning) uint64_t member;
#include "counters/counters.def"
};

struct fsz_service {
    struct fsz_services             *services;
    const struct fsz_service_config *config; /* of the services' configuration */
    char                            *name;
    struct fsz_provider             *providers;
    size_t                           provider_count;
    struct fsz_service_request      *requests; /* waiting and in flight, the oldest first */
    struct fsz_direct_service        direct;   /* counts of requests and of controlled calls */
    int64_t renewed_ms; /* when its leases were last checked; 0: there are none */
    struct fsz_service_counters counters;
};

FSZ_NODISCARD fsz_err fsz_service_new(struct fsz_services             *services,
                                      const struct fsz_service_config *config, const char *name,
                                      struct fsz_service **ret_service);
/* Ends all requests with that result and frees the providers. Accepts NULL in *service. */
void fsz_service_free(struct fsz_service **service, fsz_err result, const char *why);

/* Accepts a request and takes ownership of its reference. The request is sent, waits, or ends. */
void fsz_service_ask(struct fsz_service *service, struct fsz_service_request *request);
/* The same for a request that its switch thread has sent. False: it was sent for a former service
 * of the same name. */
bool fsz_service_adopt(struct fsz_service *service, struct fsz_service_request *request);
/* The switch thread could not send it after all: it goes to another provider. */
void fsz_service_unsent(struct fsz_service_request *request);
/* The time of a request, or of its attempts, is over. */
void fsz_service_expire(struct fsz_service *service, struct fsz_service_request *request);
/* A reply arrived. Takes `result` out of the object. */
void fsz_service_answer(struct fsz_provider *provider, json_t *response);
/* Is this a reply to a request or ping of this provider? */
bool fsz_service_asked(const struct fsz_provider *provider, const json_t *response);
/* Counts an invalid message, and logs it at most every FSZ_LOG_INTERVAL_MS. */
void fsz_service_complain(struct fsz_provider *provider, const char *what);
/* The same for a message that fsz_rpc_read() refused with this error; the log quotes nothing of it.
 */
void fsz_service_complain_of(struct fsz_provider *provider, const json_t *error);
/* There may be room: sends waiting requests, the oldest first. */
void fsz_service_go_on(struct fsz_service *service);
/* There is one provider less: ends waiting requests that no provider is left for. */
void fsz_service_give_up(struct fsz_service *service);

/* Adds a provider and takes it over; reports nothing. */
void fsz_service_add(struct fsz_service *service, struct fsz_provider *provider);
/* An endpoint is no longer staged: starts to read it. */
void fsz_service_watch(struct fsz_provider *provider);
/* The provider is available, or not any more: reports that. Up: sends waiting requests. Down: its
 * requests go to other providers. */
void fsz_service_provider_up(struct fsz_provider *provider, const char *why);
void fsz_service_provider_down(struct fsz_provider *provider, const char *why);
/* Ends its attempts as above, and frees it. */
void fsz_service_remove(struct fsz_provider *provider, const char *why);
/* Probes ejected providers that are due. Returns when the next is due; INT64_MAX: none. */
int64_t fsz_service_probe(struct fsz_service *service, int64_t now_ms);

/* Pings idle providers that control calls. Takes the calls away from those that stayed silent for
 * the lease. */
void fsz_service_renew(struct fsz_service *service, int64_t now_ms);

#endif
