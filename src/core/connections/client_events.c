#include "client_events.h"

#include "bucket.h"
#include "client_note.h"
#include "ratelimit.h"
#include "thread.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum { EVENTS_MS_PER_S = 1000 };

enum events_flow { EVENTS_TRAFFIC, EVENTS_TROUBLE, EVENTS_FLOWS };

struct fsz_client_events {
    const struct fsz_host *host;
    pthread_t              thread;
    bool                   runs;    /* for who starts and stops it */
    pthread_mutex_t        lock;    /* guards what follows; held for a few instructions */
    pthread_cond_t         changed; /* there is a note, or the end */
    bool                   stopping;
    struct fsz_bucket      flows[EVENTS_FLOWS];
    struct fsz_client_note notes[FSZ_CLIENT_OUTBOX]; /* a ring */
    size_t                 first, count;

    _Atomic int64_t  rate;
    _Atomic uint64_t fired, held_back, overflowed, refused;
};

/* ---- the outbox ------------------------------------------------------------------------------ */

static enum events_flow events_flow_of(enum fsz_client_action action)
{
    return action == FSZ_CLIENT_DISCONNECT || action == FSZ_CLIENT_LAG ||
                   action == FSZ_CLIENT_CAUGHT_UP
               ? EVENTS_TROUBLE
               : EVENTS_TRAFFIC;
}

static bool events_pass_locked(struct fsz_client_events *events, struct fsz_bucket *bucket,
                               int64_t rate, struct fsz_client_note *note)
{
    if (events->count == FSZ_CLIENT_OUTBOX) {
        bucket->held_back++;
        events->overflowed++;
        return false;
    }
    if (!fsz_bucket_take(bucket, rate, rate, fsz_now_ms(), &note->held_back)) {
        events->held_back++;
        return false;
    }
    return true;
}

/* Wakes the thread for a note, and for the first that is held back, so that it will report them. */
void fsz_client_events_put(struct fsz_client_events *events, struct fsz_client_note *note)
{
    int64_t            rate = events->rate;
    struct fsz_bucket *bucket = &events->flows[events_flow_of(note->action)];
    pthread_mutex_lock(&events->lock);
    bool put = !events->stopping && rate > 0 && events_pass_locked(events, bucket, rate, note);
    bool wakes = put || bucket->held_back == 1;
    if (put) {
        events->notes[(events->first + events->count++) % FSZ_CLIENT_OUTBOX] = *note;
    }
    pthread_mutex_unlock(&events->lock);
    if (wakes) {
        pthread_cond_signal(&events->changed);
    }
}

/* ---- the thread ------------------------------------------------------------------------------ */

static bool events_take_locked(struct fsz_client_events *events, struct fsz_client_note *ret_note)
{
    if (events->count == 0) {
        return false;
    }
    *ret_note = events->notes[events->first];
    events->first = (events->first + 1) % FSZ_CLIENT_OUTBOX;
    events->count--;
    return true;
}

/* After a flood no event may follow that could report what was held back. */
static bool events_owe_locked(struct fsz_client_events *events, struct fsz_client_note *ret_note)
{
    int64_t rate = events->rate;
    *ret_note = (struct fsz_client_note){.action = FSZ_CLIENT_HELD_BACK};
    for (int flow = 0; flow < EVENTS_FLOWS && rate > 0; flow++) {
        if (fsz_bucket_owes(&events->flows[flow], rate, rate, fsz_now_ms(), &ret_note->held_back)) {
            return true;
        }
    }
    return false;
}

/* False: nothing has come, and it is time to report what was held back. */
static bool events_wait_locked(struct fsz_client_events *events)
{
    struct timespec until;
    if (events->flows[EVENTS_TRAFFIC].held_back + events->flows[EVENTS_TROUBLE].held_back == 0) {
        return pthread_cond_wait(&events->changed, &events->lock) == 0;
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += FSZ_CLIENT_OWED_MS / EVENTS_MS_PER_S;
    return pthread_cond_timedwait(&events->changed, &events->lock, &until) == 0;
}

/* False: it is to end. */
static bool events_next(struct fsz_client_events *events, struct fsz_client_note *ret_note)
{
    bool found = false;
    pthread_mutex_lock(&events->lock);
    while (!events->stopping && !found) {
        found = events_take_locked(events, ret_note);
        if (!found && !events_wait_locked(events)) {
            found = events->count == 0 && events_owe_locked(events, ret_note);
        }
    }
    pthread_mutex_unlock(&events->lock);
    return found;
}

static void *events_main(void *argument)
{
    struct fsz_client_events *events = argument;
    struct fsz_client_note    note;
    while (events_next(events, &note)) {
        if (fsz_client_note_fire(&note, events->host) == FSZ_OK) {
            events->fired++;
        } else {
            events->refused++;
        }
    }
    return NULL;
}

/* ---- its life -------------------------------------------------------------------------------- */

static void events_init_clock(struct fsz_client_events *events)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&events->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

fsz_err fsz_client_events_new(const struct fsz_host *host, int64_t rate,
                              struct fsz_client_events **ret_events)
{
    if ((host->capabilities & FSZ_CAN_SEND) == 0) {
        *ret_events = NULL;
        return FSZ_OK;
    }
    struct fsz_client_events *events = calloc(1, sizeof(*events));
    if (events == NULL) {
        return FSZ_ENOMEM;
    }
    events->host = host;
    events->rate = rate;
    pthread_mutex_init(&events->lock, NULL);
    events_init_clock(events);
    fsz_err err = fsz_thread_start(&events->thread, "fszmq-clients", events_main, events);
    events->runs = err == FSZ_OK;
    if (err != FSZ_OK) {
        fsz_client_events_free(&events);
        return err;
    }
    *ret_events = events;
    return FSZ_OK;
}

bool fsz_client_events_are_on(const struct fsz_client_events *events)
{
    return events != NULL && events->rate > 0;
}

void fsz_client_events_set_rate(struct fsz_client_events *events, int64_t rate)
{
    if (events != NULL) {
        events->rate = rate;
    }
}

void fsz_client_events_stop(struct fsz_client_events *events)
{
    if (events == NULL || !events->runs) {
        return;
    }
    pthread_mutex_lock(&events->lock);
    events->stopping = true;
    pthread_mutex_unlock(&events->lock);
    pthread_cond_signal(&events->changed);
    pthread_join(events->thread, NULL);
    events->runs = false;
}

void fsz_client_events_free(struct fsz_client_events **events)
{
    struct fsz_client_events *e = *events;
    *events = NULL;
    if (e != NULL) {
        fsz_client_events_stop(e);
        pthread_cond_destroy(&e->changed);
        pthread_mutex_destroy(&e->lock);
        free(e);
    }
}

struct fsz_client_events_counters fsz_client_events_counters(const struct fsz_client_events *events)
{
    static const struct fsz_client_events_counters none;
    return events == NULL ? none
                          : (struct fsz_client_events_counters){.fired = events->fired,
                                                                .held_back = events->held_back,
                                                                .overflowed = events->overflowed,
                                                                .refused = events->refused};
}
