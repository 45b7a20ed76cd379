/* SPDX-License-Identifier: MPL-2.0 */
#include "net/bounds_log.h"

#include "host/log.h"

#include <inttypes.h>

static const bool bounds_log_has[FSZ_ZMTP_ENDING_COUNT] = {
    [FSZ_ZMTP_END_MESSAGE_BYTES] = true, [FSZ_ZMTP_END_MESSAGE_FRAMES] = true,
    [FSZ_ZMTP_END_INPUT_BYTES] = true,   [FSZ_ZMTP_END_OUTPUT_BYTES] = true,
    [FSZ_ZMTP_END_MEMORY] = true,
};

void fsz_bounds_log(struct fsz_ratelimit *limit, const struct fsz_host *host, const char *whose,
                    const struct fsz_conn *conn, enum fsz_zmtp_ending ending)
{
    uint64_t suppressed = 0;
    if (!bounds_log_has[ending] || !fsz_ratelimit_passes(limit, &suppressed)) {
        return;
    }
    fsz_host_log(host, FSZ_LOG_WARNING,
                 "%.79s: disconnected %.100s: %s (%" PRIu64 " similar lines suppressed)", whose,
                 fsz_conn_facts(conn)->peer, fsz_zmtp_ending_text(ending), suppressed);
}

void fsz_bounds_log_turned_away(struct fsz_ratelimit *limit, const struct fsz_host *host,
                                const char *whose, const struct fsz_address *peer,
                                enum fsz_zmtp_ending ending)
{
    uint64_t suppressed = 0;
    char     address[FSZ_ADDRESS_TEXT_BYTES];
    if (!fsz_ratelimit_passes(limit, &suppressed)) {
        return;
    }
    fsz_address_write(peer, address);
    fsz_host_log(host, FSZ_LOG_WARNING,
                 "%.79s: closed a new connection from %.100s: %s; %" PRIu64
                 " more since the last such line",
                 whose, address, fsz_zmtp_ending_text(ending), suppressed);
}
