/* SPDX-License-Identifier: MPL-2.0 */
/* mismatch.h - log lines about connections that end in the handshake because the two sides have
 * different settings.
 *
 * Neither access control nor the audit sees them: ZMTP ends such a connection before any access
 * check. Belongs to the thread of the socket. */
#ifndef FSZ_MISMATCH_H
#define FSZ_MISMATCH_H

#include "base/ratelimit.h"
#include "config/config.h"
#include "host/host.h"
#include "zmtp/conn.h"

struct fsz_mismatch {
    uint64_t             waiting; /* counted, not logged yet */
    struct fsz_ratelimit limit;
};

/* Call it when a connection has ended. Counts and logs the connection, at most every
 * FSZ_LOG_INTERVAL_MS, if it ended in the handshake because of settings that the owner of one side
 * has to change. `whose` and `security` are the owner and the security of the socket. */
void fsz_mismatch_note(struct fsz_mismatch *mismatch, const struct fsz_host *host,
                       const char *whose, enum fsz_security security, const struct fsz_conn *conn,
                       enum fsz_zmtp_ending ending);

#endif
