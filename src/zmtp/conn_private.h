/* SPDX-License-Identifier: MPL-2.0 */
/* conn_private.h - shared by the files of a connection:
 *
 *   conn.c            its life: created, begun, watched, ended
 *   conn_close.c      writes what is left before the end
 *   conn_facts.c      facts and figures
 *   conn_input.c      reads, buffers incomplete input, splits bytes into frames
 *   conn_inputs.c     bounds the memory of incomplete messages of all connections
 *   conn_message.c    frames to messages, commands to actions
 *   conn_handshake.c  greeting, mechanism, admission, refusal
 *   conn_heartbeat.c  PING, PONG and all timeouts
 *   conn_output.c     the queue of messages and its bounds
 *   conn_budget.c     this connection's part of the memory of all queues
 *   conn_write.c      from the queue to the socket, encrypted if the mechanism encrypts
 *
 * Members belong to the loop's thread, except atomic ones and `output`, which its lock protects. */
#ifndef FSZ_ZMTP_CONN_PRIVATE_H
#define FSZ_ZMTP_CONN_PRIVATE_H

#include "base/ref.h"
#include "zmtp/conn.h"
#include "zmtp/greeting.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    CONN_FEW_FRAMES = 4,       /* of an incoming message, without allocation */
    CONN_FEW_MESSAGES = 4,     /* in the queue, without allocation */
    CONN_PONG_BYTES = 16,      /* of a PING's context (RFC 37) */
    CONN_REASON_BYTES = 64,    /* of the peer's ERROR, with its NUL */
    CONN_CLOSE_MS = 10000,     /* for the peer to receive our last bytes, if no time is set */
    CONN_LAST_BYTES = 1 << 24, /* read after writing has failed; more than a socket buffer holds */
    CONN_WORK_BYTES =
        1024, /* bytes of a frame for one unit of work (loop.h); each frame costs one more */
    CONN_WORK_BEGIN = 8,    /* units to begin a connection, and to end it */
    CONN_WORK_DROPPED = 16, /* messages dropped at the end for one unit */
    CONN_WORK_WRITTEN =
        4096, /* bytes written for one unit; encrypted bytes cost four times as much */
    CONN_WORK_HANDSHAKE = 64 /* units for one command of the handshake */
};

enum conn_stage {
    CONN_NEW,
    CONN_GREETING,  /* until the peer's greeting is complete */
    CONN_HANDSHAKE, /* until the mechanism is ready */
    CONN_TRAFFIC,
    CONN_CLOSING, /* writes what is left, discards input */
    CONN_ENDED
};

/* The incoming message. While the loop's scratch memory is decoded its frames lie there, otherwise
 * in `bytes`. */
struct conn_input {
    uint8_t *bytes; /* received, not delivered yet */
    size_t   size, capacity;
    size_t   begin;         /* of the first message that is not delivered */
    size_t   at;            /* of the next frame of that message */
    size_t   missing;       /* bytes until that frame is complete, as far as known; at least 1 */
    size_t   message_bytes; /* counts against limits.message_bytes */
    size_t   counted;       /* counted in shared->inputs.used */
    /* `few`, or allocated memory with room for `frames_room`. */
    struct fsz_frames *frames;
    size_t             frames_room;
    _Alignas(struct fsz_frames)
        uint8_t few[sizeof(struct fsz_frames) + CONN_FEW_FRAMES * sizeof(struct fsz_frame)];
    struct fsz_conn      *older, *newer; /* neighbours in shared->inputs, if `listed` */
    int64_t               since_ms;      /* when the message became incomplete, if `listed` */
    bool                  listed;
    bool                  asking;  /* waits for fsz_conn_judge(); nothing is read */
    bool                  lent;    /* a callback uses the bytes */
    bool                  answers; /* write a reply once the bytes are decoded */
    struct fsz_loop_share share;   /* share of this turn's work */
};

struct conn_output {
    pthread_mutex_t           lock;
    struct fsz_zmtp_message **ring; /* `few`, or allocated memory */
    struct fsz_zmtp_message  *few[CONN_FEW_MESSAGES];
    size_t                    room, first, count;
    size_t                    bytes; /* wire bytes of all messages in the ring */
    size_t                    held;  /* memory of all messages in the ring */
    size_t            uncharged; /* the last messages of the ring, not charged to the budget yet */
    size_t            written;   /* bytes of the first message */
    struct fsz_buffer control;   /* greeting, handshake, PING, PONG: written first */
    size_t            control_written;
    /* If the mechanism encrypts: the boxes being written. */
    struct fsz_mechanism *sealer;
    struct fsz_buffer     sealed;
    size_t                sealed_written;
    size_t sealed_messages; /* complete messages in `sealed`; they are the first ones of the ring */
    size_t sealed_at;       /* bytes of the next message that are sealed already */
    uint8_t              pong[CONN_PONG_BYTES];
    size_t               pong_size;
    bool                 pong_due, ping_due;
    uint16_t             ping_ttl; /* tenths of seconds */
    bool                 open;     /* the handshake is complete: messages may be written */
    bool                 blocked;  /* the socket is full; EPOLLOUT continues */
    bool                 broken;   /* writing has failed, with `failure` */
    enum fsz_zmtp_ending failure;
    bool                 closed;    /* the descriptor is closed */
    bool                 finishing; /* accepts no more messages */
    bool                 lost;      /* a message was dropped since the last report of `drained` */
    bool                 drained;   /* still to be reported */
    bool                 watched;   /* the watch is added to the loop */
    bool                 reading;   /* EPOLLIN is wanted */
    bool                 hangups;   /* EPOLLRDHUP is wanted */
    uint32_t             events;    /* registered with the loop */
    uint64_t             messages_out, bytes_out;
    uint64_t             dropped[FSZ_ZMTP_PRIORITIES];
    _Atomic uint64_t     drops; /* the sum of `dropped` */
};

struct conn_beat {
    int64_t ping_due_ms; /* 0: no PING is due */
    int64_t asked_ms;    /* time of the oldest PING without a reply, if `asked` */
    int64_t ping_us;     /* time of the last PING, if `measuring` */
    int64_t ttl_due_ms;  /* the peer's TTL; 0: none */
    bool    asked, measuring;
    bool    peer_pings; /* has sent PING or PONG */
};

struct fsz_conn {
    struct fsz_ref          refs;
    _Atomic bool            ended, ready, kicked, idle;
    _Atomic bool            posted; /* `attention` is posted */
    struct fsz_conn_shared *shared;
    struct fsz_mechanism   *mechanism; /* NULL once it is not needed any more */
    void                   *data, *owner;
    uint64_t           last_from; /* 1 + `bytes_in` when writing failed; 0: it has not failed */
    enum conn_stage    stage;
    enum fsz_zmtp_type own_type;
    enum fsz_zmtp_mechanism_name own_mechanism;
    bool                         local; /* ipc */
    bool                         begun;
    bool                         version_known;
    char                         refusal[4]; /* a status; empty: not refused */
    /* In CONN_CLOSING. */
    enum fsz_zmtp_ending ending;
    bool                 half_closed, peer_closed;
    int64_t handshake_due_ms; /* also for closing; 0: no deadline. If `asking`: the time left */
    int64_t timer_due_ms;     /* what `timer` is set to; 0: not set */
    struct fsz_loop_watch watch;
    struct fsz_loop_timer timer;
    struct fsz_loop_task  attention;
    struct conn_beat      beat;
    struct conn_input     input;
    struct conn_output    output;
    _Atomic uint64_t      messages_in, bytes_in;
    _Atomic int64_t       heard_ms, round_trip_us;
    char                  reason[CONN_REASON_BYTES];
    struct fsz_conn_facts facts;
};

/* conn.c */
static inline bool fsz_conn_is_over(const struct fsz_conn *conn)
{
    return conn->stage == CONN_ENDED;
}
/* Makes the loop look after the connection soon: a kick, buffered input, a failure to write. Called
 * on the loop's thread, or on any thread with the lock of `output`: ending a connection takes that
 * lock, so the loop still exists. */
void fsz_conn_attend(struct fsz_conn *conn);
/* Registers the wanted events with the loop. Call with the lock of `output`. */
void fsz_conn_watch(struct fsz_conn *conn);
/* Updates the wanted events from the state of `input`. */
void fsz_conn_watch_input(struct fsz_conn *conn);

/* conn_close.c */
/* Writes what is left, then ends the connection. Input is discarded. */
void fsz_conn_close(struct fsz_conn *conn, enum fsz_zmtp_ending ending, int64_t due_ms);
/* In CONN_CLOSING: ends the connection if nothing is left to wait for. */
void fsz_conn_close_check(struct fsz_conn *conn);

/* conn_facts.c */
void fsz_conn_facts_init(struct fsz_conn *conn, const struct fsz_conn_origin *origin);

/* conn_input.c */
void fsz_conn_input_init(struct fsz_conn *conn);
/* Frees all buffered input. */
void fsz_conn_input_fini(struct fsz_conn *conn);
/* Reads once and decodes within its share of this turn. Later turns decode the rest. False: nothing
 * was there to read. */
bool fsz_conn_input_read(struct fsz_conn *conn);
/* Decodes what was buffered while the gate decided, or after the share was used up. */
void fsz_conn_input_resume(struct fsz_conn *conn);
/* conn_inputs.c */
/* Counts memory for a message. False: the connection has ended. */
bool fsz_conn_input_count(struct fsz_conn *conn, size_t bytes);
void fsz_conn_input_uncount(struct fsz_conn *conn, size_t bytes);
/* Removes all of its memory from the count. */
void fsz_conn_input_unlist(struct fsz_conn *conn);
/* Updates its place in the list when it becomes ready or completes a message. */
void fsz_conn_input_relist(struct fsz_conn *conn);

/* conn_message.c: processes one complete frame in stage CONN_TRAFFIC. */
void fsz_conn_message_take(struct fsz_conn *conn, const struct fsz_frame_head *head, uint8_t *body);
/* Updates the frames of the incomplete message after its bytes have moved. */
void fsz_conn_message_move(struct fsz_conn *conn, const uint8_t *from, const uint8_t *to);
void fsz_conn_message_forget(struct fsz_conn *conn);

/* conn_handshake.c */
void fsz_conn_handshake_begin(struct fsz_conn *conn);
/* Processes the peer's greeting. Returns how many bytes it used; 0: more are needed, or the
 * connection has ended. */
size_t fsz_conn_handshake_greeting(struct fsz_conn *conn, const uint8_t *bytes, size_t size);
void   fsz_conn_handshake_take(struct fsz_conn *conn, const uint8_t *command, size_t size);

/* conn_heartbeat.c */
void fsz_conn_heartbeat_begin(struct fsz_conn *conn);
void fsz_conn_heartbeat_heard(struct fsz_conn *conn);
/* FSZ_EINVALID: not a valid PING. */
FSZ_NODISCARD fsz_err fsz_conn_heartbeat_ping(struct fsz_conn *conn, const uint8_t *data,
                                              size_t size);
void                  fsz_conn_heartbeat_pong(struct fsz_conn *conn);
/* Sets the timer for what is due next. */
void fsz_conn_schedule(struct fsz_conn *conn);
void fsz_conn_fire(void *argument); /* callback of the timer */

/* conn_output.c. All but init, fini and lock require the lock. */
FSZ_NODISCARD fsz_err fsz_conn_output_init(struct fsz_conn *conn);
void                  fsz_conn_output_fini(struct fsz_conn *conn);
void                  fsz_conn_output_lock(struct fsz_conn *conn);
/* Publishes what other threads read without the lock, then unlocks. */
void fsz_conn_output_unlock(struct fsz_conn *conn);
/* Wipes and frees a buffer that may contain a password. */
void fsz_conn_output_wipe(struct fsz_buffer *buffer);
/* Discards the whole queue without counting drops. */
void fsz_conn_output_clear(struct fsz_conn *conn);
/* The position of the i-th message in the ring (its room is a power of two), and that message. */
static inline size_t fsz_conn_output_slot(const struct conn_output *output, size_t i)
{
    return (output->first + i) & (output->room - 1);
}
static inline struct fsz_zmtp_message *fsz_conn_output_at(const struct conn_output *output,
                                                          size_t                    i)
{
    return output->ring[fsz_conn_output_slot(output, i)];
}
/* Removes the first message, which has been written. */
void fsz_conn_output_pop(struct fsz_conn *conn);
bool fsz_conn_output_is_empty(const struct conn_output *output);
/* Drops the newest message and counts it. */
void fsz_conn_output_drop_last(struct fsz_conn *conn);

/* conn_budget.c. All require the lock. */
/* With `more` bytes, does the connection stay within its equal part of the budget? If so, it may
 * exceed the total bound when others have used it up. All parts together do not exceed the bound.
 */
bool fsz_conn_budget_is_entitled(const struct fsz_conn *conn, size_t more);
/* Charges a queued message. False: the budget has no room. */
bool fsz_conn_budget_charge(struct fsz_conn *conn, struct fsz_zmtp_message *message);
/* Charges all queued messages, oldest first. False: the budget has no room for the rest. */
bool fsz_conn_budget_charge_all(struct fsz_conn *conn);
/* After a write: charges or drops what is still queued, and notes whether the queue has drained.
 * False: the budget has no room for a message that cannot be dropped. */
bool fsz_conn_budget_settle(struct fsz_conn *conn);

/* conn_write.c. Require the lock. Writes what the socket accepts, up to FSZ_CONN_WRITE_BYTES. */
void fsz_conn_write(struct fsz_conn *conn);
/* The same, after the socket was full. */
void fsz_conn_write_again(struct fsz_conn *conn);

#endif
