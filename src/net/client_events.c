/* SPDX-License-Identifier: MPL-2.0 */
#include "net/client_events.h"

#include "base/bucket.h"
#include "base/clock.h"
#include "base/thread.h"
#include "net/client_note.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { EVENTS_RETRY_MS = 100 };

struct fsz_client_events {
    const struct fsz_host *host;
    pthread_t              thread;
    bool                   runs; /* used only by the thread that starts and stops it */
    pthread_mutex_t        lock; /* guards the members up to `count`; held for a few instructions */
    pthread_cond_t         changed; /* a note was added, or it stops */
    bool                   stopping;
    struct fsz_bucket      groups[FSZ_CLIENT_GROUPS];
    int64_t                owed_ms; /* when to report suppressed events; 0: there are none */
    struct fsz_client_note notes[FSZ_CLIENT_OUTBOX]; /* a ring */
    size_t                 first, count;

    _Atomic int64_t  rate;
    _Atomic uint64_t fired, suppressed, overflowed, refused;
};

/* ---- the outbox ------------------------------------------------------------------------------ */

/* A connection that we end for what its peer did is an offence. This way a client that sends
 * rubbish does not hide that another was kicked. */
static enum fsz_client_group events_group_of(const struct fsz_client_note *note)
{
    switch (note->action) {
    case FSZ_CLIENT_REJECT:
        return FSZ_CLIENT_OFFENCES;
    case FSZ_CLIENT_DISCONNECT:
        return note->ending == FSZ_ZMTP_END_PROTOCOL || note->ending == FSZ_ZMTP_END_CRYPTO ||
                       note->ending == FSZ_ZMTP_END_MESSAGE_BYTES ||
                       note->ending == FSZ_ZMTP_END_MESSAGE_FRAMES ||
                       note->ending == FSZ_ZMTP_END_INPUT_BYTES
                   ? FSZ_CLIENT_OFFENCES
                   : FSZ_CLIENT_TROUBLE;
    case FSZ_CLIENT_LAG:
    case FSZ_CLIENT_CAUGHT_UP:
        return FSZ_CLIENT_TROUBLE;
    default:
        return FSZ_CLIENT_TRAFFIC;
    }
}

static bool events_pass_locked(struct fsz_client_events *events, struct fsz_bucket *bucket,
                               int64_t rate, struct fsz_client_note *note)
{
    if (events->count == FSZ_CLIENT_OUTBOX) {
        bucket->suppressed++;
        events->overflowed++;
        return false;
    }
    if (!fsz_bucket_take(bucket, rate, rate, fsz_clock_monotonic_ms(), &note->suppressed)) {
        events->suppressed++;
        return false;
    }
    return true;
}

/* Returns true if the thread must wake: there is a note, or the first suppressed event. */
static bool events_put_locked(struct fsz_client_events *events, struct fsz_client_note *note)
{
    int64_t            rate = events->rate;
    struct fsz_bucket *bucket = &events->groups[events_group_of(note)];
    if (events->stopping || rate == 0) {
        return false;
    }
    if (events_pass_locked(events, bucket, rate, note)) {
        events->notes[(events->first + events->count++) % FSZ_CLIENT_OUTBOX] = *note;
        return true;
    }
    if (events->owed_ms != 0) {
        return false;
    }
    events->owed_ms = fsz_clock_monotonic_ms() + FSZ_CLIENT_OWED_MS;
    return true;
}

void fsz_client_events_put(struct fsz_client_events *events, struct fsz_client_note *note)
{
    pthread_mutex_lock(&events->lock);
    bool wakes = events_put_locked(events, note);
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

/* Reports suppressed events of a group in which no later event has reported them. */
static bool events_owe_locked(struct fsz_client_events *events, struct fsz_client_note *ret_note)
{
    int64_t rate = events->rate, now_ms = fsz_clock_monotonic_ms();
    bool    any = false;
    if (events->owed_ms == 0 || now_ms < events->owed_ms) {
        return false;
    }
    for (enum fsz_client_group group = 0; group < FSZ_CLIENT_GROUPS; group++) {
        struct fsz_bucket *bucket = &events->groups[group];
        *ret_note = (struct fsz_client_note){.action = FSZ_CLIENT_SUPPRESSED, .group = group};
        if (rate > 0 && fsz_bucket_owes(bucket, rate, rate, now_ms, &ret_note->suppressed)) {
            return true; /* further groups follow in later calls */
        }
        any |= rate > 0 && bucket->suppressed > 0;
    }
    events->owed_ms = any ? now_ms + EVENTS_RETRY_MS : 0;
    return false;
}

static void events_wait_locked(struct fsz_client_events *events)
{
    fsz_thread_wait_ms(&events->changed, &events->lock,
                       events->owed_ms == 0 ? INT64_MAX : events->owed_ms);
}

/* False: the thread must end. */
static bool events_next(struct fsz_client_events *events, struct fsz_client_note *ret_note)
{
    bool found = false;
    pthread_mutex_lock(&events->lock);
    while (!events->stopping && !found) {
        found = events_owe_locked(events, ret_note) || events_take_locked(events, ret_note);
        if (!found) {
            events_wait_locked(events);
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
        events->fired++; /* counted first, so that a reader of the event finds it counted */
        if (fsz_client_note_fire(&note, events->host) != FSZ_OK) {
            events->fired--;
            events->refused++;
        }
    }
    return NULL;
}

/* ---- start and stop -------------------------------------------------------------------------- */

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
    fsz_err err = fsz_thread_init_cond(&events->changed);
    err = err != FSZ_OK ? err
                        : fsz_thread_start(&events->thread, "fszmq-clients", events_main, events);
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
    if (events == NULL) {
        return;
    }
    pthread_mutex_lock(&events->lock);
    events->rate = rate;
    for (int group = 0; group < FSZ_CLIENT_GROUPS && rate == 0; group++) {
        events->groups[group].suppressed = 0; /* events are off: nothing to report */
    }
    pthread_mutex_unlock(&events->lock);
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
                                                                .suppressed = events->suppressed,
                                                                .overflowed = events->overflowed,
                                                                .refused = events->refused};
}
