/* direct.h - the providers of each service as a thread that asks may see them: it takes one, and
 * writes its question to that one's connection itself, so that the API thread need not wake up.
 *
 * The API thread keeps the list, and it alone gives back what was taken: then whatever waits for
 * room goes on. What a question and a provider count for changes under one lock, which is taken
 * alone, by both sides, for a few instructions; the atomic counts may be read without it. */
#ifndef FSZ_DIRECT_H
#define FSZ_DIRECT_H

#include "base/account.h"
#include "rpc/envelope.h"
#include "zmtp/conn.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { FSZ_DIRECT_PROVIDERS_MAX = 64 }; /* of a service with more, the API thread chooses */

#define FSZ_DIRECT_NO_SECTION (UINT32_C(1) << 31) /* beside the bits of sections (section.h) */

/* What an asker needs of a provider. All NULL and 0: it is not asked. */
struct fsz_direct_view {
    bool                 up;
    uint32_t             sections; /* bits of what it may answer */
    struct fsz_conn     *conn;     /* NULL: only the API thread can send there */
    struct fsz_account  *account;  /* for what is sent there */
    struct fsz_envelope *envelope; /* in front of it; or NULL */
};

/* Embedded in a provider. */
struct fsz_direct_provider {
    struct fsz_direct_provider *next, *prev; /* of its service's */
    struct fsz_direct_service  *service;
    uint64_t                    serial; /* no other provider or service has it */
    uint64_t                    client; /* serial of the client that it is */
    struct fsz_direct_view      view;   /* with references */
    _Atomic int64_t             capacity;
    _Atomic size_t              load; /* questions under way and calls held */
    _Atomic uint64_t            turn; /* when it was asked last, in questions */
};

struct fsz_direct_limits {
    int64_t requests_max, requests_bytes, calls_max;
    int64_t deadline_ms, attempt_ms;
};

/* Embedded in a service. */
struct fsz_direct_service {
    struct fsz_direct_service  *next, *prev;
    const char                 *name; /* of the service, which keeps it */
    uint64_t                    serial;
    struct fsz_direct_limits    limits;
    struct fsz_direct_provider *providers;
    size_t                      count;       /* of them */
    _Atomic size_t              open, bytes; /* questions, and their params */
    _Atomic size_t              waiting;     /* of them, for room; the API thread's */
    _Atomic size_t              controlled;  /* calls */
};

struct fsz_direct {
    pthread_mutex_t            lock;
    struct fsz_direct_service *services;
    uint64_t                   last_serial, turns;
    _Atomic uint64_t           last_id; /* of questions and pings */
};

/* FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_direct_init(struct fsz_direct *direct);
void                  fsz_direct_fini(struct fsz_direct *direct);
/* The id of a request to a provider; never used twice. Any thread. */
uint64_t fsz_direct_next_id(struct fsz_direct *direct);

/* ---- the API thread ---- */

/* With limits of 0. */
void fsz_direct_add_service(struct fsz_direct *direct, struct fsz_direct_service *service,
                            const char *name);
void fsz_direct_limit(struct fsz_direct *direct, struct fsz_direct_service *service,
                      const struct fsz_direct_limits *limits);
/* Nobody takes a provider of it any more; to be removed. False: questions are open or calls held.
 */
bool fsz_direct_retire_service(struct fsz_direct *direct, struct fsz_direct_service *service);
void fsz_direct_remove_service(struct fsz_direct *direct, struct fsz_direct_service *service);
/* Not to be asked until it is shown. */
void fsz_direct_add_provider(struct fsz_direct *direct, struct fsz_direct_service *service,
                             struct fsz_direct_provider *provider, uint64_t client);
/* How it is from now on; references are taken. */
void fsz_direct_show(struct fsz_direct *direct, struct fsz_direct_provider *provider,
                     const struct fsz_direct_view *view);
void fsz_direct_remove_provider(struct fsz_direct *direct, struct fsz_direct_provider *provider);

/* One more question there. False: it has no room, and `always` is not set. */
bool fsz_direct_claim(struct fsz_direct *direct, struct fsz_direct_provider *provider, bool always);
/* One less. */
void fsz_direct_release(struct fsz_direct *direct, struct fsz_direct_provider *provider);
/* It holds one more call, or one less. */
void fsz_direct_control(struct fsz_direct *direct, struct fsz_direct_provider *provider,
                        bool controls);
/* One more question of that size, which offers a call or not. False: the service is full. */
bool fsz_direct_open(struct fsz_direct *direct, struct fsz_direct_service *service, size_t bytes,
                     bool call);
void fsz_direct_close(struct fsz_direct *direct, struct fsz_direct_service *service, size_t bytes);

/* ---- a thread that asks ---- */

struct fsz_direct_want {
    const char *service;
    uint32_t    section; /* its bit */
    size_t      bytes;   /* of params */
    bool        call;    /* it offers one */
};

/* What was taken: one question of the service, one of the provider. */
struct fsz_direct_ticket {
    uint64_t               service, provider, client; /* serials */
    bool                   others;                    /* that are up, and could be asked, too */
    int64_t                deadline_ms, attempt_ms;
    struct fsz_direct_view view; /* with references */
};

/* The provider that the API thread would choose, if nothing waits and it takes a message at once.
 * False: nothing was taken. */
bool fsz_direct_take(struct fsz_direct *direct, const struct fsz_direct_want *want,
                     struct fsz_direct_ticket *ret_ticket);
struct fsz_direct_view fsz_direct_view_ref(const struct fsz_direct_view *view);
/* Gives up the references, not what was taken. */
void fsz_direct_view_fini(struct fsz_direct_view *view);

/* Is `a` rather asked than `b`, which may be NULL? */
bool fsz_direct_is_better(const struct fsz_direct_provider *a, const struct fsz_direct_provider *b);
bool fsz_direct_has_room(const struct fsz_direct_provider *provider);

#endif
