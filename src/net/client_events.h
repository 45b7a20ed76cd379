/* client_events.h - events CUSTOM fszmq::client: a connection has come, gone, been ended by us, or
 * has begun or ceased to lose messages.
 *
 * They are events of the switch, which its other modules see too. A loop only takes a note of what
 * has happened: the facts go into an outbox of FSZ_CLIENT_OUTBOX notes. A thread of its own takes
 * them out and has the switch fire the events (host.h, send_event), with no lock of ours held, for
 * these events come back to us as all others do.
 *
 * Clients that come and go, those that are rejected or send rubbish, and those in trouble have a
 * rate each, so that a flood of connections does not hide a subscriber that lags.
 * docs/operations.md, "Client events" */
#ifndef FSZ_CLIENT_EVENTS_H
#define FSZ_CLIENT_EVENTS_H

#include "base/clock.h"
#include "host/host.h"
#include "zmtp/conn.h"

#define FSZ_CLIENT_SUBCLASS "fszmq::client"

enum {
    FSZ_CLIENT_OUTBOX = 256,   /* notes that wait to be fired */
    FSZ_CLIENT_LAG_MS = 10000, /* between two reports that one connection lags */
    FSZ_CLIENT_OWED_MS = 1000, /* until those that were held back are reported alone */
};

struct fsz_client_events;

/* Starts the thread. A host that cannot fire events (FSZ_CAN_SEND) gets none: *ret_events is NULL
 * then, which all functions here accept. `host` outlives it. FSZ_ENOMEM, FSZ_ESYSTEM. */
FSZ_NODISCARD fsz_err fsz_client_events_new(const struct fsz_host *host, int64_t rate,
                                            struct fsz_client_events **ret_events);
/* `rate`: events a second of each group (client_note.h); 0: none. Any thread. */
void fsz_client_events_set_rate(struct fsz_client_events *events, int64_t rate);
/* No event is fired any more once this has returned; notes are dropped. Before the host goes. */
void fsz_client_events_stop(struct fsz_client_events *events);
/* Stops first if need be. Nobody may take notes any more. */
void fsz_client_events_free(struct fsz_client_events **events);

struct fsz_client_events_counters {
#define FSZ_COUNTERS_CLIENT_EVENTS(member, unit, meaning) uint64_t member;
#include "counters/counters.def"
};
/* Any thread. */
struct fsz_client_events_counters
fsz_client_events_counters(const struct fsz_client_events *events);

/* ---- notes; any thread, and with any lock held but a connection's ---------------------------- */

/* The socket that has the connection; its texts stay the caller's. */
struct fsz_client_source {
    struct fsz_client_events *events;      /* or NULL */
    const char               *type, *name; /* Client-Owner: TYPE/NAME, as in `zmq clients` */
};

/* Is ready. */
void fsz_client_came(const struct fsz_client_source *source, struct fsz_conn *conn);
/* Has ended, perhaps before it was ready. */
void fsz_client_went(const struct fsz_client_source *source, struct fsz_conn *conn,
                     enum fsz_zmtp_ending ending);
/* Was closed at once, for a bound. */
void fsz_client_turned_away(const struct fsz_client_source *source, const struct fsz_address *peer,
                            enum fsz_zmtp_ending ending);

/* A subscriber's losses. A value; guarded by whoever owns it. */
struct fsz_client_lag {
    bool    reported; /* and not the end of it */
    int64_t next_ms;  /* of fsz_clock_monotonic_ms(): no report before */
};
void fsz_client_lost(struct fsz_client_lag *lag, const struct fsz_client_source *source,
                     struct fsz_conn *conn);
void fsz_client_caught_up(struct fsz_client_lag *lag, const struct fsz_client_source *source,
                          struct fsz_conn *conn);

#endif
