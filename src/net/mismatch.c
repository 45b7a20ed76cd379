/* SPDX-License-Identifier: MPL-2.0 */
#include "net/mismatch.h"

#include "host/log.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const mismatch_security[] = {
    [FSZ_SECURITY_NONE] = "none",
    [FSZ_SECURITY_PLAIN] = "plain",
    [FSZ_SECURITY_CURVE] = "curve",
};

/* NULL: the settings of the two sides are not the reason. */
static const char *mismatch_reason(const struct fsz_conn *conn, enum fsz_zmtp_ending ending,
                                   char *text, size_t bytes)
{
    switch (ending) {
    case FSZ_ZMTP_END_MECHANISM:
        snprintf(text, bytes, "it uses the mechanism %s", fsz_conn_facts(conn)->mechanism_text);
        return text;
    case FSZ_ZMTP_END_CRYPTO:
        return "its keys do not match: it has another server key, or none";
    case FSZ_ZMTP_END_TYPE:
    case FSZ_ZMTP_END_VERSION:
        return fsz_zmtp_ending_text(ending);
    case FSZ_ZMTP_END_DENIED:
        snprintf(text, bytes, "it refused access (%s)", fsz_conn_peer_reason(conn));
        return text;
    default:
        return NULL;
    }
}

void fsz_mismatch_note(struct fsz_mismatch *mismatch, const struct fsz_host *host,
                       const char *whose, enum fsz_security security, const struct fsz_conn *conn,
                       enum fsz_zmtp_ending ending)
{
    char        text[128];
    uint64_t    suppressed = 0;
    const char *reason =
        fsz_conn_is_ready(conn) ? NULL : mismatch_reason(conn, ending, text, sizeof(text));
    if (reason == NULL) {
        return;
    }
    mismatch->waiting++;
    if (!fsz_ratelimit_passes(&mismatch->limit, &suppressed)) {
        return;
    }
    fsz_host_log(host, FSZ_LOG_WARNING,
                 "%.200s has security %s: %" PRIu64
                 " connection%s ended in the handshake; the last, with %.100s, because %s",
                 whose, mismatch_security[security], mismatch->waiting,
                 mismatch->waiting == 1 ? "" : "s", fsz_conn_facts(conn)->peer, reason);
    mismatch->waiting = 0;
}
