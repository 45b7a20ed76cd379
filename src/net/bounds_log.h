/* SPDX-License-Identifier: MPL-2.0 */
/* bounds_log.h - log lines about connections that reach a limit, so that the operator sees which
 * client it is and can raise the limit.
 *
 * Called on the thread of the socket. Logs at most one line every FSZ_LOG_INTERVAL_MS for each
 * `limit`. `whose` is the owner of the socket. */
#ifndef FSZ_BOUNDS_LOG_H
#define FSZ_BOUNDS_LOG_H

#include "base/ratelimit.h"
#include "host/host.h"
#include "zmtp/conn.h"

/* Logs the address of the peer and the limit, if we ended the connection for a limit; nothing for
 * any other ending. */
void fsz_bounds_log(struct fsz_ratelimit *limit, const struct fsz_host *host, const char *whose,
                    const struct fsz_conn *conn, enum fsz_zmtp_ending ending);
/* Logs that a new connection was closed at once. */
void fsz_bounds_log_turned_away(struct fsz_ratelimit *limit, const struct fsz_host *host,
                                const char *whose, const struct fsz_address *peer,
                                enum fsz_zmtp_ending ending);

#endif
