/* zmtp_message.h - one message on its way out, in the bytes of the wire, shared by all connections
 * that it goes to.
 *
 * Immutable once it has been sent for the first time. Embedded as the first member in whatever its
 * maker allocates; references are atomic, and any thread may give up the last one. */
#ifndef FSZ_ZMTP_MESSAGE_H
#define FSZ_ZMTP_MESSAGE_H

#include "base/ref.h"
#include "zmtp/frame.h"

#include <stdatomic.h>

/* Dropped first when a connection's output fills up: from half full, from 80 %, when full. */
enum fsz_zmtp_priority { FSZ_ZMTP_LOW, FSZ_ZMTP_NORMAL, FSZ_ZMTP_HIGH, FSZ_ZMTP_PRIORITIES };

/* Bytes that output queues hold: those of messages that wait, each message counted once however
 * many connections it waits for, and of the queues themselves. Any thread. */
struct fsz_zmtp_budget {
    _Atomic size_t used, peak;
    _Atomic size_t max; /* 0: no bound */
    /* Keeps its memory in place while a message is charged to it, or no longer. Any thread; NULL:
     * it outlives all messages anyway. */
    void (*hold)(struct fsz_zmtp_budget *budget, bool held);
};

/* The wire bytes are `head` followed by `body`. `head` holds any number of whole frames and, where
 * `body` is not NULL, the head of the last frame, whose body is `body`. The frames are those of
 * ZMTP 2.0 and 3.x without encryption; a connection that encrypts takes them apart. */
struct fsz_zmtp_message {
    struct fsz_ref          refs;
    enum fsz_zmtp_priority  priority;
    _Atomic bool            charged; /* to `budget` */
    struct fsz_zmtp_budget *budget;  /* set by the first connection that queues it; or NULL */
    const uint8_t          *head, *body;
    size_t                  head_size, body_size;
    size_t                  held_bytes;                /* of memory, for the budget */
    void (*release)(struct fsz_zmtp_message *message); /* frees it; any thread */
};

void fsz_zmtp_message_ref(struct fsz_zmtp_message *message);
/* Gives the budget back and releases with the last reference. Accepts NULL. */
void fsz_zmtp_message_unref(struct fsz_zmtp_message *message);
/* Charges bytes to a budget, up to its bound, or up to twice that (`over`). False: it has no room;
 * nothing changed. */
bool fsz_zmtp_budget_take(struct fsz_zmtp_budget *budget, size_t bytes, bool over);
void fsz_zmtp_budget_give(struct fsz_zmtp_budget *budget, size_t bytes);
/* The same for a message, once. */
bool fsz_zmtp_message_charge(struct fsz_zmtp_message *message, struct fsz_zmtp_budget *budget,
                             bool over);
/* Bytes on the wire without encryption. */
static inline size_t fsz_zmtp_message_size(const struct fsz_zmtp_message *message)
{
    return message->head_size + message->body_size;
}

/* A message of its own memory with `count` frames copied into it; one reference. FSZ_EINVALID: no
 * frame. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_zmtp_message_new(const struct fsz_frame *frames, size_t count,
                                           enum fsz_zmtp_priority    priority,
                                           struct fsz_zmtp_message **ret_message);

/* Takes frame after frame out of the wire bytes. *at begins at 0. False: there is none left. */
bool fsz_zmtp_message_next(const struct fsz_zmtp_message *message, size_t *at,
                           struct fsz_frame_head *ret_head, const uint8_t **ret_body);

#endif
