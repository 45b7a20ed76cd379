/* SPDX-License-Identifier: MPL-2.0 */
/* access.h - decides who may connect, with NULL, PLAIN (RFC 24) or CURVE (RFC 26).
 *
 * Sockets ask through gates (access_gate.h), which name the stream or API socket (owner in struct
 * fsz_socket_config). A separate thread, the access thread, decides. It first checks the access
 * lists through the host, which may block, then the password or key if the security requires one. A
 * peer without an address (ipc) needs no list: the file's permissions have decided.
 *
 * An address that failed `failures-per-minute` times is told to try again later, without a check of
 * its credentials, until its minute is over. All peers share one thread: at 10 failures and 25 ms
 * for a password, one address takes 1/240 of its time, and all together at most half
 * (credentials.h). */
#ifndef FSZ_ACCESS_H
#define FSZ_ACCESS_H

#include "auth/audit.h"
#include "auth/policy.h"
#include "config/config.h"
#include "host/host.h"
#include "zmtp/zmtp.h"

struct fsz_access;

/* Until fsz_access_configure(), all peers are told to try again later. The caller keeps `host` and
 * `audit` (may be NULL), which must outlive it. FSZ_ENOMEM, FSZ_ESYSTEM. */
FSZ_NODISCARD fsz_err fsz_access_new(const struct fsz_host *host, struct fsz_audit *audit,
                                     struct fsz_access **ret_access);
void                  fsz_access_free(struct fsz_access **access);
/* What a configuration says about its sockets, copied, and the policy, of which it takes a
 * reference. Both change in one step. Open connections stay open: the owners of their sockets
 * disconnect them. First all that can fail, then commit or cancel; one change at a time. */
FSZ_NODISCARD fsz_err fsz_access_prepare(struct fsz_access       *access,
                                         const struct fsz_config *config); /* FSZ_ENOMEM */
void                  fsz_access_commit(struct fsz_access *access, const struct fsz_config *config,
                                        struct fsz_policy *policy);
void                  fsz_access_cancel(struct fsz_access *access);
/* Both at once. FSZ_ENOMEM: nothing changed. */
FSZ_NODISCARD fsz_err fsz_access_configure(struct fsz_access       *access,
                                           const struct fsz_config *config,
                                           struct fsz_policy       *policy);
/* A new reference to the policy for new connections; NULL before the first fsz_access_configure().
 * Any thread. */
struct fsz_policy *fsz_access_policy(struct fsz_access *access);

struct fsz_access_counts {
    uint64_t admitted, refused;
};

struct fsz_access_counters {
#define FSZ_COUNTERS_ACCESS(member, unit, meaning) uint64_t member;
#include "counters/counters.def"
    struct fsz_access_counts mechanisms[FSZ_ZMTP_MECHANISMS]; /* of each that is known */
};
/* Any thread. */
struct fsz_access_counters fsz_access_counters(const struct fsz_access *access);

#endif
