#include "call/holds.h"

#include "auth/authorize.h"
#include "base/container_of.h"
#include "base/ratelimit.h"
#include "call/offer.h"
#include "event/encode.h"
#include "event/ending.h"
#include "rpc/rpc.h"
#include "service/services.h"

#include <stdio.h>
#include <string.h>
#include <utlist.h>

/* ---- who may --------------------------------------------------------------------------------- */

static bool hold_was_offered_to(const struct fsz_hold *hold, uint64_t serial)
{
    for (size_t i = 0; i < hold->former_count; i++) {
        if (hold->former[i] == serial) {
            return true;
        }
    }
    return false;
}

static void hold_offered(struct fsz_hold *hold, uint64_t serial)
{
    if (hold_was_offered_to(hold, serial)) {
        return;
    }
    if (hold->former_count == FSZ_HOLD_FORMER_MAX) {
        memmove(hold->former, hold->former + 1, sizeof(hold->former) - sizeof(hold->former[0]));
        hold->former_count--;
    }
    hold->former[hold->former_count++] = serial;
}

static struct fsz_hold *hold_of(struct fsz_offered_call *call)
{
    return FSZ_CONTAINER_OF(call, struct fsz_hold, offered);
}

static void owner_offered(struct fsz_offered_call *call, uint64_t serial)
{
    hold_offered(hold_of(call), serial);
}

struct fsz_hold *fsz_holds_find(const struct fsz_holds *holds, const char *call)
{
    struct fsz_hold *hold = NULL;
    HASH_FIND_STR(holds->list, call, hold);
    return hold;
}

bool fsz_holds_admit(struct fsz_holds *holds, const char *call, const struct fsz_client *client,
                     uint64_t lease)
{
    const struct fsz_hold *hold = fsz_holds_find(holds, call);
    bool                   holder =
        hold != NULL && hold->holder != NULL && fsz_provider_client(hold->holder) == client;
    bool current = hold != NULL && hold->holder != NULL && hold->lease == lease;
    bool may =
        lease != 0 ? current : holder || hold == NULL || !hold_was_offered_to(hold, client->serial);
    holds->counters.fenced += !may;
    return may;
}

const char *fsz_holds_controller(const struct fsz_holds *holds, const char *call,
                                 const struct fsz_client *client)
{
    const struct fsz_hold *hold = fsz_holds_find(holds, call);
    if (hold == NULL || hold->fenced ||
        (hold->holder != NULL && fsz_provider_client(hold->holder) == client)) {
        return NULL;
    }
    return hold->service[0] != '\0' ? hold->service : NULL; /* else the offer has failed */
}

struct fsz_hold *fsz_holds_of(const struct fsz_holds *holds, const char *call,
                              const struct fsz_client *client)
{
    struct fsz_hold *hold = fsz_holds_find(holds, call);
    return hold != NULL && hold->holder != NULL && fsz_provider_client(hold->holder) == client &&
                   !hold->left
               ? hold
               : NULL;
}

/* ---- answers to offers ----------------------------------------------------------------------- */

static fsz_err holds_authorize(const struct fsz_principal *who, const struct fsz_offer *offer,
                               fsz_why why)
{
    const char *name = NULL;
    json_t     *value = NULL;
    fsz_err     err = FSZ_OK;
    json_object_foreach((json_t *)offer->set, name, value)
    {
        err =
            err != FSZ_OK ? err : fsz_authorize_variable(who, name, json_string_value(value), why);
    }
    for (size_t i = 0; err == FSZ_OK && i < json_array_size(offer->steps); i++) {
        err = fsz_authorize_application(who, fsz_offer_app(offer, i), fsz_offer_arg(offer, i), why);
    }
    return err;
}

static void holds_set_losing(struct fsz_holds *holds, struct fsz_hold *hold, bool losing)
{
    holds->losing += (size_t)losing - (size_t)hold->losing;
    hold->losing = losing;
    hold->told_ms = fsz_now_ms();
}

static void holds_delist(struct fsz_holds *holds, struct fsz_hold *hold)
{
    if (!hold->is_listed || holds->list == NULL) {
        return;
    }
    fsz_watch_remove(holds->watch, hold);
    HASH_DEL(holds->list, hold);
    hold->is_listed = false;
    holds->left -= hold->left;
    hold->left = false;
    holds_set_losing(holds, hold, false);
    fsz_hold_unref(&hold);
}

/* The dialplan gave the call to a service once more: who had it before stays fenced. */
static void holds_inherit(struct fsz_holds *holds, struct fsz_hold *hold)
{
    struct fsz_hold *old = fsz_holds_find(holds, hold->call);
    if (old == NULL) {
        return;
    }
    for (size_t i = 0; i < old->former_count; i++) {
        hold_offered(hold, old->former[i]);
    }
    hold->lost |= old->lost;
    holds_delist(holds, old);
}

static bool holds_enlist(struct fsz_holds *holds, struct fsz_hold *hold)
{
    if (hold->is_listed) {
        return true;
    }
    holds_inherit(holds, hold);
    if (fsz_watch_add(holds->watch, hold) != FSZ_OK) {
        return false;
    }
    HASH_ADD_STR(holds->list, call, hold);
    if (hold->hh.tbl == NULL) {
        fsz_watch_remove(holds->watch, hold);
        return false;
    }
    hold->is_listed = true;
    fsz_hold_ref(hold);
    return true;
}

static bool holds_leaves(struct fsz_hold *hold)
{
    pthread_mutex_lock(&hold->lock);
    bool leaves = hold->leaves;
    pthread_mutex_unlock(&hold->lock);
    return leaves;
}

/* From now on the call's commands are `provider`'s. False: its thread has left. */
static bool holds_set_current(struct fsz_hold *hold, const struct fsz_provider *provider,
                              uint64_t lease)
{
    pthread_mutex_lock(&hold->lock);
    bool stays = !hold->leaves;
    if (stays) {
        hold->on_lost = provider->service->config->on_lost;
        hold->current = lease;
    }
    pthread_mutex_unlock(&hold->lock);
    return stays;
}

/* It is listed, and its last event watched for, before its thread is asked whether it stays: that
 * event comes after it has left. What its thread says then delists it. */
static bool holds_take(struct fsz_holds *holds, struct fsz_hold *hold,
                       struct fsz_provider *provider, uint64_t lease)
{
    if (hold->holder != NULL || hold->left || !holds_enlist(holds, hold) ||
        !holds_set_current(hold, provider, lease)) {
        return false;
    }
    hold->holder = provider;
    hold->lease = lease;
    snprintf(hold->service, sizeof(hold->service), "%s", provider->service->config->name);
    DL_APPEND(provider->held, hold);
    provider->held_count++;
    fsz_direct_hold(provider->service->services->base.direct, &provider->direct, true);
    provider->service->services->next_renew_ms = 0;
    return true;
}

/* Once this has returned true for an answer with control, the provider holds the call. */
static bool owner_accept(void *self, struct fsz_offered_call *call, struct fsz_provider *provider,
                         uint64_t lease, const json_t *result, const char **ret_why)
{
    struct fsz_holds       *holds = self;
    struct fsz_hold        *hold = hold_of(call);
    static __thread fsz_why authorize_why; /* until the caller has told it */
    struct fsz_principal    who;
    struct fsz_offer        offer;
    fsz_err                 err = fsz_offer_read(result, &offer, ret_why);
    if (err == FSZ_OK && !offer.accept) {
        *ret_why = offer.reason ? offer.reason : "it does not want the call";
        return false;
    }
    if (err == FSZ_OK) {
        bool known = fsz_provider_principal(provider, &who);
        err = known ? holds_authorize(&who, &offer, authorize_why) : FSZ_EDENIED;
        *ret_why = known ? authorize_why : "the user is not known any more";
    }
    if (err == FSZ_OK && holds_leaves(hold)) {
        *ret_why = "the call has gone on";
        err = FSZ_ECLOSED;
    } else if (err == FSZ_OK && offer.then == FSZ_THEN_CONTROL &&
               (holds->closed || !holds_take(holds, hold, provider, lease))) {
        *ret_why = "no more calls are held";
        err = FSZ_ECLOSED;
    }
    holds->counters.refused += err != FSZ_OK;
    holds->counters.accepted += err == FSZ_OK;
    return err == FSZ_OK;
}

/* ---- what holders are told ------------------------------------------------------------------- */

static json_t *holds_lease(const struct fsz_hold *hold, uint64_t lease)
{
    return json_pack("{ss sI}", "call", hold->call, "lease", (json_int_t)lease);
}

static void owner_cancel(struct fsz_offered_call *call, struct fsz_provider *provider,
                         uint64_t lease)
{
    fsz_provider_notify(provider, "call.cancel", holds_lease(hold_of(call), lease));
}

static void holds_count(struct fsz_holds *holds, const char *reason)
{
    const struct {
        const char *reason;
        uint64_t   *counter;
    } counters[] = {
        {"hangup", &holds->counters.hangup},           {"released", &holds->counters.released},
        {"handed-over", &holds->counters.handed_over}, {"lost", &holds->counters.lost},
        {"closed", &holds->counters.closed},           {NULL, &holds->counters.elsewhere}};
    size_t i = 0;
    while (counters[i].reason != NULL && strcmp(counters[i].reason, reason) != 0) {
        i++;
    }
    ++*counters[i].counter;
}

/* The last that its holder hears of the call. */
static void holds_tell_end(struct fsz_holds *holds, struct fsz_hold *hold, const char *reason,
                           const char *cause)
{
    struct fsz_provider *holder = hold->holder;
    if (holder == NULL) {
        return;
    }
    json_t *params = holds_lease(hold, hold->lease);
    if (hold->heir[0] != '\0' && strcmp(reason, "hangup") == 0) {
        reason = "replaced";
        json_object_set_new(params, "by", fsz_rpc_text(hold->heir, strlen(hold->heir)));
    }
    json_object_set_new(params, "reason", json_string(reason));
    if (cause[0] != '\0') {
        json_object_set_new(params, "cause", fsz_rpc_text(cause, strlen(cause)));
    }
    fsz_provider_notify(holder, "call.end", params);
    holds_count(holds, reason);
    DL_DELETE(holder->held, hold);
    holder->held_count--;
    fsz_direct_hold(holder->service->services->base.direct, &holder->direct, false);
    fsz_services_note_less(holder);
    hold->holder = NULL;
    fsz_service_go_on(holder->service); /* what waits for room */
}

static bool holds_may_hear(const struct fsz_hold *hold, const char *kind)
{
    struct fsz_principal who;
    return fsz_provider_principal(hold->holder, &who) &&
           fsz_principal_may(&who, FSZ_RIGHT_EVENTS, kind);
}

static void holds_send_event(struct fsz_holds *holds, const struct fsz_hold *hold,
                             const struct fsz_buffer *text)
{
    struct fsz_buffer params;
    fsz_buffer_init(&params, SIZE_MAX);
    fsz_buffer_text(&params, "{\"call\":");
    fsz_encode_string(&params, hold->call);
    fsz_buffer_printf(&params, ",\"lease\":%llu,\"event\":", (unsigned long long)hold->lease);
    fsz_buffer_append(&params, text->data, text->size);
    fsz_buffer_text(&params, "}");
    holds->counters.events += fsz_provider_notify_text(hold->holder, "call.event", &params);
    fsz_buffer_fini(&params);
}

void fsz_holds_event(struct fsz_holds *holds, struct fsz_hold *hold, const char *kind,
                     const struct fsz_buffer *text, bool last)
{
    if (hold->holder != NULL && text->size > 0 && (last || holds_may_hear(hold, kind))) {
        holds_send_event(holds, hold, text);
    }
    if (last) {
        hold->ended = true;
    }
    if (last && (hold->left || hold->fenced)) {
        holds_tell_end(holds, hold, "hangup", hold->cause);
        holds_delist(holds, hold);
    }
}

/* ---- ends ------------------------------------------------------------------------------------ */

static void owner_lose(void *self, struct fsz_provider *provider)
{
    struct fsz_holds *holds = self;
    while (provider->held != NULL) {
        struct fsz_hold *hold = fsz_hold_ref(provider->held);
        bool             gone = hold->left;
        holds_tell_end(holds, hold, gone ? "hangup" : "lost", gone ? hold->cause : "");
        if (gone) {
            holds_delist(holds, hold);
        } else {
            hold->lost = true;
            holds_set_losing(holds, hold, true);
            fsz_waits_mark(holds->waits, hold->call, FSZ_ENDING_LOST, true);
            fsz_hold_end(hold, hold->lease, FSZ_HOLD_LOST);
        }
        fsz_hold_unref(&hold);
    }
}

/* Nobody holds it, but nobody who did commands it meanwhile; a next holder hears what they ask for.
 */
static void holds_await_next(struct fsz_holds *holds, struct fsz_hold *hold)
{
    struct fsz_selection *none = NULL;
    fsz_watch_subscribe(holds->watch, hold, &none);
}

/* A hangup's last event comes later than this: FreeSWITCH fires it when the call has left its
 * dialplan. */
void fsz_holds_leave(struct fsz_holds *holds, struct fsz_hold_leave *leave)
{
    struct fsz_hold *hold = leave->hold;
    holds_set_losing(holds, hold, false);
    bool awaits = hold->holder != NULL && strcmp(leave->reason, "hangup") == 0 && !hold->ended;
    if (awaits) {
        memcpy(hold->cause, leave->cause, sizeof(hold->cause));
        hold->left = true;
        hold->left_ms = fsz_now_ms();
        holds->left++;
    } else {
        holds_tell_end(holds, hold, leave->reason, leave->cause);
        hold->fenced = hold->lost && hold->is_listed && !hold->ended && !leave->again;
        if (leave->again || hold->fenced) {
            holds_await_next(holds, hold);
        } else {
            holds_delist(holds, hold);
        }
    }
    fsz_hold_unref(&hold);
}

void fsz_holds_sweep(struct fsz_holds *holds, int64_t now_ms)
{
    struct fsz_hold *hold = NULL, *next = NULL;
    if ((holds->left == 0 && holds->losing == 0) || now_ms < holds->next_sweep_ms) {
        return;
    }
    holds->next_sweep_ms = now_ms + FSZ_HOLD_SWEEP_MS;
    HASH_ITER(hh, holds->list, hold, next)
    {
        if (hold->losing && now_ms - hold->told_ms >= FSZ_HOLD_NUDGE_MS) {
            hold->told_ms = now_ms;
            fsz_hold_nudge(hold);
        }
        if (hold->left && now_ms - hold->left_ms > FSZ_HOLD_GRACE_MS) {
            holds_tell_end(holds, hold, "hangup", hold->cause);
            holds_delist(holds, hold);
        }
    }
}

void fsz_holds_close(struct fsz_holds *holds)
{
    struct fsz_hold *hold = NULL, *next = NULL;
    holds->closed = true;
    HASH_ITER(hh, holds->list, hold, next)
    {
        bool gone = hold->left;
        holds_tell_end(holds, hold, gone ? "hangup" : "closed", gone ? hold->cause : "");
        if (gone || hold->fenced) {
            holds_delist(holds, hold);
        } else {
            holds_set_losing(holds, hold, true);
            fsz_hold_end(hold, hold->lease, FSZ_HOLD_CLOSED);
        }
    }
}

/* Calls that are held, or being offered to the next. */
static size_t holds_count_held(const struct fsz_holds *holds)
{
    size_t           count = 0;
    struct fsz_hold *hold = NULL, *next = NULL;
    HASH_ITER(hh, holds->list, hold, next)
    {
        count += !hold->fenced;
    }
    return count;
}

json_t *fsz_holds_status(const struct fsz_holds *holds)
{
    return json_pack(
        "{sI sI sI sI sI sI sI sI sI sI sI sI}", "controlled", (json_int_t)holds_count_held(holds),
        "accepted", (json_int_t)holds->counters.accepted, "refused",
        (json_int_t)holds->counters.refused, "released", (json_int_t)holds->counters.released,
        "handed_over", (json_int_t)holds->counters.handed_over, "lost",
        (json_int_t)holds->counters.lost, "hangup", (json_int_t)holds->counters.hangup, "elsewhere",
        (json_int_t)holds->counters.elsewhere, "closed", (json_int_t)holds->counters.closed,
        "fenced", (json_int_t)holds->counters.fenced, "events", (json_int_t)holds->counters.events,
        "events_dropped", (json_int_t)fsz_watch_dropped(holds->watch));
}

struct fsz_call_owner fsz_holds_owner(struct fsz_holds *holds)
{
    return (struct fsz_call_owner){.self = holds,
                                   .offered = owner_offered,
                                   .accept = owner_accept,
                                   .cancel = owner_cancel,
                                   .lose = owner_lose};
}
