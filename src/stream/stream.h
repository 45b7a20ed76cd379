/* SPDX-License-Identifier: MPL-2.0 */
/* stream.h - one named stream: its XPUB on our own wire, a libzmq XPUB for inproc and multicast,
 * its numbers and its subscribers.
 *
 * Wire: docs/protocol/events.md. Everything belongs to the stream thread, except
 * fsz_stream_send_now() and fsz_stream_lose(). The state that the stream thread shares with a
 * thread that sends at once, above all the numbers and counters, is guarded by the lock of the pub.
 * A configuration changes only while no thread can send at once (fsz_publisher_change()). */
#ifndef FSZ_STREAM_H
#define FSZ_STREAM_H

#include "auth/access.h"
#include "auth/access_gate.h"
#include "auth/audit.h"
#include "base/uuid.h"
#include "config/config.h"
#include "net/client_events.h"
#include "net/connections.h"
#include "net/endpoints.h"
#include "net/mismatch.h"
#include "stream/event_type.h"
#include "stream/message.h"
#include "stream/subscriptions.h"
#include "stream/views.h"
#include "zmtp/pub.h"

enum { FSZ_SUBSCRIPTION_BYTES_MAX = 4096 }; /* a peer that sends a larger message is disconnected */

struct fsz_stream_counters {
#define FSZ_COUNTERS_STREAM(member, unit, meaning) uint64_t member;
#include "counters/counters.def"
};

struct fsz_stream_figures {
    uint64_t                   seq;
    size_t                     subscribers; /* on our own wire */
    struct fsz_stream_counters counters;
};

/* What a stream needs. All of it stays with the caller and outlives the stream. */
struct fsz_stream_base {
    struct fsz_loop          *loop;    /* of the stream thread */
    void                     *context; /* libzmq's */
    const struct fsz_host    *host;
    struct fsz_access        *access;
    struct fsz_audit         *audit; /* or NULL */
    struct fsz_event_types   *types;
    struct fsz_client_events *client_events; /* or NULL */
};

struct fsz_stream {
    char                           *name;
    char                            epoch[FSZ_UUID_BYTES]; /* new at each start */
    unsigned                        slot;
    const struct fsz_stream_config *config; /* of the current routes; NULL: it is closing */
    struct fsz_stream_base          base;

    struct fsz_pub         *pub;
    struct fsz_access_gate *gate;
    struct fsz_views        views;   /* what its subscribers may see */
    bool                    changed; /* their subscriptions have changed */
    struct fsz_mismatch     mismatch;
    struct fsz_ratelimit    refusals;    /* limit log lines about subscriptions over a limit */
    struct fsz_ratelimit    turned_away; /* and about connections over a limit */
    struct fsz_ratelimit    bounds;      /* and about connections that end at a limit */

    struct fsz_endpoints      endpoints;     /* with the libzmq socket, if there is one */
    struct fsz_subscriptions *subscriptions; /* the heads of the types; subscriptions over inproc */
    struct fsz_loop_watch     local_watch;
    bool                      local; /* the libzmq socket exists; guarded by the lock of the pub */
    bool                      used;  /* a call on the libzmq socket may have taken its signal */
    bool                      pending;   /* input is waiting on it, or may be */
    bool                      multicast; /* an open endpoint does not report subscriptions */

    /* Also guarded by the lock of the pub, up to type_seq_reported. */
    uint64_t          seq;                          /* of the last message */
    uint64_t          seq_flushed;                  /* at the end of the last flush */
    uint64_t         *type_seq, *type_seq_reported; /* by type id; reported: by the last beat */
    bool             *type_wanted;                  /* by type id; as last marked */
    _Atomic uint32_t *lost;                         /* by type id; [event_types_max]: no type */
    _Atomic uint64_t  lost_unseen;
    int64_t           next_beat_ms;
    uint64_t          beats; /* sent so far */

    struct fsz_stream_counters counters; /* guarded by the lock of the pub */
    void (*closed)(void *argument);      /* called when it is freed; or NULL */
    void *closed_argument;
};

/* Makes a stream with no endpoint open. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_stream_new(const struct fsz_stream_base *base, unsigned slot,
                                     const struct fsz_config        *whole,
                                     const struct fsz_stream_config *config,
                                     struct fsz_stream             **ret_stream);
/* Closes the stream, after `.bye/` if it was `announced` and its framing has it. Messages queued to
 * subscribers are sent within `linger_ms`, while the loop is turned. After that, `closed` (or NULL)
 * is called. Accepts NULL in *stream; then `closed` is not called. */
void fsz_stream_free(struct fsz_stream **stream, bool announced, int64_t linger_ms,
                     void (*closed)(void *argument), void *argument);
/* Changes to a configuration of the same name. Subscribers stay, unless they must show other
 * credentials now. */
void fsz_stream_configure(struct fsz_stream *stream, const struct fsz_config *whole,
                          const struct fsz_stream_config *config);

/* stream_send.c */

/* Gives numbers to those messages of a list (linked by `next`) that are for this stream, and sends
 * them. */
void fsz_stream_publish(struct fsz_stream *stream, struct fsz_message *first);
/* Like fsz_pub_flush_blocked(). */
void fsz_stream_flush_blocked(struct fsz_stream *stream);
/* Sends one message at once, if all subscribers are on our own wire and idle, if their number is at
 * most *writes (which is reduced by it), and if the lock is free. False: not sent. Any thread;
 * never waits for a peer. */
bool fsz_stream_send_now(struct fsz_stream *stream, struct fsz_message *message, size_t *writes);
/* Counts an event that was lost before it reached this stream. Any thread. `type` may be NULL. */
void fsz_stream_lose(struct fsz_stream *stream, const struct fsz_event_type *type);
/* Uses up the numbers of lost events, so that subscribers see the gap. */
void fsz_stream_settle_losses(struct fsz_stream *stream);
/* The same; the caller holds the lock of the pub. */
void fsz_stream_settle_losses_held(struct fsz_stream *stream);

/* Whether its subscriptions or multicast endpoints have changed since the last call. If so, the
 * wanted types must be marked again. */
bool fsz_stream_has_changed(struct fsz_stream *stream);
bool fsz_stream_has_subscribers(const struct fsz_stream *stream);
void fsz_stream_figures(const struct fsz_stream *stream, struct fsz_stream_figures *ret_figures);
/* Adds new types to its subscriptions, and marks on all types whether this stream wants them. A
 * type that is wanted again uses up a number for the pause, in which its events were not counted.
 */
void fsz_stream_mark_wanted(struct fsz_stream *stream);
/* After a change of grants: disconnects subscribers whose user is gone, and limits the
 * subscriptions of the others to their present grants. */
void fsz_stream_review(struct fsz_stream *stream);

/* stream_wire.c */
FSZ_NODISCARD fsz_err fsz_stream_open_wire(struct fsz_stream              *stream,
                                           const struct fsz_config        *whole,
                                           const struct fsz_stream_config *config);
void fsz_stream_configure_wire(struct fsz_stream *stream, const struct fsz_config *whole,
                               const struct fsz_stream_config *config);

/* Adds what the stream knows of one of its connections. Stream thread. */
void fsz_stream_describe(struct fsz_connection *connection);

/* stream_local.c: the libzmq socket. */

/* An fsz_endpoints_local_fn. */
void *fsz_stream_open_local(void *stream);
void  fsz_stream_close_local(struct fsz_stream *stream, int64_t linger_ms);
/* Sends to the libzmq socket, if there is one. False: it refused. */
bool fsz_stream_send_local(struct fsz_stream *stream, struct fsz_message *message, const char *meta,
                           size_t meta_size);
bool fsz_stream_send_own_local(struct fsz_stream *stream, const char *topic, const char *meta,
                               size_t meta_size);
/* Reads subscriptions, but only so many that events do not wait for long (`pending`: there may be
 * more). */
void fsz_stream_read_local(struct fsz_stream *stream);
/* Checks the socket for input if it was used. Call it before waiting. */
void fsz_stream_check_local(struct fsz_stream *stream);

/* stream_own.c: the stream's own messages. They carry the last number used and use up none. */

/* Sends the beats if they are due. Returns when the next ones are due (INT64_MAX: never). */
int64_t fsz_stream_beat(struct fsz_stream *stream, int64_t now_ms);
void    fsz_stream_say_bye(struct fsz_stream *stream);
/* Reports a subscriber's losses to it, if it takes the report. The caller holds the lock of the
 * pub. */
void fsz_stream_report_lost(struct fsz_stream *stream, struct fsz_subscriber *subscriber);

#endif
