/* provider.h - one who answers a service's questions: an endpoint that we connect to, or a client
 * of an API socket that registered. API thread only. */
#ifndef FSZ_PROVIDER_H
#define FSZ_PROVIDER_H

#include "auth/policy.h"
#include "base/latency.h"
#include "base/ratelimit.h"
#include "config/config.h"
#include "net/client_events.h"
#include "net/mismatch.h"
#include "net/outbound.h"
#include "net/rpc_socket.h"
#include "service/breaker.h"
#include "service/direct.h"
#include "service/lease.h"
#include "service/service_request.h"

struct fsz_control;

struct fsz_provider_counters {
#define FSZ_COUNTERS_PROVIDER(member, unit, meaning) uint64_t member;
#include "counters/counters.def"
};

struct fsz_provider {
    struct fsz_provider *next, *prev; /* of its service's */
    struct fsz_service  *service;
    char                 name[FSZ_PROVIDER_NAME_BYTES];

    /* An endpoint. */
    char                              *address;
    const struct fsz_provider_handler *handler;
    const struct fsz_host             *host;
    enum fsz_security                  security;
    struct fsz_dealer                 *dealer; /* over tcp and ipc; or: */
    void                              *socket; /* over inproc: libzmq's */
    int                                fd;     /* its */
    int64_t                   again_ms; /* when that is taken for connected again; 0: it is */
    struct fsz_mismatch       mismatch;
    struct fsz_client_events *client_events; /* or NULL */
    int64_t                   opened_ms;
    struct fsz_rpc_socket    *link; /* through which it is a client as well: */
    struct fsz_client        *linked;

    /* Or a client. */
    struct fsz_client *client; /* a reference; NULL: an endpoint */

    struct fsz_envelope         *envelope; /* goes in front of what is sent there */
    bool                         connected;
    bool                         staged;        /* of a reload's that may yet be cancelled */
    bool                         was_connected; /* now or before */
    bool                         leaves;        /* orderly: gets nothing new, ends what it has */
    bool                         hidden; /* its connection: it is being told that it serves */
    struct fsz_direct_provider   direct; /* what askers see, its capacity, and what it is asked */
    size_t                       in_flight; /* tries */
    struct fsz_attempt          *attempts;
    struct fsz_service_request  *last;       /* what a probe repeats: a reference, or NULL */
    struct fsz_control          *controlled; /* calls that it holds */
    size_t                       controlled_count;
    uint64_t                     ping_id; /* of the last service.ping; 0: it was answered */
    struct fsz_lease             lease;
    struct fsz_breaker           breaker;
    struct fsz_latency           latency;
    struct fsz_provider_counters counters;
    struct fsz_ratelimit         complaints; /* log lines about its messages */
    struct fsz_ratelimit         news;       /* log lines about its state */
    const char                  *news_why;   /* of the last state: a literal */
};

/* What an endpoint reports, on the API thread; not while it is staged. */
struct fsz_provider_handler {
    void (*up)(struct fsz_provider *provider);
    void (*down)(struct fsz_provider *provider);
    void (*message)(struct fsz_provider *provider, const void *body, size_t size);
    /* Something that is no message of a provider; `what` is a literal. */
    void (*bad)(struct fsz_provider *provider, const char *what);
};

/* What endpoints stand on; all stay the caller's and outlive them. */
struct fsz_provider_base {
    struct fsz_loop                   *loop;
    void                              *context; /* libzmq's, for inproc */
    struct fsz_account                *whole;
    const struct fsz_host             *host;
    const struct fsz_provider_handler *handler;
    struct fsz_client_events          *client_events; /* or NULL */
};

/* An endpoint of the service's configuration: a DEALER that connects on its own. FSZ_ENOMEM,
 * FSZ_ESYSTEM: `why`. */
FSZ_NODISCARD fsz_err fsz_provider_connect(const struct fsz_provider_base  *base,
                                           const struct fsz_config         *whole,
                                           const struct fsz_service_config *config,
                                           const char *address, struct fsz_provider **ret_provider,
                                           char why[FSZ_REPLY_WHY_BYTES]);
/* A client, of which it takes a reference, as of the envelope. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_provider_register(struct fsz_client   *client,
                                            struct fsz_envelope *envelope, int64_t capacity,
                                            struct fsz_provider **ret_provider);
/* Accepts NULL in *provider. Its tries are the service's to end before. */
void fsz_provider_free(struct fsz_provider **provider);

/* Does an endpoint of that configuration need another socket? */
bool fsz_provider_differs(const struct fsz_service_config *a, const struct fsz_service_config *b);

/* provider_show.c: shows those who ask (direct.h) how it is now. */
void fsz_provider_show(struct fsz_provider *provider);

/* Sends a question under that id; false: it could not be sent, and nothing was. */
bool fsz_provider_send(struct fsz_provider *provider, const struct fsz_service_request *request,
                       uint64_t id);

/* Whose grants it has. False: its user is not known any more. */
bool fsz_provider_principal(const struct fsz_provider *provider, struct fsz_principal *ret_who);
/* Who it is as a client of the API. */
struct fsz_client *fsz_provider_client(const struct fsz_provider *provider);
/* Has it sent something over tcp or ipc that was not read yet? */
bool fsz_provider_has_unread(const struct fsz_provider *provider);
/* Asks it to show that it lives; false: that could not be sent. */
bool fsz_provider_ping(struct fsz_provider *provider, uint64_t id);
/* Tells it something; `params` is taken over. False: it could not be sent. */
bool fsz_provider_notify(struct fsz_provider *provider, const char *method, json_t *params);
/* The same with params as text. */
bool fsz_provider_notify_text(struct fsz_provider *provider, const char *method,
                              const struct fsz_buffer *params);

/* Has a client left since the last look? */
bool fsz_provider_has_left(struct fsz_provider *provider);

/* provider_wire.c: over tcp and ipc. */

/* What needs no other connection of a service's configuration. */
void fsz_provider_configure(struct fsz_provider *provider, const struct fsz_config *whole,
                            const struct fsz_service_config *config);
FSZ_NODISCARD fsz_err fsz_provider_open_wire(struct fsz_provider             *provider,
                                             const struct fsz_provider_base  *base,
                                             const struct fsz_config         *whole,
                                             const struct fsz_service_config *config,
                                             char why[FSZ_REPLY_WHY_BYTES]);

/* Before it is freed, which reports nothing: the end of its connection, if there is one. */
void fsz_provider_report_end(const struct fsz_provider *provider);

/* provider_local.c: over inproc, of whose connections libzmq reports nothing. */
FSZ_NODISCARD fsz_err fsz_provider_open_local(struct fsz_provider             *provider,
                                              const struct fsz_provider_base  *base,
                                              const struct fsz_service_config *config,
                                              char why[FSZ_REPLY_WHY_BYTES]);
/* Reads up to `most` messages; returns how many. Says when it is taken for up or down. */
size_t fsz_provider_read_local(struct fsz_provider *provider, size_t most, int64_t now_ms);
/* A message could not be sent: taken for gone, for a while. */
void fsz_provider_note_unsent(struct fsz_provider *provider);
/* Has something come? To be asked before one sleeps on `fd`. */
bool fsz_provider_is_pending(const struct fsz_provider *provider);

/* May it be asked now, but for its capacity? */
bool fsz_provider_is_up(const struct fsz_provider *provider);
/* "up", "ejected", "draining" or "down". */
const char *fsz_provider_state(const struct fsz_provider *provider);

#endif
