/* stream.h - one named stream: its XPUB socket, its numbers, its subscribers.
 *
 * Wire: docs/protocol/events.md. Everything belongs to the stream thread, except fsz_stream_lose().
 */
#ifndef FSZ_STREAM_H
#define FSZ_STREAM_H

#include "access.h"
#include "audience.h"
#include "audit.h"
#include "config.h"
#include "endpoints.h"
#include "inflow.h"
#include "kind.h"
#include "message.h"
#include "mismatch.h"
#include "monitor.h"
#include "subscriptions.h"
#include "uuid.h"

enum { FSZ_SUBSCRIPTION_BYTES_MAX = 4096 }; /* a peer whose message is larger is disconnected */

struct fsz_stream_counters {
    uint64_t events_sent,
        bytes_sent;         /* handed to libzmq, once whatever the number of subscribers */
    uint64_t lost;          /* refused by the queue or out of memory; each is a gap in seq */
    uint64_t truncated;     /* sent without members that did not fit */
    uint64_t send_failures; /* libzmq refused a message; a gap too */
    uint64_t strays;        /* connections cut off over messages that are no subscription */
    uint64_t endless;       /* connections cut off in the middle of a message without end */
    uint64_t subscriptions_refused; /* those of which nothing is granted */
};

/* What a stream stands on; all stay the caller's and outlive it. */
struct fsz_stream_base {
    void              *context;
    struct fsz_access *access;
    struct fsz_audit  *audit;
    struct fsz_kinds  *kinds;
};

struct fsz_stream {
    char                           *name;
    char                            epoch[FSZ_UUID_BYTES]; /* new at each start */
    unsigned                        slot;
    void                           *socket, *monitor;
    int                             fd, monitor_fd; /* readable: something may have come */
    bool                            used;    /* a call on the socket may have taken that signal */
    bool                            pending; /* something came, or may have */
    bool                            adrift;  /* libzmq may take subscriptions for another's */
    const struct fsz_stream_config *config;  /* of the current routes */
    struct fsz_endpoints            endpoints;
    struct fsz_subscriptions       *subscriptions; /* what is given to somebody */
    struct fsz_audience            *audience;      /* to whom */
    struct fsz_inflow              *inflow;
    struct fsz_stream_base          base;
    uint64_t                        seq;                 /* of the last message */
    uint64_t                  *kind_seq, *kind_seq_told; /* by kind id; told by the last beat */
    bool                      *kind_wanted;              /* by kind id; as last marked */
    _Atomic uint32_t          *lost;                     /* by kind id; [kinds_max]: no kind */
    _Atomic uint64_t           lost_unseen;
    bool                       multicast; /* an endpoint is open that tells of no subscriptions */
    int64_t                    next_beat_ms;
    uint64_t                   beats; /* sent so far */
    struct fsz_stream_counters counters;
    struct fsz_connections     connections;
    struct fsz_mismatch        mismatch;
};

/* A stream with a socket, nothing opened. FSZ_ENOMEM, FSZ_ESYSTEM. */
FSZ_NODISCARD fsz_err fsz_stream_new(const struct fsz_stream_base *base, unsigned slot,
                                     const struct fsz_stream_config *config,
                                     uint64_t subscriptions_max, struct fsz_stream **ret_stream);
/* Says `.bye/` if that framing has it, and closes; what is queued to subscribers goes out within
 * `linger_ms`. */
void fsz_stream_free(struct fsz_stream **stream, int linger_ms);

/* Goes over to a configuration of the same name for which its socket will do
 * (fsz_stream_options_differ()); no subscriber notices. */
void fsz_stream_configure(struct fsz_stream *stream, const struct fsz_stream_config *config);
/* A new stream takes the place of one of the same name that needs another socket: it goes on with
 * its epoch, numbers and counters. The old one is then to be freed; its subscribers come to the
 * heir on their own. No other thread may know either stream meanwhile. */
void fsz_stream_succeed(struct fsz_stream *heir, struct fsz_stream *old);

/* Gives a message its numbers and sends it. */
void fsz_stream_publish(struct fsz_stream *stream, struct fsz_message *message);
/* An event for this stream was lost before it got here. Any thread. `kind` may be NULL. */
void fsz_stream_lose(struct fsz_stream *stream, const struct fsz_kind *kind);
/* Takes the numbers of what was lost, so that subscribers see the gap. */
void fsz_stream_settle_losses(struct fsz_stream *stream);
/* Asks the socket, where it was used: libzmq's descriptors signal once, and any call on the socket
 * may take the signal (ZMQ_FD in zmq_getsockopt(3)). To be called before waiting on `fd`. */
void fsz_stream_check(struct fsz_stream *stream);
/* Reads subscriptions, so many at most that events need not wait for long (`pending`: there may be
 * more), then connections' events; true when the subscriptions changed. */
bool fsz_stream_read(struct fsz_stream *stream);
/* Multicast tells of no subscriptions: while such an endpoint is open, everything selected is
 * wanted. True when that has changed; then the wanted kinds are to be marked again. */
bool fsz_stream_follow_endpoints(struct fsz_stream *stream);
/* Cuts off who sends a subscription without end; returns when to look again (INT64_MAX: nobody is
 * there). */
int64_t fsz_stream_watch(struct fsz_stream *stream, int64_t now_ms);
/* When fsz_stream_read() is to be called although nothing came; INT64_MAX: never. */
int64_t fsz_stream_next_read_ms(const struct fsz_stream *stream);
bool    fsz_stream_has_subscribers(const struct fsz_stream *stream);
/* Tells its subscriptions the kinds that are new, and marks on all kinds whether this stream wants
 * them. A kind that is wanted again takes a number for the pause, in which its events were not
 * counted. */
void fsz_stream_mark_wanted(struct fsz_stream *stream);
/* After a change of grants: see fsz_audience_review(). */
void fsz_stream_review(struct fsz_stream *stream);
/* stream_listen.c: subscribers are asked who they are from now on; one message of theirs, false:
 * none there. */
FSZ_NODISCARD fsz_err fsz_stream_listen(struct fsz_stream *stream);
bool                  fsz_stream_take_subscription(struct fsz_stream *stream);
/* stream.c, for its parts: sends one of the stream's own messages, which carry the last number used
 * and take none. `kind`: its member of that name; `more`: further members, each behind a comma. */
bool fsz_stream_send_own(struct fsz_stream *stream, const char *topic, const char *kind,
                         const char *more);
/* stream_beat.c: sends the beats when they are due; returns when the next ones are (INT64_MAX:
 * none). */
int64_t fsz_stream_beat(struct fsz_stream *stream, int64_t now_ms);

#endif
