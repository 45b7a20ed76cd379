/* SPDX-License-Identifier: MPL-2.0 */
/* conn.h - one connection: greeting, handshake, incoming frames, output queue, heartbeats.
 *
 * It belongs to its loop's thread, except where a function says "any thread". It is
 * reference-counted: code that keeps one beyond a callback needs a reference. An idle connection
 * uses no memory beyond its struct: bytes are read into the loop's scratch memory, and buffers
 * exist only while a message is incomplete or output is queued.
 *
 * Input is bounded by message_bytes and message_frames. Memory for it is allocated as bytes arrive,
 * never by the size that a peer announces. Output is bounded by output_messages and output_bytes.
 * When the queue fills up, messages for this peer are dropped by priority. */
#ifndef FSZ_ZMTP_CONN_H
#define FSZ_ZMTP_CONN_H

#include "zmtp/address.h"
#include "zmtp/frame.h"
#include "zmtp/loop.h"
#include "zmtp/mechanism.h"
#include "zmtp/origin.h"
#include "zmtp/zmtp_message.h"

struct fsz_conn;

enum {
    FSZ_CONN_READ_BYTES = FSZ_LOOP_SCRATCH_BYTES, /* read from one connection in one turn of the
                                                     loop, and only for a large frame */
    FSZ_CONN_WRITE_BYTES = 1 << 18, /* written to the socket in one go, at least one message */
    FSZ_CONN_FRAME_OVERHEAD = 64    /* counted for each frame in addition to its body */
};

struct fsz_conn_limits {
    size_t   message_bytes; /* of one incoming message: bodies and overheads */
    size_t   message_frames;
    uint64_t output_messages; /* queued; 0: no bound */
    size_t   output_bytes;    /* queued; 0: no bound. One message may always be queued */
};

struct fsz_conn_times {
    int64_t handshake_ms; /* for greeting and handshake, without the time that the gate takes */
    int64_t heartbeat_ms; /* between two PINGs; 0: no heartbeats */
    int64_t heartbeat_timeout_ms; /* from a PING until any byte arrives; 0: same as heartbeat_ms */
    int64_t heartbeat_ttl_ms;     /* sent with each PING; 0: no TTL */
};

enum { FSZ_CONN_PATIENCE_MS = 30000 }; /* for an incomplete message, when memory is short */

/* Memory of the incomplete messages of several connections. When it reaches `max`, a connection
 * ends with INPUT_BYTES: the newest one in the handshake, otherwise the one that uses most. If that
 * is the connection that needs more memory, the oldest one that has not completed a message for
 * `patience_ms` ends instead. Loop thread. */
struct fsz_conn_inputs {
    size_t           used, peak, max; /* max 0: no bound */
    int64_t          patience_ms;     /* FSZ_CONN_PATIENCE_MS; tests use less */
    struct fsz_conn *oldest, *newest; /* with an incomplete message */
};

/* What a connection reports, on the loop's thread. A callback may end any connection, including
 * this one. Members may be NULL. */
struct fsz_conn_handler {
    /* The peer has shown credentials. fsz_conn_judge() gives the decision, now or later. NULL:
     * everyone is admitted. */
    void (*asks)(void *self, struct fsz_conn *conn,
                 const struct fsz_mechanism_credentials *credentials);
    void (*ready)(void *self, struct fsz_conn *conn);
    /* A complete message. The frames are valid until the callback returns. */
    void (*message)(void *self, struct fsz_conn *conn, const struct fsz_frames *frames);
    /* SUBSCRIBE or CANCEL of ZMTP 3.1. */
    void (*subscription)(void *self, struct fsz_conn *conn, bool subscribe, const uint8_t *prefix,
                         size_t size);
    /* The queue had dropped messages, and is now down to a quarter of its bounds. */
    void (*drained)(void *self, struct fsz_conn *conn);
    /* The last callback but `freed`. Everything that the peer sent has been reported before. */
    void (*ended)(void *self, struct fsz_conn *conn, enum fsz_zmtp_ending ending);
    /* The last reference is gone. Frees `owner` (fsz_conn_owner()), which may own the
     * fsz_conn_shared. Nothing touches the connection after this call. Any thread. */
    void (*freed)(void *owner);
};

/* What several connections share. Stays in place and outlives them. Once a connection exists,
 * limits and times must be changed with fsz_conn_configure(), because other threads read some of
 * them. */
struct fsz_conn_shared {
    struct fsz_loop               *loop;
    const struct fsz_conn_handler *handler;
    void                          *self; /* the handler's */
    struct fsz_conn_limits         limits;
    struct fsz_conn_times          times;
    struct fsz_conn_inputs         inputs;
    struct fsz_zmtp_budget         output; /* of all these connections */
    _Atomic size_t                 ready;  /* connections that are ready */
};

/* Loop thread. */
void fsz_conn_configure(struct fsz_conn_shared *shared, const struct fsz_conn_limits *limits,
                        const struct fsz_conn_times *times);

struct fsz_conn_origin {
    int   fd; /* owned by the connection, also on failure */
    bool  dialed;
    void *owner; /* the creator's; never changes, so any thread may read it. May be NULL */
    struct fsz_address peer;
    char endpoint[FSZ_ADDRESS_TEXT_BYTES]; /* our endpoint that accepted it, or the one connected to
                                            */
};

/* Creates a connection that does nothing until fsz_conn_begin(). `mechanism` is copied. FSZ_ENOMEM,
 * FSZ_ESYSTEM: the caller still owns `owner`. */
FSZ_NODISCARD fsz_err fsz_conn_new(struct fsz_conn_shared            *shared,
                                   const struct fsz_mechanism_config *mechanism,
                                   const struct fsz_conn_origin      *origin,
                                   struct fsz_conn                  **ret_conn);
/* Sends the greeting and starts to read. `status`: NULL, or a status of RFC 27 with which the peer
 * is refused instead of a handshake. */
void fsz_conn_begin(struct fsz_conn *conn, const char *status);
/* The decision for `asks`. `status`: as for fsz_mechanism_judge(), but "300" closes the connection
 * without an ERROR, so that the peer connects again. */
void fsz_conn_judge(struct fsz_conn *conn, const char *status);
/* Closes the connection at once. Calls `ended` before it returns, unless `ended` was called
 * already. */
void fsz_conn_end(struct fsz_conn *conn, enum fsz_zmtp_ending ending);
/* Stops reading, and ends with STOPPED as soon as the peer's system has received all queued
 * messages, or at `due_ms` (fsz_loop_now_ms()). A connection that is closing already keeps its
 * reason and the earlier of the two times. */
void fsz_conn_finish(struct fsz_conn *conn, int64_t due_ms);
/* Applies changed times to the heartbeats. */
void fsz_conn_retime(struct fsz_conn *conn);

/* Any thread. */
struct fsz_conn *fsz_conn_ref(struct fsz_conn *conn);
/* Accepts NULL in *conn. Frees an ended connection with its last reference. */
void fsz_conn_unref(struct fsz_conn **conn);

/* Sends a message without waiting for the peer: writes it now if the queue is empty, otherwise
 * queues it with a reference. FSZ_EFULL: dropped, and counted by its priority. FSZ_ECLOSED.
 * FSZ_ENOMEM. Any thread. */
FSZ_NODISCARD fsz_err fsz_conn_send(struct fsz_conn *conn, struct fsz_zmtp_message *message);
/* Sends several messages of one priority, in one write if possible. ret_errs[i] is the result for
 * messages[i]. */
void fsz_conn_send_all(struct fsz_conn *conn, struct fsz_zmtp_message *const *messages,
                       size_t count, fsz_err *ret_errs);
/* Queues a message; fsz_conn_flush() must follow. fsz_conn_flush() writes what the socket accepts.
 * The loop writes the rest, unless the budget has no room for it: then it is dropped and counted.
 * Any thread. */
FSZ_NODISCARD fsz_err fsz_conn_queue(struct fsz_conn *conn, struct fsz_zmtp_message *message);
void                  fsz_conn_flush(struct fsz_conn *conn);
/* Writes more even if the socket was full, for a caller that blocks the loop. Any thread. */
void fsz_conn_flush_blocked(struct fsz_conn *conn);
/* Messages dropped so far, of all priorities. Any thread. */
uint64_t fsz_conn_drops(const struct fsz_conn *conn);
/* Would a message be written at once? True if the queue is empty and no thread writes. A hint. Any
 * thread. */
bool fsz_conn_is_idle(const struct fsz_conn *conn);
/* Makes the connection end with KICKED soon. Any thread. */
void fsz_conn_kick(struct fsz_conn *conn);

/* Facts about a connection. They do not change once `ready` has been called, and any thread may
 * read them after that. fsz_conn_new() sets those of the descriptor: id, dialed, address, peer,
 * endpoint, uid, pid, since_ms. */
struct fsz_conn_facts {
    uint64_t                     id; /* unique in the process */
    bool                         dialed;
    enum fsz_zmtp_version        version;
    enum fsz_zmtp_mechanism_name mechanism; /* from the peer's greeting */
    char                         mechanism_text[24];
    enum fsz_zmtp_type           type; /* the peer's */
    uint8_t                      routing_id[FSZ_ZMTP_ROUTING_ID_MAX];
    size_t                       routing_id_size;
    char                         address[FSZ_ADDRESS_HOST_BYTES]; /* a number; empty for ipc */
    char                         peer[FSZ_ADDRESS_TEXT_BYTES];    /* with port */
    char                         endpoint[FSZ_ADDRESS_TEXT_BYTES];
    struct fsz_origin            origin;   /* which bounds per address it counts for */
    int64_t                      uid, pid; /* ipc: SO_PEERCRED (unix(7)); otherwise -1 */
    int64_t                      since_ms; /* monotonic */
};
const struct fsz_conn_facts *fsz_conn_facts(const struct fsz_conn *conn);
bool fsz_conn_is_ready(const struct fsz_conn *conn);  /* the handshake is complete */
bool fsz_conn_has_ended(const struct fsz_conn *conn); /* any thread */
/* Has the peer sent something that the loop has not read or delivered yet? If so, its apparent
 * silence may be our delay. Loop thread. */
bool fsz_conn_has_unread(const struct fsz_conn *conn);
/* The text of the peer's ERROR command; empty: none. */
const char *fsz_conn_peer_reason(const struct fsz_conn *conn);

/* Any thread. */
struct fsz_conn_figures {
    uint64_t messages_in, bytes_in; /* complete messages; bytes on the wire */
    uint64_t messages_out, bytes_out;
    uint64_t queued_messages, queued_bytes; /* now */
    uint64_t dropped[FSZ_ZMTP_PRIORITIES];
    int64_t  round_trip_us; /* of the last heartbeat; -1: none yet */
    int64_t  heard_ms;      /* monotonic; when the last bytes arrived */
};
void fsz_conn_figures(struct fsz_conn *conn, struct fsz_conn_figures *ret_figures);

/* The `owner` of fsz_conn_origin; may be NULL. Any thread that has a reference. */
void *fsz_conn_owner(const struct fsz_conn *conn);
/* A pointer for the user of the connection. Loop thread, unless the user synchronizes access. */
void  fsz_conn_set_data(struct fsz_conn *conn, void *data);
void *fsz_conn_data(const struct fsz_conn *conn);

#endif
