/* SPDX-License-Identifier: MPL-2.0 */
#include "stream/queue.h"

#include "base/thread.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { QUEUE_IDLE = 4 }; /* a wait ends when a fourth of a limit is used */

struct fsz_queue {
    int                 fd; /* an eventfd, close-on-exec */
    pthread_mutex_t     lock;
    struct fsz_message *first, *last; /* guarded by lock, like all members below */
    uint64_t wake_at; /* number of events that the stream thread waits for; 0: it does not wait */
    struct fsz_queue_stats stats;
};

/* The share of the limit, in percent, from which a priority is refused. */
static const unsigned queue_share[FSZ_PRIORITIES] = {
    [FSZ_PRIORITY_LOW] = 50, [FSZ_PRIORITY_NORMAL] = 80, [FSZ_PRIORITY_HIGH] = 100};

fsz_err fsz_queue_new(struct fsz_queue **ret_queue, uint64_t events_max, uint64_t bytes_max)
{
    struct fsz_queue *queue = calloc(1, sizeof(*queue));
    if (queue == NULL) {
        return FSZ_ENOMEM;
    }
    queue->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (queue->fd < 0 || fsz_thread_init_lock(&queue->lock) != FSZ_OK) {
        if (queue->fd >= 0) {
            close(queue->fd);
        }
        free(queue);
        return FSZ_ESYSTEM;
    }
    queue->stats.events_max = events_max;
    queue->stats.bytes_max = bytes_max;
    *ret_queue = queue;
    return FSZ_OK;
}

void fsz_queue_free(struct fsz_queue **queue)
{
    if (*queue == NULL) {
        return;
    }
    while ((*queue)->first != NULL) {
        struct fsz_message *message = (*queue)->first;
        (*queue)->first = message->next;
        fsz_message_unref(message);
    }
    close((*queue)->fd);
    pthread_mutex_destroy(&(*queue)->lock);
    free(*queue);
    *queue = NULL;
}

void fsz_queue_resize(struct fsz_queue *queue, uint64_t events_max, uint64_t bytes_max)
{
    fsz_thread_lock(&queue->lock);
    queue->stats.events_max = events_max;
    queue->stats.bytes_max = bytes_max;
    pthread_mutex_unlock(&queue->lock);
}

static bool queue_is_full_locked(const struct fsz_queue *queue, enum fsz_priority priority,
                                 uint64_t more_bytes)
{
    const struct fsz_queue_stats *s = &queue->stats;
    return s->events >= s->events_max * queue_share[priority] / 100 ||
           s->bytes + more_bytes > s->bytes_max * queue_share[priority] / 100;
}

static void queue_raise_peaks_locked(struct fsz_queue_stats *s)
{
    s->events_peak = s->events > s->events_peak ? s->events : s->events_peak;
    s->bytes_peak = s->bytes > s->bytes_peak ? s->bytes : s->bytes_peak;
}

static void queue_append_locked(struct fsz_queue *queue, struct fsz_message *message)
{
    message->next = NULL;
    if (queue->last == NULL) {
        queue->first = message;
    } else {
        queue->last->next = message;
    }
    queue->last = message;
    queue->stats.pushed++;
    queue->stats.events++;
    queue->stats.bytes += message->allocated_bytes;
    queue_raise_peaks_locked(&queue->stats);
}

/* Whether there are so many events, or a share of a limit that should not wait longer. */
static bool queue_has_locked(const struct fsz_queue *queue, uint64_t events)
{
    const struct fsz_queue_stats *s = &queue->stats;
    return queue->first != NULL &&
           (s->events >= events || s->events >= s->events_max / QUEUE_IDLE ||
            s->bytes >= s->bytes_max / QUEUE_IDLE);
}

static void queue_signal(const struct fsz_queue *queue)
{
    uint64_t one = 1;
    ssize_t  written = write(queue->fd, &one, sizeof(one));
    (void)written; /* EAGAIN: the counter is at its maximum, so the descriptor is readable anyway */
}

fsz_err fsz_queue_push(struct fsz_queue *queue, struct fsz_message *message)
{
    bool wake = false;
    fsz_thread_lock(&queue->lock);
    bool full = queue_is_full_locked(queue, message->priority, message->allocated_bytes);
    if (full) {
        queue->stats.refused[message->priority]++;
    } else {
        queue_append_locked(queue, message);
        wake = queue->wake_at > 0 && queue_has_locked(queue, queue->wake_at);
        queue->wake_at = wake ? 0 : queue->wake_at;
    }
    pthread_mutex_unlock(&queue->lock);
    if (wake) {
        queue_signal(queue);
    }
    return full ? FSZ_EFULL : FSZ_OK;
}

bool fsz_queue_refuses(struct fsz_queue *queue, enum fsz_priority priority)
{
    fsz_thread_lock(&queue->lock);
    bool full = queue_is_full_locked(queue, priority, 0);
    queue->stats.refused[priority] += full;
    pthread_mutex_unlock(&queue->lock);
    return full;
}

struct fsz_message *fsz_queue_take(struct fsz_queue *queue, size_t max)
{
    fsz_thread_lock(&queue->lock);
    struct fsz_message *first = queue->first, *last = NULL;
    queue->wake_at = 0;
    for (size_t n = 0; n < max && queue->first != NULL; n++) {
        last = queue->first;
        queue->first = last->next;
        queue->stats.events--;
        queue->stats.bytes -= last->allocated_bytes;
    }
    if (last != NULL) {
        last->next = NULL;
    }
    if (queue->first == NULL) {
        queue->last = NULL;
    }
    pthread_mutex_unlock(&queue->lock);
    return first;
}

int fsz_queue_fd(const struct fsz_queue *queue)
{
    return queue->fd;
}

bool fsz_queue_wait(struct fsz_queue *queue, uint64_t events)
{
    fsz_thread_lock(&queue->lock);
    bool enough = queue_has_locked(queue, events);
    queue->wake_at = enough ? 0 : events;
    pthread_mutex_unlock(&queue->lock);
    return enough;
}

void fsz_queue_woken(struct fsz_queue *queue)
{
    uint64_t count = 0;
    ssize_t  got = read(queue->fd, &count, sizeof(count));
    (void)got; /* EAGAIN: not signalled */
}

void fsz_queue_wake(struct fsz_queue *queue)
{
    queue_signal(queue);
}

void fsz_queue_stats(struct fsz_queue *queue, struct fsz_queue_stats *ret_stats)
{
    fsz_thread_lock(&queue->lock);
    *ret_stats = queue->stats;
    pthread_mutex_unlock(&queue->lock);
}
