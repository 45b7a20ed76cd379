/* conn.h - one connection: greeting, handshake, frames in, an output queue, heartbeats.
 *
 * It belongs to its loop's thread, except for what says "any thread". Counted: whoever keeps one
 * beyond a callback has a reference. Memory of an idle connection is its struct alone: bytes are
 * read into the loop's scratch memory, and buffers exist only while a message is unfinished or
 * output waits.
 *
 * Input is bounded by message_bytes and message_frames, and memory for it is taken as bytes arrive,
 * never by what a peer announces. Output is bounded by output_messages and output_bytes; when it
 * fills up, messages are dropped by their priority, for this peer alone. */
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
    FSZ_CONN_READ_BYTES = FSZ_LOOP_SCRATCH_BYTES, /* of one connection in one turn of the loop, and
                                                     only of a large frame */
    FSZ_CONN_WRITE_BYTES = 1 << 18, /* handed to the system in one go, at least one message */
    FSZ_CONN_FRAME_OVERHEAD = 64    /* bytes that each frame counts for, beside its body */
};

struct fsz_conn_limits {
    size_t   message_bytes; /* of one message that comes: its bodies and overheads */
    size_t   message_frames;
    uint64_t output_messages; /* waiting; 0: no bound */
    size_t   output_bytes;    /* waiting; 0: no bound. One message may always wait */
};

struct fsz_conn_times {
    int64_t handshake_ms;         /* greeting and handshake, but for the time that access takes */
    int64_t heartbeat_ms;         /* between two PINGs; 0: none */
    int64_t heartbeat_timeout_ms; /* from a PING until anything comes; 0: as heartbeat_ms */
    int64_t heartbeat_ttl_ms;     /* sent with each PING; 0: none */
};

enum { FSZ_CONN_PATIENCE_MS = 30000 }; /* with an unfinished message, while memory is short */

/* Bytes of unfinished messages of several connections. When they reach the bound, a connection ends
 * with INPUT_BYTES: the newest in the handshake, else the one that holds most. Where that is the
 * one that needs more, the oldest that has not finished a message for `patience_ms` goes instead.
 * Loop thread. */
struct fsz_conn_inputs {
    size_t           used, peak, max; /* max 0: no bound */
    int64_t          patience_ms;     /* FSZ_CONN_PATIENCE_MS, or less in tests */
    struct fsz_conn *oldest, *newest; /* with an unfinished message */
};

/* What a connection reports, on the loop's thread. A callback may end any connection, this one
 * included. Slots may be NULL. */
struct fsz_conn_handler {
    /* The peer has shown credentials; fsz_conn_judge() answers, now or later. NULL: admitted. */
    void (*asks)(void *self, struct fsz_conn *conn,
                 const struct fsz_mechanism_credentials *credentials);
    void (*ready)(void *self, struct fsz_conn *conn);
    /* A whole message; the frames are valid until the callback returns. */
    void (*message)(void *self, struct fsz_conn *conn, const struct fsz_frames *frames);
    /* SUBSCRIBE or CANCEL of ZMTP 3.1. */
    void (*subscription)(void *self, struct fsz_conn *conn, bool subscribe, const uint8_t *prefix,
                         size_t size);
    /* Output that had lost messages is down to a quarter of its bounds. */
    void (*drained)(void *self, struct fsz_conn *conn);
    /* The last call for this connection. Everything that the peer had sent has been reported
     * before.
     */
    void (*ended)(void *self, struct fsz_conn *conn, enum fsz_zmtp_ending ending);
    /* The last reference is gone: frees what `owner` names (fsz_conn_owner()), which may keep the
     * fsz_conn_shared in place until then. The last thing that a connection does. Any thread. */
    void (*freed)(void *owner);
};

/* What several connections have in common; stays in place and outlives them. Once there is one,
 * limits and times are changed by fsz_conn_configure(), because other threads read some of them. */
struct fsz_conn_shared {
    struct fsz_loop               *loop;
    const struct fsz_conn_handler *handler;
    void                          *self; /* the handler's */
    struct fsz_conn_limits         limits;
    struct fsz_conn_times          times;
    struct fsz_conn_inputs         inputs;
    struct fsz_zmtp_budget         output; /* of all these connections */
    _Atomic size_t                 ready;  /* how many of them are */
};

/* Loop thread. */
void fsz_conn_configure(struct fsz_conn_shared *shared, const struct fsz_conn_limits *limits,
                        const struct fsz_conn_times *times);

struct fsz_conn_origin {
    int                fd; /* taken over, also on failure */
    bool               dialed;
    void              *owner; /* its maker's; fixed, so that any thread may read it. Or NULL */
    struct fsz_address peer;
    char endpoint[FSZ_ADDRESS_TEXT_BYTES]; /* of ours that accepted it, or that was connected to */
};

/* A connection that does nothing until fsz_conn_begin(). `mechanism`: copied for this connection.
 * FSZ_ENOMEM, FSZ_ESYSTEM; `owner` stays the caller's then. */
FSZ_NODISCARD fsz_err fsz_conn_new(struct fsz_conn_shared            *shared,
                                   const struct fsz_mechanism_config *mechanism,
                                   const struct fsz_conn_origin      *origin,
                                   struct fsz_conn                  **ret_conn);
/* Sends the greeting and reads. `status`: NULL, or one of RFC 27 with which the peer is refused in
 * the place of a handshake. */
void fsz_conn_begin(struct fsz_conn *conn, const char *status);
/* Answers `asks`. `status` as for fsz_mechanism_judge(); "300" ends the connection without an
 * ERROR, so that the peer comes again. */
void fsz_conn_judge(struct fsz_conn *conn, const char *status);
/* Closes it at once; `ended` is called before this returns, unless it was before. */
void fsz_conn_end(struct fsz_conn *conn, enum fsz_zmtp_ending ending);
/* Reads no more and ends with STOPPED once the peer's system has what waits, at `due_ms` at the
 * latest (fsz_loop_now_ms()). A connection that is being closed keeps its reason, and the earlier
 * time. */
void fsz_conn_finish(struct fsz_conn *conn, int64_t due_ms);
/* Its heartbeats follow times that have changed. */
void fsz_conn_retime(struct fsz_conn *conn);

/* Any thread. */
struct fsz_conn *fsz_conn_ref(struct fsz_conn *conn);
/* Accepts NULL in *conn. An ended connection is freed with the last one. */
void fsz_conn_unref(struct fsz_conn **conn);

/* Sends a message without waiting for the peer: writes it now if nothing waits before it, else
 * queues it. Adds a reference where it is kept. FSZ_EFULL: dropped, counted by its priority.
 * FSZ_ECLOSED. FSZ_ENOMEM. Any thread. */
FSZ_NODISCARD fsz_err fsz_conn_send(struct fsz_conn *conn, struct fsz_zmtp_message *message);
/* The same for several of one priority, in one write where it can be; ret_errs[i] is what became of
 * each. */
void fsz_conn_send_all(struct fsz_conn *conn, struct fsz_zmtp_message *const *messages,
                       size_t count, fsz_err *ret_errs);
/* The same for several messages in a row; fsz_conn_flush() is to follow, and writes what the system
 * takes. What it does not take is left to the loop, or dropped and counted if the budget has no
 * room for it. Any thread. */
FSZ_NODISCARD fsz_err fsz_conn_queue(struct fsz_conn *conn, struct fsz_zmtp_message *message);
void                  fsz_conn_flush(struct fsz_conn *conn);
/* Writes on although the socket was full, for a caller that holds up the loop. Any thread. */
void fsz_conn_flush_blocked(struct fsz_conn *conn);
/* Messages dropped so far, of all priorities. Any thread. */
uint64_t fsz_conn_drops(const struct fsz_conn *conn);
/* Does nothing wait, and no thread write, so that a message would be written at once? A hint. Any
 * thread. */
bool fsz_conn_is_idle(const struct fsz_conn *conn);
/* Has it soon end with KICKED. Any thread. */
void fsz_conn_kick(struct fsz_conn *conn);

/* What it is. Fixed before `ready` is called, and readable by any thread after that. What is known
 * of the descriptor (id, dialed, address, peer, endpoint, uid, pid, since_ms) is set by
 * fsz_conn_new(). */
struct fsz_conn_facts {
    uint64_t                     id; /* no other connection of the process has it */
    bool                         dialed;
    enum fsz_zmtp_version        version;
    enum fsz_zmtp_mechanism_name mechanism; /* as the peer's greeting has it */
    char                         mechanism_text[24];
    enum fsz_zmtp_type           type; /* of the peer */
    uint8_t                      routing_id[FSZ_ZMTP_ROUTING_ID_MAX];
    size_t                       routing_id_size;
    char                         address[FSZ_ADDRESS_HOST_BYTES]; /* a number; empty: ipc */
    char                         peer[FSZ_ADDRESS_TEXT_BYTES];    /* with its port */
    char                         endpoint[FSZ_ADDRESS_TEXT_BYTES];
    struct fsz_origin            origin;   /* with which it counts */
    int64_t                      uid, pid; /* ipc: SO_PEERCRED (unix(7)); else -1 */
    int64_t                      since_ms; /* monotonic */
};
const struct fsz_conn_facts *fsz_conn_facts(const struct fsz_conn *conn);
bool                         fsz_conn_is_ready(const struct fsz_conn *conn);  /* handshake done */
bool                         fsz_conn_has_ended(const struct fsz_conn *conn); /* any thread */
/* Has the peer sent something that the loop has not read or delivered yet? Then its silence may be
 * ours. Loop thread. */
bool fsz_conn_has_unread(const struct fsz_conn *conn);
/* What the peer's ERROR command said; empty: nothing. */
const char *fsz_conn_peer_reason(const struct fsz_conn *conn);

/* Any thread. */
struct fsz_conn_figures {
    uint64_t messages_in, bytes_in; /* whole messages; bytes of the wire */
    uint64_t messages_out, bytes_out;
    uint64_t queued_messages, queued_bytes; /* now */
    uint64_t dropped[FSZ_ZMTP_PRIORITIES];
    int64_t  round_trip_us; /* of the last heartbeat; -1: none yet */
    int64_t  heard_ms;      /* monotonic; when bytes came last */
};
void fsz_conn_figures(struct fsz_conn *conn, struct fsz_conn_figures *ret_figures);

/* What its maker gave (fsz_conn_origin); NULL: nothing. Any thread, as long as the caller has a
 * reference. */
void *fsz_conn_owner(const struct fsz_conn *conn);
/* Its user's own pointer; loop thread, unless its user knows better. */
void  fsz_conn_set_data(struct fsz_conn *conn, void *data);
void *fsz_conn_data(const struct fsz_conn *conn);

#endif
