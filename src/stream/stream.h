/* stream.h - one named stream: its XPUB on our own wire, libzmq's for inproc and multicast, its
 * numbers, its subscribers.
 *
 * Wire: docs/protocol/events.md. Everything belongs to the stream thread, except
 * fsz_stream_send_now() and fsz_stream_lose(). What both that thread and one that sends at once
 * use, the numbers and counters above all, is guarded by the lock of the pub. A configuration
 * changes only while nobody can send at once (fsz_publisher_change()). */
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

enum { FSZ_SUBSCRIPTION_BYTES_MAX = 4096 }; /* a peer whose message is larger is disconnected */

struct fsz_stream_counters {
#define FSZ_COUNTERS_STREAM(member, unit, meaning) uint64_t member;
#include "counters/counters.def"
};

struct fsz_stream_figures {
    uint64_t                   seq;
    size_t                     subscribers; /* on our own wire */
    struct fsz_stream_counters counters;
};

/* What a stream stands on; all stay the caller's and outlive it. */
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
    bool                    changed; /* what they want has */
    struct fsz_mismatch     mismatch;
    struct fsz_ratelimit    refusals;    /* log lines about subscriptions over a bound */
    struct fsz_ratelimit    turned_away; /* and about connections over a bound */
    struct fsz_ratelimit    bounds;      /* and about connections that end at one */

    struct fsz_endpoints      endpoints;     /* with libzmq's socket, if there is one */
    struct fsz_subscriptions *subscriptions; /* the kinds' heads, and what is wanted over inproc */
    struct fsz_loop_watch     local_watch;
    bool                      local;     /* that socket is there; guarded by the lock of the pub */
    bool                      used;      /* a call on libzmq's socket may have taken its signal */
    bool                      pending;   /* something came there, or may have */
    bool                      multicast; /* an endpoint is open that tells of no subscriptions */

    /* Guarded likewise, up to type_seq_told. */
    uint64_t          seq;                          /* of the last message */
    uint64_t          seq_flushed;                  /* at the end of the last flush */
    uint64_t         *type_seq, *type_seq_reported; /* by kind id; told by the last beat */
    bool             *type_wanted;                  /* by kind id; as last marked */
    _Atomic uint32_t *lost;                         /* by kind id; [event_types_max]: no kind */
    _Atomic uint64_t  lost_unseen;
    int64_t           next_beat_ms;
    uint64_t          beats; /* sent so far */

    struct fsz_stream_counters counters; /* guarded likewise */
    void (*closed)(void *argument);      /* once it is to be freed; or NULL */
    void *closed_argument;
};

/* A stream with nothing opened. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_stream_new(const struct fsz_stream_base *base, unsigned slot,
                                     const struct fsz_config        *whole,
                                     const struct fsz_stream_config *config,
                                     struct fsz_stream             **ret_stream);
/* Says `.bye/` if it was `announced` and its framing has it, and closes; what is queued to
 * subscribers goes out within `linger_ms`, while the loop is turned; `closed` (or NULL) is called
 * after that. Accepts NULL in *stream: nothing is called. */
void fsz_stream_free(struct fsz_stream **stream, bool announced, int64_t linger_ms,
                     void (*closed)(void *argument), void *argument);
/* Goes over to a configuration of the same name. Subscribers stay, unless they have to show
 * something else now. */
void fsz_stream_configure(struct fsz_stream *stream, const struct fsz_config *whole,
                          const struct fsz_stream_config *config);

/* stream_send.c */

/* Gives those messages of a list (linked by `next`) that are for this stream their numbers and
 * sends them. */
void fsz_stream_publish(struct fsz_stream *stream, struct fsz_message *first);
/* As fsz_pub_flush_blocked(). */
void fsz_stream_flush_blocked(struct fsz_stream *stream);
/* The same for one message, at once, if all subscribers are on our own wire and idle, if they are
 * no more than *writes (which is lowered by so many), and if the lock is free. False: it was not
 * sent. Any thread; never waits for a peer. */
bool fsz_stream_send_now(struct fsz_stream *stream, struct fsz_message *message, size_t *writes);
/* An event for this stream was lost before it got here. Any thread. `type` may be NULL. */
void fsz_stream_lose(struct fsz_stream *stream, const struct fsz_event_type *type);
/* Takes the numbers of what was lost, so that subscribers see the gap. */
void fsz_stream_settle_losses(struct fsz_stream *stream);
/* The same with the lock of the pub held. */
void fsz_stream_settle_losses_held(struct fsz_stream *stream);

/* Have its subscriptions or its multicast endpoints changed since the last call? Then the wanted
 * kinds are to be marked again. */
bool fsz_stream_has_changed(struct fsz_stream *stream);
bool fsz_stream_has_subscribers(const struct fsz_stream *stream);
void fsz_stream_figures(const struct fsz_stream *stream, struct fsz_stream_figures *ret_figures);
/* Tells its subscriptions the kinds that are new, and marks on all kinds whether this stream wants
 * them. A kind that is wanted again takes a number for the pause, in which its events were not
 * counted. */
void fsz_stream_mark_wanted(struct fsz_stream *stream);
/* After a change of grants: disconnects subscribers whose user is gone, and narrows what the others
 * have subscribed to. */
void fsz_stream_review(struct fsz_stream *stream);

/* stream_wire.c */
FSZ_NODISCARD fsz_err fsz_stream_open_wire(struct fsz_stream              *stream,
                                           const struct fsz_config        *whole,
                                           const struct fsz_stream_config *config);
void fsz_stream_configure_wire(struct fsz_stream *stream, const struct fsz_config *whole,
                               const struct fsz_stream_config *config);

/* What else is known of one of its connections; stream thread. */
void fsz_stream_describe(struct fsz_connection *connection);

/* stream_local.c: libzmq's socket. */

/* An fsz_endpoints_local_fn. */
void *fsz_stream_open_local(void *stream);
void  fsz_stream_close_local(struct fsz_stream *stream, int64_t linger_ms);
/* Sends to it, if there is one; false: it refused. */
bool fsz_stream_send_local(struct fsz_stream *stream, struct fsz_message *message, const char *meta,
                           size_t meta_size);
bool fsz_stream_send_own_local(struct fsz_stream *stream, const char *topic, const char *meta,
                               size_t meta_size);
/* Reads subscriptions, so many at most that events need not wait for long (`pending`: there may be
 * more). */
void fsz_stream_read_local(struct fsz_stream *stream);
/* Asks the socket, where it was used: to be called before waiting. */
void fsz_stream_check_local(struct fsz_stream *stream);

/* stream_own.c: the stream's own messages, which carry the last number used and take none. */

/* Sends the beats when they are due; returns when the next ones are (INT64_MAX: none). */
int64_t fsz_stream_beat(struct fsz_stream *stream, int64_t now_ms);
void    fsz_stream_say_bye(struct fsz_stream *stream);
/* Tells a subscriber what it has lost, if it can be told; with the lock of the pub held. */
void fsz_stream_report_lost(struct fsz_stream *stream, struct fsz_subscriber *subscriber);

#endif
