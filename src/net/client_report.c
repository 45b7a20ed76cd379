/* SPDX-License-Identifier: MPL-2.0 */
/* Turns what happens to connections into notes in the outbox. */
#include "base/clock.h"
#include "net/client_note.h"

static void client_note(const struct fsz_client_source *source, enum fsz_client_action action,
                        struct fsz_conn *conn, enum fsz_zmtp_ending ending)
{
    struct fsz_client_note note;
    if (fsz_client_events_are_on(source->events)) {
        fsz_client_note_take(&note, action, source, conn, ending);
        fsz_client_events_put(source->events, &note);
    }
}

void fsz_client_came(const struct fsz_client_source *source, struct fsz_conn *conn)
{
    client_note(source, FSZ_CLIENT_CONNECT, conn, FSZ_ZMTP_END_PEER);
}

void fsz_client_went(const struct fsz_client_source *source, struct fsz_conn *conn,
                     enum fsz_zmtp_ending ending)
{
    bool of_peer = ending == FSZ_ZMTP_END_PEER || ending == FSZ_ZMTP_END_SYSTEM ||
                   ending == FSZ_ZMTP_END_DENIED;
    if (fsz_conn_is_ready(conn)) {
        client_note(source, of_peer ? FSZ_CLIENT_LEAVE : FSZ_CLIENT_DISCONNECT, conn, ending);
    } else if (!of_peer && ending != FSZ_ZMTP_END_STOPPED) {
        client_note(source, FSZ_CLIENT_REJECT, conn, ending);
    }
}

void fsz_client_turned_away(const struct fsz_client_source *source, const struct fsz_address *peer,
                            enum fsz_zmtp_ending ending)
{
    struct fsz_client_note note;
    if (fsz_client_events_are_on(source->events)) {
        fsz_client_note_address(&note, source, peer, ending);
        fsz_client_events_put(source->events, &note);
    }
}

void fsz_client_lost(struct fsz_client_lag *lag, const struct fsz_client_source *source,
                     struct fsz_conn *conn)
{
    int64_t now_ms = lag->reported ? 0 : fsz_clock_monotonic_ms();
    if (!lag->reported && now_ms >= lag->next_ms) {
        *lag = (struct fsz_client_lag){.reported = true, .next_ms = now_ms + FSZ_CLIENT_LAG_MS};
        client_note(source, FSZ_CLIENT_LAG, conn, FSZ_ZMTP_END_PEER);
    }
}

void fsz_client_caught_up(struct fsz_client_lag *lag, const struct fsz_client_source *source,
                          struct fsz_conn *conn)
{
    if (lag->reported) {
        lag->reported = false;
        client_note(source, FSZ_CLIENT_CAUGHT_UP, conn, FSZ_ZMTP_END_PEER);
    }
}
