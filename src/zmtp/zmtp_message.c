/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/zmtp_message.h"

#include "base/ref.h"

#include <stdlib.h>
#include <string.h>

/* A message followed by its bytes. */
struct own_message {
    struct fsz_zmtp_message base;
    uint8_t                 bytes[];
};

void fsz_zmtp_message_ref(struct fsz_zmtp_message *message)
{
    fsz_ref_take(&message->refs);
}

void fsz_zmtp_budget_give(struct fsz_zmtp_budget *budget, size_t bytes)
{
    atomic_fetch_sub(&budget->used, bytes);
}

void fsz_zmtp_message_unref(struct fsz_zmtp_message *message)
{
    if (message == NULL || !fsz_ref_drop(&message->refs)) {
        return;
    }
    struct fsz_zmtp_budget *budget = message->budget;
    if (budget != NULL) {
        fsz_zmtp_budget_give(budget, message->held_bytes);
        if (budget->hold != NULL) {
            budget->hold(budget, false);
        }
    }
    message->release(message);
}

static void peak_raise(struct fsz_zmtp_budget *budget, size_t used)
{
    size_t peak = atomic_load(&budget->peak);
    while (peak < used && !atomic_compare_exchange_weak(&budget->peak, &peak, used)) {
    }
}

bool fsz_zmtp_budget_take(struct fsz_zmtp_budget *budget, size_t bytes, bool over)
{
    size_t bound = atomic_load(&budget->max);
    size_t max = over && bound < SIZE_MAX / 2 ? 2 * bound : bound;
    size_t used = atomic_load(&budget->used);
    do {
        if (max > 0 && (bytes > max || used > max - bytes)) {
            return false;
        }
    } while (!atomic_compare_exchange_weak(&budget->used, &used, used + bytes));
    peak_raise(budget, used + bytes);
    return true;
}

/* Takes the budget first: a thread that sees `charged` set knows that there was room. If two
 * threads do this at once, the second one returns its bytes. */
bool fsz_zmtp_message_charge(struct fsz_zmtp_message *message, struct fsz_zmtp_budget *budget,
                             bool over)
{
    if (atomic_load(&message->charged)) {
        return true;
    }
    if (!fsz_zmtp_budget_take(budget, message->held_bytes, over)) {
        return atomic_load(&message->charged);
    }
    if (atomic_exchange(&message->charged, true)) {
        fsz_zmtp_budget_give(budget, message->held_bytes);
    } else {
        message->budget = budget;
        if (budget->hold != NULL) {
            budget->hold(budget, true);
        }
    }
    return true;
}

static void message_release(struct fsz_zmtp_message *message)
{
    free(message);
}

/* False: the sum exceeds the address space. */
static bool wire_size(const struct fsz_frame *frames, size_t count, size_t *ret_size)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        if (__builtin_add_overflow(size, frames[i].size, &size) ||
            __builtin_add_overflow(size, FSZ_FRAME_HEAD_MAX, &size)) {
            return false;
        }
    }
    *ret_size = size;
    return true;
}

static size_t frames_write(uint8_t *bytes, const struct fsz_frame *frames, size_t count)
{
    uint8_t *at = bytes;
    for (size_t i = 0; i < count; i++) {
        at += fsz_frame_write(at, i + 1 < count ? FSZ_FRAME_MORE : 0, frames[i].size);
        if (frames[i].size > 0) {
            memcpy(at, frames[i].data, frames[i].size);
            at += frames[i].size;
        }
    }
    return (size_t)(at - bytes);
}

fsz_err fsz_zmtp_message_new(const struct fsz_frame *frames, size_t count,
                             enum fsz_zmtp_priority priority, struct fsz_zmtp_message **ret_message)
{
    size_t room = 0;
    size_t size = 0;
    if (count == 0) {
        return FSZ_EINVALID;
    }
    if (!wire_size(frames, count, &room) ||
        __builtin_add_overflow(room, sizeof(struct own_message), &size)) {
        return FSZ_ENOMEM;
    }
    struct own_message *own = malloc(size);
    if (own == NULL) {
        return FSZ_ENOMEM;
    }
    own->base = (struct fsz_zmtp_message){
        .refs = {1},
        .priority = priority,
        .head = own->bytes,
        .head_size = frames_write(own->bytes, frames, count),
        .held_bytes = size,
        .release = message_release,
    };
    *ret_message = &own->base;
    return FSZ_OK;
}

/* If the last frame's body is in `body`, its header is the end of `head`. */
static bool is_before_body(const struct fsz_zmtp_message *message, size_t at,
                           const struct fsz_frame_head *head)
{
    return message->body != NULL && at == message->head_size &&
           head->body_size == message->body_size;
}

bool fsz_zmtp_message_next(const struct fsz_zmtp_message *message, size_t *at,
                           struct fsz_frame_head *ret_head, const uint8_t **ret_body)
{
    struct fsz_frame_head head;
    if (*at >= message->head_size ||
        fsz_frame_read(message->head + *at, message->head_size - *at, &head) != FSZ_OK) {
        return false;
    }
    size_t next = *at + head.head_size;
    if (is_before_body(message, next, &head)) {
        *ret_body = message->body;
    } else if (head.body_size <= message->head_size - next) {
        *ret_body = message->head + next;
        next += head.body_size;
    } else {
        return false;
    }
    *at = next;
    *ret_head = head;
    return true;
}
