/* bounds_log.h - log lines about connections that met a bound, so that the operator sees who does,
 * and can widen it. The thread of the socket calls; at most a line every FSZ_LOG_INTERVAL_MS for
 * each limit. `whose`: the owner of the socket. */
#ifndef FSZ_BOUNDS_LOG_H
#define FSZ_BOUNDS_LOG_H

#include "base/ratelimit.h"
#include "host/host.h"
#include "zmtp/conn.h"

/* We ended it. Logs the peer's address and the bound; nothing for any other ending. */
void fsz_bounds_log(struct fsz_ratelimit *limit, const struct fsz_host *host, const char *whose,
                    const struct fsz_conn *conn, enum fsz_zmtp_ending ending);
/* A new connection was closed at once. */
void fsz_bounds_log_turned_away(struct fsz_ratelimit *limit, const struct fsz_host *host,
                                const char *whose, const struct fsz_address *peer,
                                enum fsz_zmtp_ending ending);

#endif
