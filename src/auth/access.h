/* access.h - who may connect, with NULL, PLAIN (RFC 24) or CURVE (RFC 26).
 *
 * Sockets ask through gates (access_gate.h), which name the stream or API socket
 * (fsz_socket_config's owner); a thread of its own answers. The address lists are asked first,
 * through the host, which may take its time; then, as the security says, the password or key is
 * checked. A peer without an address (ipc) needs no list: the file's permissions have decided.
 *
 * An address that failed `failures-per-minute` times is asked to come again, without a look at what
 * it shows, until its minute is over. All peers wait for one thread: with 10 failures and 25 ms for
 * a password one address takes a 240th of its time, and all of them at most half
 * (credentials.h). */
#ifndef FSZ_ACCESS_H
#define FSZ_ACCESS_H

#include "auth/audit.h"
#include "auth/policy.h"
#include "config/config.h"
#include "host/host.h"
#include "zmtp/zmtp.h"

struct fsz_access;

/* Until fsz_access_configure() everybody is asked to come again. `host` and `audit` (may be NULL:
 * none) stay the caller's and outlive it. FSZ_ENOMEM, FSZ_ESYSTEM. */
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
/* A new reference to the policy that new connections are judged by; NULL before the first
 * fsz_access_configure(). Any thread. */
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
