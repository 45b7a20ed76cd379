/* conn_private.h - what the files of a connection share.
 *
 *   conn.c            life: made, begun, watched, ended
 *   conn_close.c      last words before the end
 *   conn_facts.c      what it is, and its figures
 *   conn_input.c      reads, keeps what is unfinished, takes frames out of bytes
 *   conn_inputs.c     the memory of what is unfinished, and who ends when it is too much
 *   conn_message.c    frames to messages and commands to their meaning
 *   conn_handshake.c  greeting, mechanism, admission, refusal
 *   conn_heartbeat.c  PING, PONG and everything that falls due
 *   conn_output.c     the queue of messages and its bounds
 *   conn_budget.c     its part of the memory of all queues
 *   conn_write.c      from the queue to the socket, sealed where the mechanism encrypts
 *
 * Members belong to the loop's thread, except for atomic ones and for `output`, which is read and
 * written under its lock. */
#ifndef FSZ_ZMTP_CONN_PRIVATE_H
#define FSZ_ZMTP_CONN_PRIVATE_H

#include "base/ref.h"
#include "zmtp/conn.h"
#include "zmtp/greeting.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    CONN_FEW_FRAMES = 4,       /* of a message that comes, without memory of their own */
    CONN_FEW_MESSAGES = 4,     /* that wait, likewise */
    CONN_PONG_BYTES = 16,      /* of a PING's context (RFC 37) */
    CONN_REASON_BYTES = 64,    /* of the peer's ERROR, with its NUL */
    CONN_CLOSE_MS = 10000,     /* to take our last words, where no time is set */
    CONN_LAST_BYTES = 1 << 24, /* read when nothing can be written any more; more than a socket
                                  holds */
    CONN_WORK_BYTES = 1024,    /* of a frame that cost one unit (loop.h), beside one for itself */
    CONN_WORK_BEGIN = 8,       /* units of one connection's begin, and of its end */
    CONN_WORK_DROPPED = 16,    /* messages that cost one unit when they go with it */
    CONN_WORK_WRITTEN = 4096,  /* bytes written that cost one unit; sealed ones cost four */
    CONN_WORK_HANDSHAKE = 64   /* units of one command of the handshake */
};

enum conn_stage {
    CONN_NEW,
    CONN_GREETING,  /* until the peer's greeting is whole */
    CONN_HANDSHAKE, /* until the mechanism is ready */
    CONN_TRAFFIC,
    CONN_CLOSING, /* writes what is left, drops what comes */
    CONN_ENDED
};

/* The message that is coming. Its frames lie in the loop's scratch memory while that is decoded,
 * else in `bytes`. */
struct conn_input {
    uint8_t *bytes; /* what has come and is not delivered yet */
    size_t   size, capacity;
    size_t   begin;         /* where the first message that is not delivered begins */
    size_t   at;            /* where its next frame begins */
    size_t   missing;       /* bytes until that is whole, as far as known; at least 1 */
    size_t   message_bytes; /* what counts for limits.message_bytes */
    size_t   counted;       /* in shared->inputs.used */
    /* `few`, or memory with room for `frames_room`. */
    struct fsz_frames *frames;
    size_t             frames_room;
    _Alignas(struct fsz_frames)
        uint8_t few[sizeof(struct fsz_frames) + CONN_FEW_FRAMES * sizeof(struct fsz_frame)];
    struct fsz_conn      *older, *newer; /* in shared->inputs, while `listed` */
    int64_t               since_ms;      /* since when its message is unfinished, while `listed` */
    bool                  listed;
    bool                  asking;  /* input waits for fsz_conn_judge() */
    bool                  lent;    /* a callback looks at the bytes */
    bool                  answers; /* something is to be written once the bytes are decoded */
    struct fsz_loop_share share;   /* of this turn's work */
};

struct conn_output {
    pthread_mutex_t           lock;
    struct fsz_zmtp_message **ring; /* `few`, or memory of its own */
    struct fsz_zmtp_message  *few[CONN_FEW_MESSAGES];
    size_t                    room, first, count;
    size_t                    bytes;     /* of all in the ring, on the wire */
    size_t                    held;      /* of all in the ring, in memory */
    size_t                    uncharged; /* of them, at the end, not charged to the budget */
    size_t                    written;   /* bytes of the first one */
    struct fsz_buffer         control;   /* greeting, handshake, PING, PONG: go first */
    size_t                    control_written;
    /* Where the mechanism encrypts: the boxes that are written now. */
    struct fsz_mechanism *sealer;
    struct fsz_buffer     sealed;
    size_t                sealed_written;
    size_t                sealed_messages; /* whole ones in `sealed`; the first of the ring */
    size_t                sealed_at;       /* how far the next one is sealed */
    uint8_t               pong[CONN_PONG_BYTES];
    size_t                pong_size;
    bool                  pong_due, ping_due;
    uint16_t              ping_ttl; /* tenths of seconds */
    bool                  open;     /* messages may be written: the handshake is done */
    bool                  blocked;  /* the socket is full: EPOLLOUT continues */
    bool                  broken;   /* nothing can be written any more, for `failure` */
    enum fsz_zmtp_ending  failure;
    bool                  closed;    /* the descriptor is */
    bool                  finishing; /* takes no more messages */
    bool                  lost;      /* a message was dropped since `drained` was reported */
    bool                  drained;   /* to be reported */
    bool                  watched;   /* the watch is added */
    bool                  reading;   /* EPOLLIN is wanted */
    bool                  hangups;   /* EPOLLRDHUP is wanted */
    uint32_t              events;    /* what the loop watches for */
    uint64_t              messages_out, bytes_out;
    uint64_t              dropped[FSZ_ZMTP_PRIORITIES];
    _Atomic uint64_t      drops; /* the sum of them */
};

struct conn_beat {
    int64_t ping_due_ms; /* 0: none */
    int64_t asked_ms;    /* the oldest PING without an answer, while `asked` */
    int64_t ping_us;     /* the last PING, while `measuring` */
    int64_t ttl_due_ms;  /* the peer's; 0: none */
    bool    asked, measuring;
    bool    peer_pings; /* it has sent PING or PONG */
};

struct fsz_conn {
    struct fsz_ref               refs;
    _Atomic bool                 ended, ready, kicked, idle;
    _Atomic bool                 posted; /* `attention` is */
    struct fsz_conn_shared      *shared;
    struct fsz_mechanism        *mechanism; /* NULL once it has nothing left to do */
    void                        *data, *owner;
    uint64_t                     last_from; /* 1 + `bytes_in` when writing failed; 0: it did not */
    enum conn_stage              stage;
    enum fsz_zmtp_type           own_type;
    enum fsz_zmtp_mechanism_name own_mechanism;
    bool                         local; /* ipc */
    bool                         begun;
    bool                         version_known;
    char                         refusal[4]; /* status; empty: none */
    /* CONN_CLOSING. */
    enum fsz_zmtp_ending ending;
    bool                 half_closed, peer_closed;
    int64_t handshake_due_ms; /* also of closing; 0: none. While `asking`: what is left */
    int64_t timer_due_ms;     /* what `timer` is set to; 0: it is not */
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
/* Has the loop look after it soon: a kick, kept input, a failure to write. The loop's thread, or
 * any with the lock of `output`: an end waits for the lock, so that the loop is still there. */
void fsz_conn_attend(struct fsz_conn *conn);
/* Tells the loop what to watch for. Under the lock of `output`. */
void fsz_conn_watch(struct fsz_conn *conn);
/* The same from the state of `input`. */
void fsz_conn_watch_input(struct fsz_conn *conn);

/* conn_close.c */
/* Writes what is left, then ends; what comes is dropped. */
void fsz_conn_close(struct fsz_conn *conn, enum fsz_zmtp_ending ending, int64_t due_ms);
/* In CONN_CLOSING: ends it if nothing is left to wait for. */
void fsz_conn_close_check(struct fsz_conn *conn);

/* conn_facts.c */
void fsz_conn_facts_init(struct fsz_conn *conn, const struct fsz_conn_origin *origin);

/* conn_input.c */
void fsz_conn_input_init(struct fsz_conn *conn);
/* Frees all that is kept. */
void fsz_conn_input_fini(struct fsz_conn *conn);
/* Reads once and decodes, within its share of this turn; later turns decode the rest. False: there
 * was nothing to read. */
bool fsz_conn_input_read(struct fsz_conn *conn);
/* Decodes what was kept while the input was held back, or since the share was used up. */
void fsz_conn_input_resume(struct fsz_conn *conn);
/* conn_inputs.c */
/* Takes memory for a message into account; false: the connection has ended. */
bool fsz_conn_input_count(struct fsz_conn *conn, size_t bytes);
void fsz_conn_input_uncount(struct fsz_conn *conn, size_t bytes);
/* Its memory no longer counts. */
void fsz_conn_input_unlist(struct fsz_conn *conn);
/* It is ready, or has finished a message: its place among those with unfinished ones is another. */
void fsz_conn_input_relist(struct fsz_conn *conn);

/* conn_message.c: one whole frame in stage CONN_TRAFFIC. */
void fsz_conn_message_take(struct fsz_conn *conn, const struct fsz_frame_head *head, uint8_t *body);
/* The frames of the unfinished message go with their bytes. */
void fsz_conn_message_move(struct fsz_conn *conn, const uint8_t *from, const uint8_t *to);
void fsz_conn_message_forget(struct fsz_conn *conn);

/* conn_handshake.c */
void fsz_conn_handshake_begin(struct fsz_conn *conn);
/* The peer's greeting, from `size` bytes; returns how many it took, 0: more are needed, or the
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
/* Sets the timer to what is due next. */
void fsz_conn_schedule(struct fsz_conn *conn);
void fsz_conn_fire(void *argument); /* the timer's */

/* conn_output.c; all but the first two with the lock held. */
FSZ_NODISCARD fsz_err fsz_conn_output_init(struct fsz_conn *conn);
void                  fsz_conn_output_fini(struct fsz_conn *conn);
void                  fsz_conn_output_lock(struct fsz_conn *conn);
/* Says what others may know without the lock, and unlocks. */
void fsz_conn_output_unlock(struct fsz_conn *conn);
/* Frees a buffer that may have a password in it. */
void fsz_conn_output_wipe(struct fsz_buffer *buffer);
/* Drops everything that waits, without counting it. */
void fsz_conn_output_clear(struct fsz_conn *conn);
/* Where the i-th message is in the ring, whose room is a power of two; and that message. */
static inline size_t fsz_conn_output_slot(const struct conn_output *output, size_t i)
{
    return (output->first + i) & (output->room - 1);
}
static inline struct fsz_zmtp_message *fsz_conn_output_at(const struct conn_output *output,
                                                          size_t                    i)
{
    return output->ring[fsz_conn_output_slot(output, i)];
}
/* The first one has been written. */
void fsz_conn_output_pop(struct fsz_conn *conn);
bool fsz_conn_output_is_empty(const struct conn_output *output);
/* Drops the newest one, and counts it. */
void fsz_conn_output_drop_last(struct fsz_conn *conn);

/* conn_budget.c, with the lock held. */
/* With so many bytes more, is it within its equal part of the bound of all? Then it may go over
 * that bound where others have used it up. The parts add up to no more than the bound. */
bool fsz_conn_budget_is_entitled(const struct fsz_conn *conn, size_t more);
/* Charges a message of the queue. False: there is no room. */
bool fsz_conn_budget_charge(struct fsz_conn *conn, struct fsz_zmtp_message *message);
/* Charges what waits, the oldest first. False: the rest stays uncharged, for lack of room. */
bool fsz_conn_budget_charge_all(struct fsz_conn *conn);
/* After writing: what still waits is charged or dropped; notes whether it has drained. False: there
 * is no room for what can't be dropped. */
bool fsz_conn_budget_settle(struct fsz_conn *conn);

/* conn_write.c, with the lock held: writes what the socket takes, within FSZ_CONN_WRITE_BYTES. */
void fsz_conn_write(struct fsz_conn *conn);
/* The socket takes bytes again. */
void fsz_conn_write_again(struct fsz_conn *conn);

#endif
