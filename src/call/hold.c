#include "call/hold_private.h"

#include "base/container_of.h"

#include "call/offer.h"
#include "rpc/rpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static fsz_err hold_init_sync(struct fsz_hold *hold)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0) {
        return FSZ_ENOMEM;
    }
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    int error = pthread_cond_init(&hold->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&hold->lock, NULL);
    return error == 0 ? FSZ_OK : FSZ_ENOMEM;
}

static void hold_ref_offered(struct fsz_offered_call *call)
{
    fsz_hold_ref(FSZ_CONTAINER_OF(call, struct fsz_hold, offered));
}

static void hold_unref_offered(struct fsz_offered_call *call)
{
    struct fsz_hold *hold = FSZ_CONTAINER_OF(call, struct fsz_hold, offered);
    fsz_hold_unref(&hold);
}

fsz_err fsz_hold_new(const struct fsz_host *host, const char *call, struct fsz_hold **ret_hold)
{
    struct fsz_hold *hold = calloc(1, sizeof(*hold));
    if (hold == NULL || (hold->executed = json_array()) == NULL || hold_init_sync(hold) != FSZ_OK) {
        if (hold != NULL) {
            json_decref(hold->executed);
        }
        free(hold);
        return FSZ_ENOMEM;
    }
    hold->references = 1;
    hold->host = host;
    snprintf(hold->call, sizeof(hold->call), "%s", call);
    hold->offered = (struct fsz_offered_call){hold->call, hold_ref_offered, hold_unref_offered};
    *ret_hold = hold;
    return FSZ_OK;
}

struct fsz_hold *fsz_hold_ref(struct fsz_hold *hold)
{
    hold->references++;
    return hold;
}

void fsz_hold_unref(struct fsz_hold **hold)
{
    struct fsz_hold *h = *hold;
    *hold = NULL;
    if (h == NULL || --h->references > 0) {
        return;
    }
    json_decref(h->data);
    json_decref(h->executed);
    pthread_cond_destroy(&h->changed);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

enum fsz_hold_state fsz_hold_state(struct fsz_hold *hold)
{
    pthread_mutex_lock(&hold->lock);
    enum fsz_hold_state state = hold->state;
    pthread_mutex_unlock(&hold->lock);
    return state;
}

void fsz_hold_begin(struct fsz_hold *hold)
{
    pthread_mutex_lock(&hold->lock);
    hold->state = FSZ_HOLD_ON;
    hold->current = 0; /* what a former holder has under way is not for the next */
    pthread_mutex_unlock(&hold->lock);
}

static bool hold_end_locked(struct fsz_hold *hold, uint64_t lease, enum fsz_hold_state state)
{
    bool on = hold->state == FSZ_HOLD_ON && hold->current == lease;
    hold->state = on ? state : hold->state;
    hold->poked = true;
    pthread_cond_broadcast(&hold->changed);
    return on;
}

static void hold_wake(const struct fsz_hold *hold, bool stop)
{
    if (hold->host->wake != NULL) {
        hold->host->wake(hold->host->self, hold->call, stop);
    }
}

bool fsz_hold_end(struct fsz_hold *hold, uint64_t lease, enum fsz_hold_state state)
{
    pthread_mutex_lock(&hold->lock);
    bool on = hold_end_locked(hold, lease, state);
    pthread_mutex_unlock(&hold->lock);
    if (on) {
        hold_wake(hold, state == FSZ_HOLD_LOST || state == FSZ_HOLD_CLOSED);
    }
    return on;
}

void fsz_hold_nudge(const struct fsz_hold *hold)
{
    hold_wake(hold, true);
}

bool fsz_hold_hand_over(struct fsz_hold *hold, uint64_t lease, const char *service,
                        const json_t *data)
{
    json_t *copy = data ? json_deep_copy(data) : NULL;
    pthread_mutex_lock(&hold->lock);
    bool on = hold_end_locked(hold, lease, FSZ_HOLD_HANDED_OVER);
    if (on) {
        snprintf(hold->next_service, sizeof(hold->next_service), "%s", service);
        json_decref(hold->data);
        hold->data = copy;
    }
    pthread_mutex_unlock(&hold->lock);
    if (on) {
        hold_wake(hold, false);
    } else {
        json_decref(copy);
    }
    return on;
}

bool fsz_hold_is_of(struct fsz_hold *hold, uint64_t lease)
{
    pthread_mutex_lock(&hold->lock);
    bool is = hold->state == FSZ_HOLD_ON && hold->current == lease;
    pthread_mutex_unlock(&hold->lock);
    return is;
}

bool fsz_hold_obeys(struct fsz_hold *hold, uint64_t lease)
{
    pthread_mutex_lock(&hold->lock);
    bool obeys =
        hold->current == lease && hold->state != FSZ_HOLD_LOST && hold->state != FSZ_HOLD_CLOSED;
    pthread_mutex_unlock(&hold->lock);
    return obeys;
}

void fsz_hold_poke(struct fsz_hold *hold)
{
    pthread_mutex_lock(&hold->lock);
    hold->poked = true;
    pthread_cond_broadcast(&hold->changed);
    pthread_mutex_unlock(&hold->lock);
}

/* ---- for the adapter ------------------------------------------------------------------------- */

bool fsz_hold_over(struct fsz_hold *hold, bool idle)
{
    enum fsz_hold_state state = fsz_hold_state(hold);
    bool                waits = state == FSZ_HOLD_RELEASED || state == FSZ_HOLD_HANDED_OVER;
    return state != FSZ_HOLD_ON && (idle || !waits);
}

bool fsz_hold_drops(struct fsz_hold *hold)
{
    enum fsz_hold_state state = fsz_hold_state(hold);
    return state == FSZ_HOLD_LOST || state == FSZ_HOLD_CLOSED;
}

void fsz_hold_wait(struct fsz_hold *hold, int timeout_ms)
{
    struct timespec until;
    int             error = 0;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += timeout_ms % 1000 * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&hold->lock);
    while (!hold->poked && error == 0) {
        error = pthread_cond_timedwait(&hold->changed, &hold->lock, &until);
    }
    hold->poked = false;
    pthread_mutex_unlock(&hold->lock);
}

void fsz_hold_ran(struct fsz_hold *hold, const char *app, const char *arg)
{
    json_t *step = json_object();
    if (json_array_size(hold->executed) >= FSZ_OFFER_EXECUTED_MAX) {
        json_array_remove(hold->executed, 0);
    }
    json_object_set_new(step, "app", fsz_rpc_text(app, strlen(app)));
    if (arg != NULL && arg[0] != '\0') {
        json_object_set_new(step, "arg", fsz_rpc_text(arg, strlen(arg)));
    }
    json_array_append_new(hold->executed, step);
}
