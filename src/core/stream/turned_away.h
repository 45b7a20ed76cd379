/* turned_away.h - connections that were closed at once because a bound was reached: a line of the
 * log. Belongs to the thread of the socket. */
#ifndef FSZ_TURNED_AWAY_H
#define FSZ_TURNED_AWAY_H

#include "host.h"
#include "ratelimit.h"
#include "zmtp/address.h"

/* Logs it, at most every FSZ_LOG_INTERVAL_MS: it is the operator's to know who meets a bound, and
 * to widen it. `whose`: the socket's owner. */
void fsz_turned_away_note(struct fsz_ratelimit *limit, const struct fsz_host *host,
                          const char *whose, const struct fsz_address *peer,
                          enum fsz_zmtp_ending ending);

#endif
