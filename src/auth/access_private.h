/* SPDX-License-Identifier: MPL-2.0 */
/* access_private.h - what the files of access control share: its thread (access.c), its decisions
 * (access_judge.c), and the gates that ask for them (access_gate.c). */
#ifndef FSZ_ACCESS_PRIVATE_H
#define FSZ_ACCESS_PRIVATE_H

#include "auth/access.h"
#include "auth/credentials.h"
#include "auth/domains.h"
#include "auth/failures.h"
#include "base/mailbox.h"
#include "base/ratelimit.h"
#include "zmtp/admission.h"

#include <pthread.h>

struct access_counts {
    _Atomic uint64_t admitted, refused;
};

struct fsz_access {
    const struct fsz_host *host;
    struct fsz_audit      *audit;
    struct fsz_mailbox    *mailbox; /* gates with requests; the access thread reads it */
    int                    end_fd;  /* readable: the thread must end */
    pthread_t              thread;
    struct access_counts   counts[FSZ_ZMTP_MECHANISMS + 1]; /* the last: unknown mechanisms */
    _Atomic uint64_t       limited, deferred;

    /* Control thread only, once it runs: */
    struct fsz_ratelimit    refusals;
    struct fsz_failures    *failures;
    struct fsz_credentials *credentials;

    pthread_mutex_t     lock;         /* of all below; not held during a check */
    struct fsz_domains *domains;      /* NULL: not configured yet */
    struct fsz_domains *next_domains; /* prepared; not under the lock */
    struct fsz_policy  *policy;
    int64_t             failures_per_minute;
};

/* A peer that wants to connect to a socket. */
struct access_check {
    const char              *owner;   /* fsz_domain.name */
    const char              *address; /* numeric; empty: ipc */
    const char              *origin;  /* the key for failures (failures.h) */
    enum fsz_admission_stage stage;   /* in ADDRESS, `shown` has only the mechanism */
    struct fsz_shown         shown;
    uint64_t                 connection; /* its id */
};

struct access_verdict {
    const char     *status; /* as in RFC 27 */
    struct fsz_peer peer;   /* has a name and proof once its credentials are admitted */
};

/* Decides, counts and reports. Control thread. */
void fsz_access_judge(struct fsz_access *access, const struct access_check *check,
                      struct access_verdict *ret_verdict);
/* Admits a peer that has no credentials and needs no list, on any thread. False: nothing was
 * decided, and fsz_access_judge() must decide. */
bool fsz_access_admit_at_once(struct fsz_access *access, const struct access_check *check,
                              struct access_verdict *ret_verdict);

#endif
