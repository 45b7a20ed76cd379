/* bounds_log.h - the log line about a connection that we ended because it met a bound: it is the
 * operator's to know who does, and to widen the bound. */
#ifndef FSZ_BOUNDS_LOG_H
#define FSZ_BOUNDS_LOG_H

#include "host.h"
#include "ratelimit.h"
#include "zmtp/conn.h"

/* Logs the peer's address and the bound, at most every FSZ_LOG_INTERVAL_MS; nothing for any other
 * ending. `whose`: the owner of the socket. The thread of the socket. */
void fsz_bounds_log(struct fsz_ratelimit *limit, const struct fsz_host *host, const char *whose,
                    const struct fsz_conn *conn, enum fsz_zmtp_ending ending);

#endif
