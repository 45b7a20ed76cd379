#include "turned_away.h"

#include <inttypes.h>
#include <stdio.h>

void fsz_turned_away_note(struct fsz_ratelimit *limit, const struct fsz_host *host,
                          const char *whose, const struct fsz_address *peer,
                          enum fsz_zmtp_ending ending)
{
    uint64_t held_back = 0;
    char     address[FSZ_ADDRESS_TEXT_BYTES], line[512];
    if (!fsz_ratelimit_passes(limit, &held_back)) {
        return;
    }
    fsz_address_write(peer, address);
    snprintf(line, sizeof(line),
             "%.79s: closed a new connection of %.100s at once: %s; %" PRIu64
             " more since the last such line",
             whose, address, fsz_zmtp_ending_text(ending), held_back);
    host->log(host->self, FSZ_LOG_WARNING, line);
}
