/* mismatch.h - peers that show another security mechanism than an endpoint's: a line of the log.
 *
 * Neither ZAP nor the audit sees them: ZMTP ends such a connection before anybody is asked. Each
 * side may be the first to see it, and ends the connection; so where a password or key is wanted,
 * who ended it in the handshake counts too. Belongs to the thread of the socket. */
#ifndef FSZ_MISMATCH_H
#define FSZ_MISMATCH_H

#include "config.h"
#include "host.h"
#include "monitor.h"
#include "ratelimit.h"

struct fsz_mismatch {
    uint64_t             logged;
    struct fsz_ratelimit limit;
};

/* Logs how many there were since the last line, at most every FSZ_LOG_INTERVAL_MS. `whose`: the
 * socket's owner, and `security` its own. */
void fsz_mismatch_log(struct fsz_mismatch *mismatch, const struct fsz_connections *connections,
                      const struct fsz_host *host, const char *whose, enum fsz_security security);

#endif
