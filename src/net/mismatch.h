/* mismatch.h - connections that end in the handshake because the two sides are set up differently:
 * a line of the log.
 *
 * Neither access control nor the audit sees them: ZMTP ends such a connection before anyone is
 * asked. Belongs to the thread of the socket. */
#ifndef FSZ_MISMATCH_H
#define FSZ_MISMATCH_H

#include "base/ratelimit.h"
#include "config/config.h"
#include "host/host.h"
#include "zmtp/conn.h"

struct fsz_mismatch {
    uint64_t             waiting; /* noted, and not logged yet */
    struct fsz_ratelimit limit;
};

/* A connection has ended: counts and logs it, at most every FSZ_LOG_INTERVAL_MS, if it was in the
 * handshake and for something that the owner of one of the sides has to change. `whose`: the
 * socket's owner, and `security` its own. */
void fsz_mismatch_note(struct fsz_mismatch *mismatch, const struct fsz_host *host,
                       const char *whose, enum fsz_security security, const struct fsz_conn *conn,
                       enum fsz_zmtp_ending ending);

#endif
