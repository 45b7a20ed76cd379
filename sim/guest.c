/* What the simulated switch lends for a call that is served: the operations of guest.h. */
#include "sim/emit.h"
#include "sim/execute.h"
#include "sim/join.h"
#include "sim/play.h"
#include "sim/serve.h"
#include "sim/variables.h"

#include "call/hold.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* How often something has changed; *ret_stop: what runs is to be ended. */
static uint64_t guest_look(struct fsz_sim_guest *guest, bool *ret_stop)
{
    pthread_mutex_lock(&guest->sim->guests_lock);
    uint64_t changes = guest->changes;
    *ret_stop = guest->stop;
    guest->stop = false;
    pthread_mutex_unlock(&guest->sim->guests_lock);
    return changes;
}

/* Until something has changed since. */
static void guest_wait(struct fsz_sim_guest *guest, uint64_t changes)
{
    pthread_mutex_lock(&guest->sim->guests_lock);
    while (guest->changes == changes) {
        pthread_cond_wait(&guest->changed, &guest->sim->guests_lock);
    }
    pthread_mutex_unlock(&guest->sim->guests_lock);
}

static void guest_lock(struct fsz_sim_guest *guest)
{
    pthread_mutex_lock(&guest->sim->lock);
}

/* Something may be due earlier than was thought. */
static void guest_unlock(struct fsz_sim_guest *guest)
{
    pthread_cond_signal(&guest->sim->wake);
    pthread_mutex_unlock(&guest->sim->lock);
}

static bool guest_is_up_locked(const struct fsz_sim_guest *guest)
{
    return !guest->left && !guest->sim->stopping && fsz_call_is_held(guest->leg->call);
}

static bool guest_is_up(void *self)
{
    struct fsz_sim_guest *guest = self;
    guest_lock(guest);
    bool up = guest_is_up_locked(guest);
    guest_unlock(guest);
    return up;
}

static bool guest_has_hung_up(void *self, const char **ret_cause)
{
    struct fsz_sim_guest *guest = self;
    guest_lock(guest);
    const struct fsz_call *call = guest->leg->call;
    bool                   hung_up = !guest->left && !fsz_call_is_held(call);
    if (hung_up) {
        *ret_cause = call->cause == NULL ? "NORMAL_CLEARING" : call->cause->name;
    }
    guest_unlock(guest);
    return hung_up;
}

static bool guest_is_joined(void *self)
{
    struct fsz_sim_guest *guest = self;
    guest_lock(guest);
    bool joined = guest->left && guest->joined;
    guest_unlock(guest);
    return joined;
}

static fsz_err guest_describe(void *self,
                              void (*take)(void *argument, const struct fsz_event *channel),
                              void *argument)
{
    struct fsz_sim_guest *guest = self;
    guest_lock(guest);
    struct fsz_header *headers = fsz_emit_headers(guest->sim, guest->leg);
    if (headers != NULL) {
        take(argument, &(struct fsz_event){.name = "CHANNEL_DATA",
                                           .headers = headers,
                                           .read = fsz_headers_of_array});
        free(headers);
    }
    guest_unlock(guest);
    return headers == NULL ? FSZ_ENOMEM : FSZ_OK;
}

static const char *guest_get(void *self, const char *name)
{
    struct fsz_sim_guest *guest = self;
    free(guest->got);
    guest_lock(guest);
    const char *value = fsz_variable_get(guest->sim, guest->leg, name);
    guest->got = value == NULL ? NULL : strdup(value);
    guest_unlock(guest);
    return guest->got;
}

static void guest_set(void *self, const char *name, const char *value)
{
    struct fsz_sim_guest *guest = self;
    guest_lock(guest);
    fsz_application_set(guest->sim, guest->leg, name, value);
    guest_unlock(guest);
}

/* Without the bridge, which lasts as long as the two who talk want. */
static void guest_stop_locked(struct fsz_sim_guest *guest)
{
    if (!fsz_join_runs(guest->leg)) {
        fsz_execute_stop(guest->sim, guest->leg);
    }
}

static fsz_err guest_begin(struct fsz_sim_guest *guest, const char *app, const char *arg,
                           char ret_id[FSZ_UUID_BYTES], struct fsz_buffer *words)
{
    guest_lock(guest);
    fsz_random_uuid(&guest->sim->random_own, ret_id);
    const struct fsz_execute execute = {
        .call = guest->uuid, .app = app, .arg = arg, .id = ret_id, .lock = true, .urgent = true};
    fsz_err err = guest_is_up_locked(guest)
                      ? fsz_execute(guest->sim, guest->leg, &execute, true, words)
                      : FSZ_ENOTFOUND;
    guest_unlock(guest);
    return err;
}

static fsz_err guest_run(void *self, const char *app, const char *arg, struct fsz_buffer *words)
{
    struct fsz_sim_guest *guest = self;
    char                  id[FSZ_UUID_BYTES];
    fsz_err               err = guest_begin(guest, app, arg, id, words);
    bool                  runs = err == FSZ_OK;
    while (runs) {
        bool     stop = false;
        uint64_t changes = guest_look(guest, &stop);
        guest_lock(guest);
        if (stop) {
            guest_stop_locked(guest);
        }
        runs = fsz_execute_has(guest->leg, id) && !guest->sim->stopping;
        guest_unlock(guest);
        if (runs) {
            guest_wait(guest, changes);
        }
    }
    return err;
}

static void guest_hangup(void *self, const char *cause)
{
    struct fsz_sim_guest *guest = self;
    guest_lock(guest);
    const struct fsz_cause *found = fsz_cause_find(cause == NULL ? "NORMAL_CLEARING" : cause);
    (void)fsz_play_hangup(guest->sim, guest->leg->call,
                          found == NULL ? fsz_cause_find("NORMAL_CLEARING") : found);
    guest_unlock(guest);
}

static void guest_tell_ran(struct fsz_hold *hold, struct fsz_ran *list)
{
    struct fsz_ran *ran = NULL, *next = NULL;
    LL_FOREACH_SAFE(list, ran, next)
    {
        if (ran->app != NULL && ran->arg != NULL) {
            fsz_hold_ran(hold, ran->app, ran->arg);
        }
        fsz_ran_free(ran);
    }
}

/* It is over: drops what it is to drop. True: it can be given back. */
static bool guest_let_go(struct fsz_sim_guest *guest, bool drops)
{
    guest_lock(guest);
    if (drops) {
        fsz_execute_drop(guest->sim, guest->leg);
    }
    bool bridged = fsz_join_runs(guest->leg);
    while (!bridged && drops && guest->leg->running != NULL && guest_is_up_locked(guest)) {
        fsz_execute_stop(guest->sim, guest->leg);
    }
    guest_unlock(guest);
    return !bridged;
}

/* One look at the call. True: it is to be given back. */
static bool guest_hold_step(struct fsz_sim_guest *guest, struct fsz_hold *hold, bool stop)
{
    guest_lock(guest);
    bool            up = guest_is_up_locked(guest), idle = guest->leg->execution_count == 0;
    struct fsz_ran *ran = guest->ran;
    guest->ran = NULL;
    guest_unlock(guest);
    guest_tell_ran(hold, ran);
    if (!up) {
        return true;
    }
    if (fsz_hold_over(hold, idle)) { /* first: what is stopped must not make room for the next */
        return guest_let_go(guest, fsz_hold_drops(hold));
    }
    if (stop) {
        guest_lock(guest);
        guest_stop_locked(guest);
        guest_unlock(guest);
    }
    return false;
}

static void guest_hold(void *self, struct fsz_hold *hold)
{
    struct fsz_sim_guest *guest = self;
    bool                  stop = false;
    uint64_t              changes = guest_look(guest, &stop);
    guest_lock(guest);
    guest->holds = true;
    fsz_execute_move(guest->sim, guest->leg);
    guest_unlock(guest);
    while (!guest_hold_step(guest, hold, stop)) {
        guest_wait(guest, changes);
        changes = guest_look(guest, &stop);
    }
    guest_lock(guest);
    struct fsz_ran *ran = guest->ran;
    guest->ran = NULL;
    guest_unlock(guest);
    guest_tell_ran(hold, ran);
}

void fsz_sim_guest_init(struct fsz_sim_guest *guest)
{
    guest->guest = (struct fsz_guest){
        .self = guest,
        .call = guest->uuid,
        .is_up = guest_is_up,
        .has_hung_up = guest_has_hung_up,
        .is_joined = guest_is_joined,
        .describe = guest_describe,
        .get = guest_get,
        .set = guest_set,
        .run = guest_run,
        .hangup = guest_hangup,
        .hold = guest_hold,
    };
}
