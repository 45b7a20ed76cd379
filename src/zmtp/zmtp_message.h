/* SPDX-License-Identifier: MPL-2.0 */
/* zmtp_message.h - an outgoing message as wire bytes, shared by all connections that send it.
 *
 * Immutable once it has been sent for the first time. It is the first member of whatever its
 * creator allocates. References are atomic; any thread may drop the last one. */
#ifndef FSZ_ZMTP_MESSAGE_H
#define FSZ_ZMTP_MESSAGE_H

#include "base/ref.h"
#include "zmtp/frame.h"

#include <stdatomic.h>

/* As the queue of a connection fills up, LOW is dropped first, from half full; NORMAL from 80 %;
 * HIGH only when it is full. */
enum fsz_zmtp_priority { FSZ_ZMTP_LOW, FSZ_ZMTP_NORMAL, FSZ_ZMTP_HIGH, FSZ_ZMTP_PRIORITIES };

/* Memory of output queues: each queued message, counted once however many connections queue it, and
 * the queues themselves. Any thread. */
struct fsz_zmtp_budget {
    _Atomic size_t used, peak;
    _Atomic size_t max; /* 0: no bound */
    /* Keeps the budget's memory in place while a message is charged to it (`held`), or releases it.
     * Any thread. NULL: the budget outlives all messages. */
    void (*hold)(struct fsz_zmtp_budget *budget, bool held);
};

/* The wire bytes are `head` followed by `body`. `head` contains whole frames and, if `body` is not
 * NULL, the header of the last frame, whose body is `body`. The frames are unencrypted, for ZMTP
 * 2.0 and 3.x; a connection that encrypts splits them again. */
struct fsz_zmtp_message {
    struct fsz_ref          refs;
    enum fsz_zmtp_priority  priority;
    _Atomic bool            charged; /* to `budget` */
    struct fsz_zmtp_budget *budget;  /* set by the first connection that queues it; may be NULL */
    const uint8_t          *head, *body;
    size_t                  head_size, body_size;
    size_t                  held_bytes;                /* memory, for the budget */
    void (*release)(struct fsz_zmtp_message *message); /* frees it; any thread */
};

void fsz_zmtp_message_ref(struct fsz_zmtp_message *message);
/* With the last reference, returns its bytes to the budget and calls `release`. Accepts NULL. */
void fsz_zmtp_message_unref(struct fsz_zmtp_message *message);
/* Charges bytes to a budget, up to its bound, or up to twice the bound if `over`. False: no room;
 * nothing changed. */
bool fsz_zmtp_budget_take(struct fsz_zmtp_budget *budget, size_t bytes, bool over);
void fsz_zmtp_budget_give(struct fsz_zmtp_budget *budget, size_t bytes);
/* Charges a message, once only. */
bool fsz_zmtp_message_charge(struct fsz_zmtp_message *message, struct fsz_zmtp_budget *budget,
                             bool over);
/* Bytes on the wire without encryption. */
static inline size_t fsz_zmtp_message_size(const struct fsz_zmtp_message *message)
{
    return message->head_size + message->body_size;
}

/* Creates a message with copies of `count` frames and one reference. FSZ_EINVALID: no frames.
 * FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_zmtp_message_new(const struct fsz_frame *frames, size_t count,
                                           enum fsz_zmtp_priority    priority,
                                           struct fsz_zmtp_message **ret_message);

/* Reads the next frame from the wire bytes. *at begins at 0. False: no frame is left. */
bool fsz_zmtp_message_next(const struct fsz_zmtp_message *message, size_t *at,
                           struct fsz_frame_head *ret_head, const uint8_t **ret_body);

#endif
