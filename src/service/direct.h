/* SPDX-License-Identifier: MPL-2.0 */
/* direct.h - the providers of each service, as shown to switch threads: such a thread takes one and
 * writes its request to the connection itself, so that the API thread need not wake up.
 *
 * The API thread maintains the list. It alone releases what was taken, and then sends waiting
 * requests on. All threads change the counts under one lock, which is held for a few instructions
 * and never together with another; the atomic counts may be read without it. */
#ifndef FSZ_DIRECT_H
#define FSZ_DIRECT_H

#include "base/account.h"
#include "rpc/envelope.h"
#include "zmtp/conn.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { FSZ_DIRECT_PROVIDERS_MAX = 64 }; /* with more, the API thread chooses */

#define FSZ_DIRECT_NO_SECTION (UINT32_C(1) << 31) /* besides the bits of sections (section.h) */

/* What a switch thread needs of a provider. All NULL and 0: it gets no requests. */
struct fsz_direct_view {
    bool                 up;
    uint32_t             sections; /* bits of those that it may serve */
    struct fsz_conn     *conn;     /* NULL: only the API thread can send there */
    struct fsz_account  *account;  /* charged for messages to it */
    struct fsz_envelope *envelope; /* in front of each message; or NULL */
};

/* Embedded in a provider. */
struct fsz_direct_provider {
    struct fsz_direct_provider *next, *prev; /* of the service's */
    struct fsz_direct_service  *service;
    uint64_t                    serial; /* unique among providers and services */
    uint64_t                    client; /* serial of its client */
    struct fsz_direct_view      view;   /* with references */
    _Atomic int64_t             capacity;
    _Atomic size_t              load; /* requests in flight and controlled calls */
    _Atomic uint64_t            turn; /* number of its last request, among all */
};

struct fsz_direct_limits {
    int64_t requests_max, requests_bytes, calls_max;
    int64_t deadline_ms, attempt_ms;
};

/* Embedded in a service. */
struct fsz_direct_service {
    struct fsz_direct_service  *next, *prev;
    const char                 *name; /* the service's */
    uint64_t                    serial;
    struct fsz_direct_limits    limits;
    struct fsz_direct_provider *providers;
    size_t                      count;       /* of providers */
    _Atomic size_t              open, bytes; /* requests, and their params */
    _Atomic size_t              waiting;     /* requests that wait for room; the API thread's */
    _Atomic size_t              controlled;  /* calls */
};

struct fsz_direct {
    pthread_mutex_t            lock;
    struct fsz_direct_service *services;
    uint64_t                   last_serial, turns;
    _Atomic uint64_t           last_id; /* of requests and pings */
};

/* FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_direct_init(struct fsz_direct *direct);
void                  fsz_direct_fini(struct fsz_direct *direct);
/* The id of a request to a provider; never used twice. Any thread. */
uint64_t fsz_direct_next_id(struct fsz_direct *direct);

/* ---- the API thread ---- */

/* All limits are 0. */
void fsz_direct_add_service(struct fsz_direct *direct, struct fsz_direct_service *service,
                            const char *name);
void fsz_direct_limit(struct fsz_direct *direct, struct fsz_direct_service *service,
                      const struct fsz_direct_limits *limits);
/* Sets all limits to 0, before the service is removed. False: requests are open or calls
 * controlled, and nothing changes. */
bool fsz_direct_retire_service(struct fsz_direct *direct, struct fsz_direct_service *service);
void fsz_direct_remove_service(struct fsz_direct *direct, struct fsz_direct_service *service);
/* Gets no requests until it is shown. */
void fsz_direct_add_provider(struct fsz_direct *direct, struct fsz_direct_service *service,
                             struct fsz_direct_provider *provider, uint64_t client);
/* Replaces the provider's view; references are taken. */
void fsz_direct_show(struct fsz_direct *direct, struct fsz_direct_provider *provider,
                     const struct fsz_direct_view *view);
void fsz_direct_remove_provider(struct fsz_direct *direct, struct fsz_direct_provider *provider);

/* Counts one more request at the provider. False: it has no room, and `always` is not set. */
bool fsz_direct_claim(struct fsz_direct *direct, struct fsz_direct_provider *provider, bool always);
/* Counts one request less. */
void fsz_direct_release(struct fsz_direct *direct, struct fsz_direct_provider *provider);
/* It controls one more call, or one less. */
void fsz_direct_count_call(struct fsz_direct *direct, struct fsz_direct_provider *provider,
                           bool controls);
/* Counts one more request of the service. `call`: it is an offer. False: the service is full. */
bool fsz_direct_open(struct fsz_direct *direct, struct fsz_direct_service *service, size_t bytes,
                     bool call);
void fsz_direct_close(struct fsz_direct *direct, struct fsz_direct_service *service, size_t bytes);

/* ---- switch threads ---- */

struct fsz_direct_want {
    const char *service;
    uint32_t    section; /* its bit */
    size_t      bytes;   /* of the params */
    bool        call;    /* it is an offer */
};

/* What was taken: room for one request, of the service and of the provider. */
struct fsz_direct_ticket {
    uint64_t               service, provider, client; /* serials */
    bool                   others;                    /* other providers are up, too */
    int64_t                deadline_ms, attempt_ms;
    struct fsz_direct_view view; /* with references */
};

/* Takes the provider that the API thread would choose, if no request waits and its connection is
 * idle. False: nothing was taken. */
bool fsz_direct_take(struct fsz_direct *direct, const struct fsz_direct_want *want,
                     struct fsz_direct_ticket *ret_ticket);
struct fsz_direct_view fsz_direct_view_ref(const struct fsz_direct_view *view);
/* Drops the references, but releases nothing that was taken. */
void fsz_direct_view_fini(struct fsz_direct_view *view);

/* Is `a` a better choice than `b`, which may be NULL? */
bool fsz_direct_is_better(const struct fsz_direct_provider *a, const struct fsz_direct_provider *b);
bool fsz_direct_has_room(const struct fsz_direct_provider *provider);

#endif
