/* queue.h - from many switch threads to the one stream thread, bounded in events and in bytes.
 *
 * Pushing takes a lock held for a few instructions and never waits for the consumer: what does not
 * fit is refused by its drop class (noise from half full, normal from 80 %, vital when full), and
 * counted. The lock inherits priority: a switch's dispatch threads may be real-time, ours is not.
 */
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
/* Frees what is still queued. No thread may be in any other function. */
void fsz_queue_free(struct fsz_queue **queue);
/* New bounds; what is queued stays. */
void fsz_queue_resize(struct fsz_queue *queue, uint64_t events_max, uint64_t bytes_max);

/* Takes over the caller's reference, unless FSZ_EFULL: refused. Any thread. */
FSZ_NODISCARD fsz_err fsz_queue_push(struct fsz_queue *queue, struct fsz_message *message);
/* Would an event of that class be refused now? Counts it as refused if so: asked before the work of
 * encoding. Any thread. */
bool fsz_queue_refuses(struct fsz_queue *queue, enum fsz_priority priority);

/* Up to `max` messages as a list linked by `next`, oldest first, or NULL. The caller owns them.
 * Stream thread only, as everything below. */
struct fsz_message *fsz_queue_take(struct fsz_queue *queue, size_t max);
/* Readable when a push gave the stream thread what it waits for, or fsz_queue_wake() was called. */
int fsz_queue_fd(const struct fsz_queue *queue);
/* Says that the stream thread is about to wait on the descriptor, for so many events (1: for any)
 * or a fourth of a bound. True: do not, they are there. Good until something is taken. */
bool fsz_queue_wait(struct fsz_queue *queue, uint64_t events);
/* The wait is over: clears the descriptor. */
void fsz_queue_woken(struct fsz_queue *queue);
/* Ends the wait. Any thread. */
void fsz_queue_wake(struct fsz_queue *queue);

/* Any thread. */
void fsz_queue_stats(struct fsz_queue *queue, struct fsz_queue_stats *ret_stats);

#endif
