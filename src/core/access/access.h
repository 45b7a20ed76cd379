/* access.h - who may connect, with NULL, PLAIN (RFC 24) or CURVE (RFC 26).
 *
 * A thread of its own answers the sockets of our own wire (access_gate.h) and libzmq, which asks at
 * inproc://zeromq.zap.01 (RFC 27). The question names the stream or API channel
 * (fsz_socket_config's owner). Its address lists are asked first, through the host, which may take
 * its time; then, as its security says, the password or key is checked. A peer without an address
 * (ipc) needs no list: the file's permissions have decided. peer.h has the user id that libzmq
 * gets.
 *
 * An address that failed `failures-per-minute` times is asked to come again, without a look at what
 * it shows, until its minute is over. All peers wait for one thread: with 10 failures and 25 ms for
 * a password one address takes a 240th of its time, and all of them at most half
 * (credentials.h). */
#ifndef FSZ_ACCESS_H
#define FSZ_ACCESS_H

#include "audit.h"
#include "config.h"
#include "host.h"
#include "policy.h"
#include "zmtp/zmtp.h"

struct fsz_access;

/* Starts it, before any socket with a ZAP domain is opened on `context`. Until
 * fsz_access_configure() everybody is asked to come again. `host` and `audit` (may be NULL: none)
 * stay the caller's and outlive it. FSZ_ENOMEM, FSZ_ESYSTEM. */
FSZ_NODISCARD fsz_err fsz_access_new(void *context, const struct fsz_host *host,
                                     struct fsz_audit *audit, struct fsz_access **ret_access);
void                  fsz_access_free(struct fsz_access **access);
/* What a configuration says of its sockets, copied, and who is known, of which it takes a
 * reference; both change in one step. Connections that are open stay so: whoever has their sockets
 * cuts them (fsz_peers_cut). FSZ_ENOMEM: nothing changed. */
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
    uint64_t admitted, refused; /* of all mechanisms */

    struct fsz_access_counts mechanisms[FSZ_ZMTP_MECHANISMS]; /* of each that is known */

    uint64_t limited; /* of those refused: without a look, by failures-per-minute */
    uint64_t
        deferred; /* asked to come again: stream not known yet, password later, too many wait */
    uint64_t malformed;         /* questions that are not ZAP 1.0, such as passwords with a NUL */
    uint64_t passwords_checked; /* by Argon2id */
    uint64_t passwords_remembered; /* that needed no such check */
    uint64_t addresses_forgotten;  /* failures of addresses dropped for those of others */
};
/* Any thread. */
struct fsz_access_counters fsz_access_counters(const struct fsz_access *access);

#endif
