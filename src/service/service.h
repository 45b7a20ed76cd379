/* service.h - one service: who is asked, who is asked next, who waits. API thread only.
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

/* One question at one provider. */
struct fsz_attempt {
    UT_hash_handle              hh; /* by id, of all services' tries */
    uint64_t                    id;
    struct fsz_service_request *request; /* a reference; */
    bool                        probe;   /* of its copy, for which nobody waits */
    bool                        missed;  /* its time is over, but not the question's */
    struct fsz_provider        *provider;
    int64_t                     sent_us;
    struct fsz_attempt         *next, *prev;           /* of the provider's */
    struct fsz_attempt         *next_of, *previous_of; /* of the question's */
};

/* `asked` is the sum of all others and of those that are open. */
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
    struct fsz_service_request      *requests; /* waiting and under way, in the order of asking */
    struct fsz_direct_service        direct;   /* how many they are, and calls held */
    int64_t renewed_ms; /* when its leases were last looked at; 0: there was none */
    struct fsz_service_counters counters;
};

FSZ_NODISCARD fsz_err fsz_service_new(struct fsz_services             *services,
                                      const struct fsz_service_config *config, const char *name,
                                      struct fsz_service **ret_service);
/* Ends all questions, with that result, and frees the providers. Accepts NULL in *service. */
void fsz_service_free(struct fsz_service **service, fsz_err result, const char *why);

/* Takes a question up, for which it gets a reference: to a provider, to wait, or to its end. */
void fsz_service_ask(struct fsz_service *service, struct fsz_service_request *request);
/* The same for one that its asker has sent already. False: not in the name of this service, but of
 * one that had its name before. */
bool fsz_service_adopt(struct fsz_service *service, struct fsz_service_request *request);
/* Its asker could not send it after all: it goes elsewhere. */
void fsz_service_unsent(struct fsz_service_request *request);
/* A question's time, or that of a try of it, is over. */
void fsz_service_expire(struct fsz_service *service, struct fsz_service_request *request);
/* An answer has come: the object, of which a result is taken out. */
void fsz_service_answer(struct fsz_provider *provider, json_t *response);
/* Was this provider asked what that answers? */
bool fsz_service_asked(const struct fsz_provider *provider, const json_t *response);
/* It sent something else: counted, and logged at most every FSZ_LOG_INTERVAL_MS. */
void fsz_service_complain(struct fsz_provider *provider, const char *what);
/* Of a message that fsz_rpc_read() refused with this error; nothing of its text is in the log. */
void fsz_service_complain_of(struct fsz_provider *provider, const json_t *error);
/* There may be room: those who wait go on, the first who asked first. */
void fsz_service_go_on(struct fsz_service *service);
/* There is one provider less: those who wait and have nobody left to wait for are told. */
void fsz_service_give_up(struct fsz_service *service);

/* Another provider, the service's from now on; tells nobody. */
void fsz_service_add(struct fsz_service *service, struct fsz_provider *provider);
/* An endpoint is to be read from now on: no more staged. */
void fsz_service_watch(struct fsz_provider *provider);
/* It may be asked again, or not any more: those who wait, and those who asked it, go on. */
void fsz_service_provider_up(struct fsz_provider *provider, const char *why);
void fsz_service_provider_down(struct fsz_provider *provider, const char *why);
/* Ends what is under way there as above, and frees it. */
void fsz_service_remove(struct fsz_provider *provider, const char *why);
/* Probes those that are aside, if it is time. Returns when it is next; INT64_MAX: nobody is. */
int64_t fsz_service_probe(struct fsz_service *service, int64_t now_ms);

/* Asks those who hold calls whether they live, and takes the calls of those away who have not shown
 * it within the lease. */
void fsz_service_renew(struct fsz_service *service, int64_t now_ms);

#endif
