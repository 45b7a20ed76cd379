/* SPDX-License-Identifier: MPL-2.0 */
/* queue.h - the queue from all switch threads to the stream thread, limited in events and bytes.
 *
 * A push takes a lock held for a few instructions and never waits for the consumer. An event that
 * does not fit is refused by its drop priority (low from half full, normal from 80 %, high when
 * full) and counted. The lock inherits priority, because dispatch threads of a switch may be
 * real-time and the stream thread is not. */
#ifndef FSZ_QUEUE_H
#define FSZ_QUEUE_H

#include "stream/message.h"

struct fsz_queue;

struct fsz_queue_stats {
#define FSZ_COUNTERS_QUEUE(member, unit, meaning) uint64_t member;
#include "counters/counters.def"
    uint64_t refused[FSZ_PRIORITIES];
};

FSZ_NODISCARD fsz_err fsz_queue_new(struct fsz_queue **ret_queue, uint64_t events_max,
                                    uint64_t bytes_max);
/* Frees the queue and its messages. No thread may be in any other function. */
void fsz_queue_free(struct fsz_queue **queue);
/* Sets new limits; queued messages stay. */
void fsz_queue_resize(struct fsz_queue *queue, uint64_t events_max, uint64_t bytes_max);

/* Takes over the reference of the caller, except on FSZ_EFULL: refused. Any thread. */
FSZ_NODISCARD fsz_err fsz_queue_push(struct fsz_queue *queue, struct fsz_message *message);
/* Whether an event of that priority would be refused now; if so, counts it as refused. Asked before
 * encoding, which is work. Any thread. */
bool fsz_queue_refuses(struct fsz_queue *queue, enum fsz_priority priority);

/* Takes up to `max` messages, oldest first, as a list linked by `next`; NULL: none. The caller owns
 * them. Stream thread only, like all functions below except fsz_queue_wake() and fsz_queue_stats().
 */
struct fsz_message *fsz_queue_take(struct fsz_queue *queue, size_t max);
/* Readable when the queue has what the stream thread waits for, or fsz_queue_wake() was called. */
int fsz_queue_fd(const struct fsz_queue *queue);
/* Declares that the stream thread is about to wait on the descriptor for `events` events (1: any),
 * or for a fourth of a limit. True: do not wait, they are there already. Valid until something is
 * taken. */
bool fsz_queue_wait(struct fsz_queue *queue, uint64_t events);
/* Clears the descriptor after a wait. */
void fsz_queue_woken(struct fsz_queue *queue);
/* Ends the wait. Any thread. */
void fsz_queue_wake(struct fsz_queue *queue);

/* Any thread. */
void fsz_queue_stats(struct fsz_queue *queue, struct fsz_queue_stats *ret_stats);

#endif
