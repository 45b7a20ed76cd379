/* SPDX-License-Identifier: MPL-2.0 */
/* provider.h - serves the requests of a service: an endpoint that we connect to, or a client of an
 * API socket that registered. API thread only. */
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
    struct fsz_provider *next, *prev; /* of the service's */
    struct fsz_service  *service;
    char                 name[FSZ_PROVIDER_NAME_BYTES];

    /* An endpoint. */
    char                              *address;
    const struct fsz_provider_handler *handler;
    const struct fsz_host             *host;
    enum fsz_security                  security;
    struct fsz_dealer                 *dealer; /* over tcp and ipc */
    void                              *socket; /* over inproc: libzmq's */
    int                                fd;     /* of `socket` */
    int64_t                   again_ms; /* when to try `socket` again; 0: it counts as connected */
    struct fsz_mismatch       mismatch;
    struct fsz_client_events *client_events; /* or NULL */
    int64_t                   opened_ms;
    struct fsz_rpc_socket    *link;   /* makes it a client of the API as well, */
    struct fsz_client        *linked; /* this one */

    /* Or a client. */
    struct fsz_client *client; /* a reference; NULL: an endpoint */

    struct fsz_envelope *envelope; /* in front of each message to it */
    bool                 connected;
    bool                 staged;        /* by a reload that is not committed yet */
    bool                 was_connected; /* now or before */
    bool                 leaves; /* draining: finishes its requests and calls, gets no new ones */
    bool hidden; /* switch threads must not send to it yet: the reply to its registration comes
                    first */
    struct fsz_direct_provider   direct;    /* what switch threads see; its capacity and load */
    size_t                       in_flight; /* attempts */
    struct fsz_attempt          *attempts;
    struct fsz_service_request  *last;       /* what a probe repeats: a reference, or NULL */
    struct fsz_control          *controlled; /* calls that it controls */
    size_t                       controlled_count;
    uint64_t                     ping_id; /* of the last service.ping; 0: it got a reply */
    struct fsz_lease             lease;
    struct fsz_breaker           breaker;
    struct fsz_latency           latency;
    struct fsz_provider_counters counters;
    struct fsz_ratelimit         complaints; /* log lines about its messages */
    struct fsz_ratelimit         news;       /* log lines about its state */
    const char                  *news_why;   /* of the last state: static storage */
};

/* How an endpoint reports, on the API thread; not while it is staged. */
struct fsz_provider_handler {
    void (*up)(struct fsz_provider *provider);
    void (*down)(struct fsz_provider *provider);
    void (*message)(struct fsz_provider *provider, const void *body, size_t size);
    /* An invalid message; `what` is static storage. */
    void (*bad)(struct fsz_provider *provider, const char *what);
};

/* What endpoints need; owned by the caller, and outlives them. */
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
/* A client. References to it and to the envelope are taken. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_provider_register(struct fsz_client   *client,
                                            struct fsz_envelope *envelope, int64_t capacity,
                                            struct fsz_provider **ret_provider);
/* Accepts NULL in *provider. The service must have ended its attempts. */
void fsz_provider_free(struct fsz_provider **provider);

/* Does the change from `a` to `b` need a new socket? */
bool fsz_provider_differs(const struct fsz_service_config *a, const struct fsz_service_config *b);

/* provider_show.c: shows its present state to switch threads (direct.h). */
void fsz_provider_show(struct fsz_provider *provider);

/* Sends a request under that id. False: nothing was sent. */
bool fsz_provider_send(struct fsz_provider *provider, const struct fsz_service_request *request,
                       uint64_t id);

/* Whose grants it has. False: its user does not exist any more. */
bool fsz_provider_principal(const struct fsz_provider *provider, struct fsz_principal *ret_who);
/* The client of the API that it is. */
struct fsz_client *fsz_provider_client(const struct fsz_provider *provider);
/* Has it sent something over tcp or ipc that is not read yet? */
bool fsz_provider_has_unread(const struct fsz_provider *provider);
/* Sends a service.ping. False: not sent. */
bool fsz_provider_ping(struct fsz_provider *provider, uint64_t id);
/* Sends a notification; `params` is taken over. False: not sent. */
bool fsz_provider_notify(struct fsz_provider *provider, const char *method, json_t *params);
/* The same with params as JSON text. */
bool fsz_provider_notify_text(struct fsz_provider *provider, const char *method,
                              const struct fsz_buffer *params);

/* Has the client disconnected since the last call? */
bool fsz_provider_has_left(struct fsz_provider *provider);

/* ---- provider_wire.c: over tcp and ipc ---- */

/* Applies what a service's configuration changes without a new connection. */
void fsz_provider_configure(struct fsz_provider *provider, const struct fsz_config *whole,
                            const struct fsz_service_config *config);
FSZ_NODISCARD fsz_err fsz_provider_open_wire(struct fsz_provider             *provider,
                                             const struct fsz_provider_base  *base,
                                             const struct fsz_config         *whole,
                                             const struct fsz_service_config *config,
                                             char why[FSZ_REPLY_WHY_BYTES]);

/* Reports the end of its connection, if it has one: freeing it reports nothing. */
void fsz_provider_report_end(const struct fsz_provider *provider);

/* ---- provider_local.c: over inproc, whose connections libzmq does not report ---- */

FSZ_NODISCARD fsz_err fsz_provider_open_local(struct fsz_provider             *provider,
                                              const struct fsz_provider_base  *base,
                                              const struct fsz_service_config *config,
                                              char why[FSZ_REPLY_WHY_BYTES]);
/* Reads up to `most` messages; returns how many. Reports when it goes up or down. */
size_t fsz_provider_read_local(struct fsz_provider *provider, size_t most, int64_t now_ms);
/* A message could not be sent: counts as disconnected for a while. */
void fsz_provider_note_unsent(struct fsz_provider *provider);
/* Is there something to read? Call this before sleeping on `fd`. */
bool fsz_provider_is_pending(const struct fsz_provider *provider);

/* Can it get requests? Does not check its capacity. */
bool fsz_provider_is_up(const struct fsz_provider *provider);
/* "up", "ejected", "draining" or "down". */
const char *fsz_provider_state(const struct fsz_provider *provider);

#endif
