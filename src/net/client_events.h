/* SPDX-License-Identifier: MPL-2.0 */
/* client_events.h - events CUSTOM fszmq::client: a connection is made, closed by its peer, rejected
 * or ended by us, or it begins or stops losing messages.
 *
 * They are events of the switch, so its other modules see them too. A loop only puts a note with
 * the facts into an outbox of FSZ_CLIENT_OUTBOX notes. A separate thread takes the notes out and
 * makes the switch fire the events (host.h, send_event). It holds no lock of ours, because these
 * events come back to us like all others.
 *
 * Three groups of events have a rate each: clients that come and go, clients that are rejected or
 * send rubbish, and clients in trouble. So a flood of connections does not hide a subscriber that
 * lags. docs/operations.md, "Client events" */
#ifndef FSZ_CLIENT_EVENTS_H
#define FSZ_CLIENT_EVENTS_H

#include "host/host.h"
#include "zmtp/conn.h"

#define FSZ_CLIENT_SUBCLASS "fszmq::client"

enum {
    FSZ_CLIENT_OUTBOX = 256,   /* notes waiting to be fired */
    FSZ_CLIENT_LAG_MS = 10000, /* between two reports that the same connection lags */
    FSZ_CLIENT_OWED_MS =
        1000, /* after which suppressed events are reported in an event for them alone */
};

struct fsz_client_events;

/* Starts the thread. If the host cannot fire events (no FSZ_CAN_SEND), *ret_events is NULL, which
 * all functions here accept. `host` outlives it. FSZ_ENOMEM, FSZ_ESYSTEM. */
FSZ_NODISCARD fsz_err fsz_client_events_new(const struct fsz_host *host, int64_t rate,
                                            struct fsz_client_events **ret_events);
/* `rate`: events a second for each group (client_note.h); 0: none. Any thread. */
void fsz_client_events_set_rate(struct fsz_client_events *events, int64_t rate);
/* Fires no event once this has returned; drops the notes. Call it before the host goes away. */
void fsz_client_events_stop(struct fsz_client_events *events);
/* Stops first if needed. No thread may add notes any more. */
void fsz_client_events_free(struct fsz_client_events **events);

struct fsz_client_events_counters {
#define FSZ_COUNTERS_CLIENT_EVENTS(member, unit, meaning) uint64_t member;
#include "counters/counters.def"
};
/* Any thread. */
struct fsz_client_events_counters
fsz_client_events_counters(const struct fsz_client_events *events);

/* ---- notes; any thread; any lock may be held except that of a connection --------------------- */

/* The socket that has the connection. The texts stay with the caller. */
struct fsz_client_source {
    struct fsz_client_events *events;      /* or NULL */
    const char               *type, *name; /* Client-Owner: TYPE/NAME, as in `zmq clients` */
};

/* The connection is ready. */
void fsz_client_came(const struct fsz_client_source *source, struct fsz_conn *conn);
/* The connection has ended, perhaps before it was ready. */
void fsz_client_went(const struct fsz_client_source *source, struct fsz_conn *conn,
                     enum fsz_zmtp_ending ending);
/* A new connection was closed at once for a limit. */
void fsz_client_turned_away(const struct fsz_client_source *source, const struct fsz_address *peer,
                            enum fsz_zmtp_ending ending);

/* The state of lag reports for one subscriber. Guarded by its owner. */
struct fsz_client_lag {
    bool    reported; /* the lag was reported, and its end was not */
    int64_t next_ms;  /* no report before this time of fsz_clock_monotonic_ms() */
};
void fsz_client_lost(struct fsz_client_lag *lag, const struct fsz_client_source *source,
                     struct fsz_conn *conn);
void fsz_client_caught_up(struct fsz_client_lag *lag, const struct fsz_client_source *source,
                          struct fsz_conn *conn);

#endif
