#include "mismatch.h"

#include <inttypes.h>
#include <stdio.h>

/* What the owner of the other side has to look at. */
static const struct {
    const char *name, *shown;
} mismatch_texts[] = {
    [FSZ_SECURITY_NONE] = {"none", "a password or a key, which is not asked for"},
    [FSZ_SECURITY_PLAIN] = {"plain", "no user and password, or ended it before"},
    [FSZ_SECURITY_CURVE] = {"curve", "no key, or ended it before"},
};

void fsz_mismatch_log(struct fsz_mismatch *mismatch, const struct fsz_connections *connections,
                      const struct fsz_host *host, const char *whose, enum fsz_security security)
{
    bool     wanted = security != FSZ_SECURITY_NONE;
    uint64_t count = connections->mismatched + (wanted ? connections->broken_off : 0);
    uint64_t held_back = 0;
    char     line[512];
    if (count <= mismatch->logged || !fsz_ratelimit_passes(&mismatch->limit, &held_back)) {
        return;
    }
    snprintf(line, sizeof(line),
             "%.200s has security %s: %" PRIu64 " connection%s ended in the handshake, because the "
             "other side showed %s",
             whose, mismatch_texts[security].name, count - mismatch->logged,
             count - mismatch->logged == 1 ? "" : "s", mismatch_texts[security].shown);
    mismatch->logged = count;
    host->log(host->self, FSZ_LOG_WARNING, line);
}
