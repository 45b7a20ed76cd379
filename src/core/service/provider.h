/* provider.h - one who answers a service's questions: an endpoint that we connect to, or a client
 * of an API channel that registered. API thread only. */
#ifndef FSZ_PROVIDER_H
#define FSZ_PROVIDER_H

#include "breaker.h"
#include "channel.h"
#include "config.h"
#include "inflow.h"
#include "latency.h"
#include "mismatch.h"
#include "monitor.h"
#include "question.h"
#include "ratelimit.h"

struct fsz_provider_counters {
    uint64_t asked;    /* probes included */
    uint64_t answered; /* in time, errors included */
    uint64_t errors;   /* of them, JSON-RPC errors */
    uint64_t missed;   /* not in time, or the connection ended first */
    uint64_t late;     /* answers to what nobody waits for any more */
    uint64_t bad;      /* messages that are no answers to what this provider was asked */
    uint64_t asides;   /* times it was put aside */
    uint64_t probes;
};

struct fsz_provider {
    struct fsz_provider *next, *prev; /* of its service's */
    struct fsz_service  *service;
    char                 name[FSZ_PROVIDER_NAME_BYTES];

    /* An endpoint. */
    char                  *address;
    void                  *socket, *monitor;
    int                    fd, monitor_fd;
    struct fsz_connections connections;
    struct fsz_mismatch    mismatch;
    struct fsz_inflow     *inflow;
    uint64_t               disconnected; /* of `connections`, as last looked at */
    int64_t                opened_ms;
    int64_t                again_ms; /* when it is connected to anew; 0: libzmq sees to it */
    bool                   is_local; /* inproc, of whose connections libzmq tells nothing */
    struct fsz_channel    *link;     /* through which it is a client as well: */
    struct fsz_client     *linked;

    /* Or a client. */
    struct fsz_client *client; /* a reference; NULL: an endpoint */
    bool               delimiter;

    bool                         connected, staged;
    bool                         was_connected; /* now or before */
    bool                         leaves;        /* orderly: gets nothing new, ends what it has */
    int64_t                      capacity;
    size_t                       under_way;
    uint64_t                     serial; /* no other of the process has it */
    uint64_t                     turn;   /* when it was asked last, in questions */
    struct fsz_try              *tries;
    struct fsz_question         *last; /* what a probe repeats: a reference, or NULL */
    struct fsz_hold             *held; /* calls that it holds */
    size_t                       held_count;
    uint64_t                     ping_id; /* of the last service.ping; 0: it was answered */
    int64_t                      pinged_ms;
    struct fsz_breaker           breaker;
    struct fsz_latency           latency;
    struct fsz_provider_counters counters;
    struct fsz_ratelimit         complaints; /* log lines about its messages */
    struct fsz_ratelimit         news;       /* log lines about its state */
    const char                  *news_why;   /* of the last state: a literal */
};

/* An endpoint of the service's configuration: a DEALER that connects on its own. FSZ_ENOMEM,
 * FSZ_ESYSTEM: `why` says what libzmq said. */
FSZ_NODISCARD fsz_err fsz_provider_connect(void *context, struct fsz_account *whole,
                                           const struct fsz_service_config *config,
                                           const char *address, struct fsz_provider **ret_provider,
                                           char why[FSZ_TOLD_WHY_BYTES]);
/* A client, of which it takes a reference. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_provider_register(struct fsz_client *client, bool delimiter,
                                            int64_t capacity, struct fsz_provider **ret_provider);
/* Accepts NULL in *provider. Its tries are the service's to end before. */
void fsz_provider_free(struct fsz_provider **provider);

/* Does an endpoint of that configuration need another socket? */
bool fsz_provider_differs(const struct fsz_service_config *a, const struct fsz_service_config *b);

/* Sends a question under that id; false: it could not be sent, and nothing was. */
bool fsz_provider_send(struct fsz_provider *provider, const struct fsz_question *question,
                       uint64_t id);

/* Who it is as a client of the API. */
struct fsz_client *fsz_provider_client(const struct fsz_provider *provider);
/* Asks it to show that it lives; false: that could not be sent. */
bool fsz_provider_ping(struct fsz_provider *provider, uint64_t id);
/* Tells it something; `params` is taken over. False: it could not be sent. */
bool fsz_provider_notify(struct fsz_provider *provider, const char *method, json_t *params);
/* The same with params as text. */
bool fsz_provider_notify_text(struct fsz_provider *provider, const char *method,
                              const struct fsz_buffer *params);

/* A message of an endpoint: its body, copied out. FSZ_ENOTFOUND: none there. FSZ_EINVALID: one of
 * another count of frames, dropped. */
FSZ_NODISCARD fsz_err fsz_provider_receive(struct fsz_provider *provider, void *message);
/* Has something come for an endpoint? (fsz_channel_pending()) */
bool fsz_provider_pending(const struct fsz_provider *provider);
/* What has become of the connection since the last look. */
enum fsz_provider_news { FSZ_PROVIDER_SAME, FSZ_PROVIDER_UP, FSZ_PROVIDER_DOWN, FSZ_PROVIDER_ANEW };
enum fsz_provider_news fsz_provider_look(struct fsz_provider *provider);
/* Connects anew to an endpoint that libzmq has given up, when it is time (again_ms). */
void fsz_provider_again(struct fsz_provider *provider, int64_t now_ms);

/* May it be asked now, but for its capacity? */
bool fsz_provider_is_up(const struct fsz_provider *provider);
bool fsz_provider_has_room(const struct fsz_provider *provider);
/* "up", "aside", "leaving" or "down". */
const char *fsz_provider_state(const struct fsz_provider *provider);

#endif
