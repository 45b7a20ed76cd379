/* access_private.h - what the files of the access handler share: its thread (access.c) and its
 * decisions (access_judge.c). */
#ifndef FSZ_ACCESS_PRIVATE_H
#define FSZ_ACCESS_PRIVATE_H

#include "access.h"
#include "credentials.h"
#include "domains.h"
#include "failures.h"
#include "ratelimit.h"

#include <pthread.h>

struct access_counts {
    _Atomic uint64_t admitted, refused;
};

struct fsz_access {
    const struct fsz_host *host;
    struct fsz_audit      *audit;
    int                    end_fd; /* readable: end */
    pthread_t              thread;
    struct access_counts   counts[FSZ_MECHANISMS + 1]; /* the last: mechanisms not known */
    _Atomic uint64_t       limited, deferred, malformed;

    /* Control thread only, once it runs. */
    void                   *socket;
    struct fsz_ratelimit    refusals;
    struct fsz_failures    *failures;
    struct fsz_credentials *credentials;

    pthread_rwlock_t    lock;    /* of all below; held for reading while the host is asked */
    struct fsz_domains *domains; /* NULL: not configured yet */
    struct fsz_policy  *policy;
    int64_t             failures_per_minute;
};

/* One question. */
struct fsz_access_case {
    struct fsz_zap_frames  frames;
    struct fsz_zap_request request;
    char                   label[FSZ_CONFIG_NAME_MAX + 1]; /* name of the stream or API channel */
    struct fsz_policy     *policy;
    int64_t                failures_per_minute;
    struct fsz_peer        peer; /* whom it is about; a name and a number once admitted */
};

/* Answers a question that could be read, counts and tells the outcome. Control thread. */
void fsz_access_answer(struct fsz_access *access, struct fsz_access_case *c);

#endif
