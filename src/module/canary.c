/* SPDX-License-Identifier: MPL-2.0 */
#include "module/canary.h"

#include "base/clock.h"
#include "base/thread.h"
#include "module/events.h"

#include <pthread.h>
#include <stdatomic.h>
#include <switch.h>

enum {
    CANARY_S = 5,                  /* between checks */
    CANARY_PATIENCE = 5,           /* checks without any event after a probe */
    CANARY_AGAIN = 600 / CANARY_S, /* checks between two lines about the same error */
};

static struct {
    pthread_mutex_t lock; /* guards `ending` */
    pthread_cond_t  changed;
    bool            ending;
    _Atomic bool    deaf;
    pthread_t       thread; /* these two: used by start and stop only */
    bool            runs;
    /* Used by the thread only. */
    switch_size_t sessions; /* at the last event */
    unsigned      silent;   /* checks since the probe; 0: no probe */
    pthread_t     prober;
    bool          probes;
} canary = {.lock = PTHREAD_MUTEX_INITIALIZER};

static const char CANARY_DEAF[] =
    "NO EVENTS COME FROM THE SWITCH: it has created calls, but neither their events nor a probe "
    "have reached mod_event_zmq. Subscribers get nothing, and calls given to services see no "
    "hangup. Either another module blocks the switch's event threads (thread apply all bt), or the "
    "module does not fit this FreeSWITCH: build it against its headers";

/* Waits for the next check; false: the canary must end. */
static bool canary_wait(void)
{
    int64_t until_ms = fsz_clock_monotonic_ms() + (int64_t)CANARY_S * 1000;
    pthread_mutex_lock(&canary.lock);
    while (!canary.ending && fsz_thread_wait_ms(&canary.changed, &canary.lock, until_ms)) {
    }
    bool runs = !canary.ending;
    pthread_mutex_unlock(&canary.lock);
    return runs;
}

static void *canary_probe(void *unused)
{
    (void)unused;
    fsz_events_fire_probe();
    return NULL;
}

/* On its own thread, since it waits while the switch's queue is full. */
static void canary_start_probe(void)
{
    canary.probes = fsz_thread_start(&canary.prober, "fszmq-probe", canary_probe, NULL) == FSZ_OK;
}

static void canary_end_probe(void)
{
    if (canary.probes) {
        pthread_join(canary.prober, NULL);
        canary.probes = false;
    }
}

static void canary_hear(void)
{
    canary_end_probe();
    canary.sessions = switch_core_session_id();
    canary.silent = 0;
    if (canary.deaf) {
        canary.deaf = false;
        switch_log_printf(SWITCH_CHANNEL_LOG, SWITCH_LOG_NOTICE,
                          "events come from the switch again\n");
    }
}

static void canary_suspect(void)
{
    if (canary.silent == 0) {
        if (switch_core_session_id() == canary.sessions) {
            return; /* no new calls, so no events are missing */
        }
        canary_start_probe();
    }
    canary.silent++;
    if (canary.silent > CANARY_PATIENCE &&
        (canary.silent - CANARY_PATIENCE - 1) % CANARY_AGAIN == 0) {
        canary.deaf = true;
        switch_log_printf(SWITCH_CHANNEL_LOG, SWITCH_LOG_ERROR, "%s\n", CANARY_DEAF);
    }
}

static void *canary_main(void *unused)
{
    (void)unused;
    canary.sessions = switch_core_session_id();
    while (canary_wait()) {
        if (fsz_events_came()) {
            canary_hear();
        } else {
            canary_suspect();
        }
    }
    canary_end_probe();
    return NULL;
}

fsz_err fsz_canary_start(void)
{
    canary.deaf = false;
    canary.ending = false;
    canary.silent = 0;
    fsz_err err = fsz_thread_init_cond(&canary.changed);
    if (err != FSZ_OK) {
        return err;
    }
    err = fsz_thread_start(&canary.thread, "fszmq-canary", canary_main, NULL);
    canary.runs = err == FSZ_OK;
    if (err != FSZ_OK) {
        pthread_cond_destroy(&canary.changed);
    }
    return err;
}

void fsz_canary_stop(void)
{
    if (!canary.runs) {
        return;
    }
    pthread_mutex_lock(&canary.lock);
    canary.ending = true;
    pthread_cond_signal(&canary.changed);
    pthread_mutex_unlock(&canary.lock);
    pthread_join(canary.thread, NULL);
    pthread_cond_destroy(&canary.changed);
    canary.runs = false;
}

void fsz_canary_troubles(struct fsz_problems *problems)
{
    if (canary.deaf) {
        fsz_problems_add(problems, "%s", CANARY_DEAF);
    }
}
