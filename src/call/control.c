/* SPDX-License-Identifier: MPL-2.0 */
#include "base/clock.h"
#include "base/container_of.h"
#include "base/ref.h"
#include "base/thread.h"
#include "call/control_private.h"
#include "call/offer.h"
#include "rpc/rpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static fsz_err control_init_sync(struct fsz_control *control)
{
    pthread_mutex_init(&control->lock, NULL);
    return fsz_thread_init_cond(&control->changed);
}

static void control_ref_offered(struct fsz_offered_call *call)
{
    fsz_control_ref(FSZ_CONTAINER_OF(call, struct fsz_control, offered));
}

static void control_unref_offered(struct fsz_offered_call *call)
{
    struct fsz_control *control = FSZ_CONTAINER_OF(call, struct fsz_control, offered);
    fsz_control_unref(&control);
}

fsz_err fsz_control_new(const struct fsz_host *host, const char *call,
                        struct fsz_control **ret_control)
{
    struct fsz_control *control = calloc(1, sizeof(*control));
    if (control == NULL || (control->executed = json_array()) == NULL ||
        control_init_sync(control) != FSZ_OK) {
        if (control != NULL) {
            json_decref(control->executed);
        }
        free(control);
        return FSZ_ENOMEM;
    }
    fsz_ref_init(&control->references, 1);
    control->host = host;
    snprintf(control->call, sizeof(control->call), "%s", call);
    control->offered =
        (struct fsz_offered_call){control->call, control_ref_offered, control_unref_offered};
    *ret_control = control;
    return FSZ_OK;
}

struct fsz_control *fsz_control_ref(struct fsz_control *control)
{
    fsz_ref_take(&control->references);
    return control;
}

void fsz_control_unref(struct fsz_control **control)
{
    struct fsz_control *c = *control;
    *control = NULL;
    if (c == NULL || !fsz_ref_drop(&c->references)) {
        return;
    }
    json_decref(c->data);
    json_decref(c->executed);
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

enum fsz_control_state fsz_control_state(struct fsz_control *control)
{
    pthread_mutex_lock(&control->lock);
    enum fsz_control_state state = control->state;
    pthread_mutex_unlock(&control->lock);
    return state;
}

void fsz_control_begin(struct fsz_control *control)
{
    pthread_mutex_lock(&control->lock);
    control->state = FSZ_CONTROL_ON;
    control->current = 0; /* commands in progress of a former controller are void */
    pthread_mutex_unlock(&control->lock);
}

enum fsz_on_lost fsz_control_on_lost(struct fsz_control *control)
{
    pthread_mutex_lock(&control->lock);
    enum fsz_on_lost on_lost = control->on_lost;
    pthread_mutex_unlock(&control->lock);
    return on_lost;
}

void fsz_control_take_hand_over(struct fsz_control *control, char service[FSZ_CONFIG_NAME_MAX + 1],
                                json_t **data)
{
    json_decref(*data);
    pthread_mutex_lock(&control->lock);
    memcpy(service, control->next_service, sizeof(control->next_service));
    *data = control->data;
    control->data = NULL;
    pthread_mutex_unlock(&control->lock);
}

void fsz_control_set_leaves(struct fsz_control *control)
{
    pthread_mutex_lock(&control->lock);
    control->leaves = true;
    pthread_mutex_unlock(&control->lock);
}

bool fsz_control_leaves(struct fsz_control *control)
{
    pthread_mutex_lock(&control->lock);
    bool leaves = control->leaves;
    pthread_mutex_unlock(&control->lock);
    return leaves;
}

bool fsz_control_take(struct fsz_control *control, uint64_t lease, enum fsz_on_lost on_lost)
{
    pthread_mutex_lock(&control->lock);
    bool stays = !control->leaves;
    if (stays) {
        control->on_lost = on_lost;
        control->current = lease;
    }
    pthread_mutex_unlock(&control->lock);
    return stays;
}

static bool control_end_locked(struct fsz_control *control, uint64_t lease,
                               enum fsz_control_state state)
{
    bool on = control->state == FSZ_CONTROL_ON && control->current == lease;
    control->state = on ? state : control->state;
    control->poked = true;
    pthread_cond_broadcast(&control->changed);
    return on;
}

static void control_wake(const struct fsz_control *control, bool stop)
{
    if (control->host->wake != NULL) {
        control->host->wake(control->host->self, control->call, stop);
    }
}

bool fsz_control_end(struct fsz_control *control, uint64_t lease, enum fsz_control_state state)
{
    pthread_mutex_lock(&control->lock);
    bool on = control_end_locked(control, lease, state);
    pthread_mutex_unlock(&control->lock);
    if (on) {
        control_wake(control, state == FSZ_CONTROL_LOST || state == FSZ_CONTROL_CLOSED);
    }
    return on;
}

void fsz_control_nudge(const struct fsz_control *control)
{
    control_wake(control, true);
}

bool fsz_control_hand_over(struct fsz_control *control, uint64_t lease, const char *service,
                           const json_t *data)
{
    json_t *copy = data ? json_deep_copy(data) : NULL;
    pthread_mutex_lock(&control->lock);
    bool on = control_end_locked(control, lease, FSZ_CONTROL_HANDED_OVER);
    if (on) {
        snprintf(control->next_service, sizeof(control->next_service), "%s", service);
        json_decref(control->data);
        control->data = copy;
    }
    pthread_mutex_unlock(&control->lock);
    if (on) {
        control_wake(control, false);
    } else {
        json_decref(copy);
    }
    return on;
}

bool fsz_control_is_of(struct fsz_control *control, uint64_t lease)
{
    pthread_mutex_lock(&control->lock);
    bool is = control->state == FSZ_CONTROL_ON && control->current == lease;
    pthread_mutex_unlock(&control->lock);
    return is;
}

bool fsz_control_obeys(struct fsz_control *control, uint64_t lease)
{
    pthread_mutex_lock(&control->lock);
    bool obeys = control->current == lease && control->state != FSZ_CONTROL_LOST &&
                 control->state != FSZ_CONTROL_CLOSED;
    pthread_mutex_unlock(&control->lock);
    return obeys;
}

void fsz_control_poke(struct fsz_control *control)
{
    pthread_mutex_lock(&control->lock);
    control->poked = true;
    pthread_cond_broadcast(&control->changed);
    pthread_mutex_unlock(&control->lock);
}

/* ---- for the host ---------------------------------------------------------------------------- */

bool fsz_control_over(struct fsz_control *control, bool idle)
{
    enum fsz_control_state state = fsz_control_state(control);
    bool waits = state == FSZ_CONTROL_RELEASED || state == FSZ_CONTROL_HANDED_OVER;
    return state != FSZ_CONTROL_ON && (idle || !waits);
}

bool fsz_control_drops(struct fsz_control *control)
{
    enum fsz_control_state state = fsz_control_state(control);
    return state == FSZ_CONTROL_LOST || state == FSZ_CONTROL_CLOSED;
}

void fsz_control_wait(struct fsz_control *control, int timeout_ms)
{
    int64_t until_ms = fsz_clock_monotonic_ms() + timeout_ms;
    pthread_mutex_lock(&control->lock);
    while (!control->poked && fsz_thread_wait_ms(&control->changed, &control->lock, until_ms)) {
    }
    control->poked = false;
    pthread_mutex_unlock(&control->lock);
}

void fsz_control_ran(struct fsz_control *control, const char *app, const char *arg)
{
    json_t *step = json_object();
    if (json_array_size(control->executed) >= FSZ_OFFER_EXECUTED_MAX) {
        json_array_remove(control->executed, 0);
    }
    json_object_set_new(step, "app", fsz_rpc_text(app, strlen(app)));
    if (arg != NULL && arg[0] != '\0') {
        json_object_set_new(step, "arg", fsz_rpc_text(arg, strlen(arg)));
    }
    json_array_append_new(control->executed, step);
}
