#include "call/controls.h"

#include "auth/authorize.h"
#include "base/clock.h"
#include "base/container_of.h"
#include "base/ratelimit.h"
#include "call/offer.h"
#include "counters/counters.h"
#include "event/encode.h"
#include "event/ending.h"
#include "rpc/rpc.h"
#include "service/services.h"

#include <stdio.h>
#include <string.h>
#include <utlist.h>

/* ---- who may --------------------------------------------------------------------------------- */

static bool control_was_offered_to(const struct fsz_control *control, uint64_t serial)
{
    for (size_t i = 0; i < control->former_count; i++) {
        if (control->former[i] == serial) {
            return true;
        }
    }
    return false;
}

static void control_offered(struct fsz_control *control, uint64_t serial)
{
    if (control_was_offered_to(control, serial)) {
        return;
    }
    if (control->former_count == FSZ_CONTROL_FORMER_MAX) {
        memmove(control->former, control->former + 1,
                sizeof(control->former) - sizeof(control->former[0]));
        control->former_count--;
    }
    control->former[control->former_count++] = serial;
}

static struct fsz_control *control_of(struct fsz_offered_call *call)
{
    return FSZ_CONTAINER_OF(call, struct fsz_control, offered);
}

static void owner_offered(struct fsz_offered_call *call, uint64_t serial)
{
    control_offered(control_of(call), serial);
}

struct fsz_control *fsz_controls_find(const struct fsz_controls *controls, const char *call)
{
    struct fsz_control *control = NULL;
    HASH_FIND_STR(controls->list, call, control);
    return control;
}

bool fsz_controls_admit(struct fsz_controls *controls, const char *call,
                        const struct fsz_client *client, uint64_t lease)
{
    const struct fsz_control *control = fsz_controls_find(controls, call);
    bool                      controller = control != NULL && control->controller != NULL &&
                      fsz_provider_client(control->controller) == client;
    bool current = control != NULL && control->controller != NULL && control->lease == lease;
    bool may = lease != 0 ? current
                          : controller || control == NULL ||
                                !control_was_offered_to(control, client->serial);
    controls->counters.fenced += !may;
    return may;
}

const char *fsz_controls_controller(const struct fsz_controls *controls, const char *call,
                                    const struct fsz_client *client)
{
    const struct fsz_control *control = fsz_controls_find(controls, call);
    if (control == NULL || control->fenced ||
        (control->controller != NULL && fsz_provider_client(control->controller) == client)) {
        return NULL;
    }
    return control->service[0] != '\0' ? control->service : NULL; /* else the offer has failed */
}

struct fsz_control *fsz_controls_of(const struct fsz_controls *controls, const char *call,
                                    const struct fsz_client *client)
{
    struct fsz_control *control = fsz_controls_find(controls, call);
    return control != NULL && control->controller != NULL &&
                   fsz_provider_client(control->controller) == client && !control->left
               ? control
               : NULL;
}

/* ---- answers to offers ----------------------------------------------------------------------- */

static fsz_err controls_authorize(const struct fsz_principal *who, const struct fsz_offer *offer,
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

static void controls_set_losing(struct fsz_controls *controls, struct fsz_control *control,
                                bool losing)
{
    controls->losing += (size_t)losing - (size_t)control->losing;
    control->losing = losing;
    control->reported_ms = fsz_clock_monotonic_ms();
}

static void controls_delist(struct fsz_controls *controls, struct fsz_control *control)
{
    if (!control->is_listed || controls->list == NULL) {
        return;
    }
    fsz_watch_remove(controls->watch, control);
    HASH_DEL(controls->list, control);
    control->is_listed = false;
    controls->left -= control->left;
    control->left = false;
    controls_set_losing(controls, control, false);
    fsz_control_unref(&control);
}

/* The dialplan gave the call to a service once more: who had it before stays fenced. */
static void controls_inherit(struct fsz_controls *controls, struct fsz_control *control)
{
    struct fsz_control *old = fsz_controls_find(controls, control->call);
    if (old == NULL) {
        return;
    }
    for (size_t i = 0; i < old->former_count; i++) {
        control_offered(control, old->former[i]);
    }
    control->lost |= old->lost;
    controls_delist(controls, old);
}

static bool controls_enlist(struct fsz_controls *controls, struct fsz_control *control)
{
    if (control->is_listed) {
        return true;
    }
    controls_inherit(controls, control);
    if (fsz_watch_add(controls->watch, control) != FSZ_OK) {
        return false;
    }
    HASH_ADD_STR(controls->list, call, control);
    if (control->hh.tbl == NULL) {
        fsz_watch_remove(controls->watch, control);
        return false;
    }
    control->is_listed = true;
    fsz_control_ref(control);
    return true;
}

static bool controls_leaves(struct fsz_control *control)
{
    pthread_mutex_lock(&control->lock);
    bool leaves = control->leaves;
    pthread_mutex_unlock(&control->lock);
    return leaves;
}

/* From now on the call's commands are `provider`'s. False: its thread has left. */
static bool controls_set_current(struct fsz_control *control, const struct fsz_provider *provider,
                                 uint64_t lease)
{
    pthread_mutex_lock(&control->lock);
    bool stays = !control->leaves;
    if (stays) {
        control->on_lost = provider->service->config->on_lost;
        control->current = lease;
    }
    pthread_mutex_unlock(&control->lock);
    return stays;
}

/* It is listed, and its last event watched for, before its thread is asked whether it stays: that
 * event comes after it has left. What its thread says then delists it. */
static bool controls_take(struct fsz_controls *controls, struct fsz_control *control,
                          struct fsz_provider *provider, uint64_t lease)
{
    if (control->controller != NULL || control->left || !controls_enlist(controls, control) ||
        !controls_set_current(control, provider, lease)) {
        return false;
    }
    control->controller = provider;
    control->lease = lease;
    snprintf(control->service, sizeof(control->service), "%s", provider->service->config->name);
    DL_APPEND(provider->controlled, control);
    provider->controlled_count++;
    fsz_direct_control(provider->service->services->base.direct, &provider->direct, true);
    provider->service->services->next_renew_ms = 0;
    return true;
}

/* NULL: the offer is accepted; with `then` control, the provider controls the call from now on.
 * Else why not; `buffer` is room for that. */
static const char *controls_accept(struct fsz_controls *controls, struct fsz_control *control,
                                   struct fsz_provider *provider, uint64_t lease,
                                   const struct fsz_offer *offer, fsz_why buffer)
{
    struct fsz_principal who;
    if (!fsz_provider_principal(provider, &who)) {
        return "the user does not exist any more";
    }
    if (controls_authorize(&who, offer, buffer) != FSZ_OK) {
        return buffer;
    }
    if (controls_leaves(control)) {
        return "the call has left the dialplan application";
    }
    if (offer->then == FSZ_THEN_CONTROL &&
        (controls->closed || !controls_take(controls, control, provider, lease))) {
        return "the call can't be controlled any more";
    }
    return NULL;
}

static bool owner_accept(void *self, struct fsz_offered_call *call, struct fsz_provider *provider,
                         uint64_t lease, const json_t *result, char *ret_why, size_t why_bytes)
{
    struct fsz_controls *controls = self;
    struct fsz_offer     offer;
    fsz_why              buffer;
    const char          *why = NULL;
    if (fsz_offer_read(result, &offer, &why) == FSZ_OK) {
        if (!offer.accept) {
            snprintf(ret_why, why_bytes, "%s",
                     offer.reason ? offer.reason : "it declines the call");
            return false;
        }
        why = controls_accept(controls, control_of(call), provider, lease, &offer, buffer);
    }
    controls->counters.refused += why != NULL;
    controls->counters.accepted += why == NULL;
    snprintf(ret_why, why_bytes, "%s", why != NULL ? why : "");
    return why == NULL;
}

/* ---- what holders are told ------------------------------------------------------------------- */

static json_t *controls_lease(const struct fsz_control *control, uint64_t lease)
{
    return json_pack("{ss sI}", "call", control->call, "lease", (json_int_t)lease);
}

static void owner_cancel(struct fsz_offered_call *call, struct fsz_provider *provider,
                         uint64_t lease)
{
    fsz_provider_notify(provider, "call.cancel", controls_lease(control_of(call), lease));
}

static void controls_count(struct fsz_controls *controls, const char *reason)
{
    const struct {
        const char *reason;
        uint64_t   *counter;
    } counters[] = {{"hangup", &controls->counters.hangup},
                    {"released", &controls->counters.released},
                    {"handed-over", &controls->counters.handed_over},
                    {"lost", &controls->counters.lost},
                    {"closed", &controls->counters.closed},
                    {NULL, &controls->counters.elsewhere}};
    size_t i = 0;
    while (counters[i].reason != NULL && strcmp(counters[i].reason, reason) != 0) {
        i++;
    }
    ++*counters[i].counter;
}

/* The last that its holder hears of the call. */
static void controls_tell_end(struct fsz_controls *controls, struct fsz_control *control,
                              const char *reason, const char *cause)
{
    struct fsz_provider *controller = control->controller;
    if (controller == NULL) {
        return;
    }
    json_t *params = controls_lease(control, control->lease);
    if (control->replacement[0] != '\0' && strcmp(reason, "hangup") == 0) {
        reason = "replaced";
        json_object_set_new(params, "by",
                            fsz_rpc_text(control->replacement, strlen(control->replacement)));
    }
    json_object_set_new(params, "reason", json_string(reason));
    if (cause[0] != '\0') {
        json_object_set_new(params, "cause", fsz_rpc_text(cause, strlen(cause)));
    }
    fsz_provider_notify(controller, "call.end", params);
    controls_count(controls, reason);
    DL_DELETE(controller->controlled, control);
    controller->controlled_count--;
    fsz_direct_control(controller->service->services->base.direct, &controller->direct, false);
    fsz_services_note_less(controller);
    control->controller = NULL;
    fsz_service_go_on(controller->service); /* what waits for room */
}

static bool controls_may_hear(const struct fsz_control *control, const char *kind)
{
    struct fsz_principal who;
    return fsz_provider_principal(control->controller, &who) &&
           fsz_principal_may(&who, FSZ_RIGHT_EVENTS, kind);
}

static void controls_send_event(struct fsz_controls *controls, const struct fsz_control *control,
                                const struct fsz_buffer *text)
{
    struct fsz_buffer params;
    fsz_buffer_init(&params, SIZE_MAX);
    fsz_buffer_text(&params, "{\"call\":");
    fsz_encode_string(&params, control->call);
    fsz_buffer_printf(&params, ",\"lease\":%llu,\"event\":", (unsigned long long)control->lease);
    fsz_buffer_append(&params, text->data, text->size);
    fsz_buffer_text(&params, "}");
    controls->counters.events +=
        fsz_provider_notify_text(control->controller, "call.event", &params);
    fsz_buffer_fini(&params);
}

void fsz_controls_event(struct fsz_controls *controls, struct fsz_control *control,
                        const char *kind, const struct fsz_buffer *text, bool last)
{
    if (control->controller != NULL && text->size > 0 &&
        (last || controls_may_hear(control, kind))) {
        controls_send_event(controls, control, text);
    }
    if (last) {
        control->ended = true;
    }
    if (last && (control->left || control->fenced)) {
        controls_tell_end(controls, control, "hangup", control->cause);
        controls_delist(controls, control);
    }
}

/* ---- ends ------------------------------------------------------------------------------------ */

static void owner_lose(void *self, struct fsz_provider *provider)
{
    struct fsz_controls *controls = self;
    while (provider->controlled != NULL) {
        struct fsz_control *control = fsz_control_ref(provider->controlled);
        bool                gone = control->left;
        controls_tell_end(controls, control, gone ? "hangup" : "lost", gone ? control->cause : "");
        if (gone) {
            controls_delist(controls, control);
        } else {
            control->lost = true;
            controls_set_losing(controls, control, true);
            fsz_waits_mark(controls->waits, control->call, FSZ_ENDING_LOST, true);
            fsz_control_end(control, control->lease, FSZ_CONTROL_LOST);
        }
        fsz_control_unref(&control);
    }
}

/* Nobody holds it, but nobody who did commands it meanwhile; a next holder hears what they ask for.
 */
static void controls_await_next(struct fsz_controls *controls, struct fsz_control *control)
{
    struct fsz_selection *none = NULL;
    fsz_watch_subscribe(controls->watch, control, &none);
}

/* A hangup's last event comes later than this: FreeSWITCH fires it when the call has left its
 * dialplan. */
void fsz_controls_leave(struct fsz_controls *controls, struct fsz_control_leave *leave)
{
    struct fsz_control *control = leave->control;
    controls_set_losing(controls, control, false);
    bool awaits =
        control->controller != NULL && strcmp(leave->reason, "hangup") == 0 && !control->ended;
    if (awaits) {
        memcpy(control->cause, leave->cause, sizeof(control->cause));
        control->left = true;
        control->left_ms = fsz_clock_monotonic_ms();
        controls->left++;
    } else {
        controls_tell_end(controls, control, leave->reason, leave->cause);
        control->fenced = control->lost && control->is_listed && !control->ended && !leave->again;
        if (leave->again || control->fenced) {
            controls_await_next(controls, control);
        } else {
            controls_delist(controls, control);
        }
    }
    fsz_control_unref(&control);
}

void fsz_controls_sweep(struct fsz_controls *controls, int64_t now_ms)
{
    struct fsz_control *control = NULL, *next = NULL;
    if ((controls->left == 0 && controls->losing == 0) || now_ms < controls->next_sweep_ms) {
        return;
    }
    controls->next_sweep_ms = now_ms + FSZ_CONTROL_SWEEP_MS;
    HASH_ITER(hh, controls->list, control, next)
    {
        if (control->losing && now_ms - control->reported_ms >= FSZ_CONTROL_NUDGE_MS) {
            control->reported_ms = now_ms;
            fsz_control_nudge(control);
        }
        if (control->left && now_ms - control->left_ms > FSZ_CONTROL_GRACE_MS) {
            controls_tell_end(controls, control, "hangup", control->cause);
            controls_delist(controls, control);
        }
    }
}

void fsz_controls_close(struct fsz_controls *controls)
{
    struct fsz_control *control = NULL, *next = NULL;
    controls->closed = true;
    HASH_ITER(hh, controls->list, control, next)
    {
        bool gone = control->left;
        controls_tell_end(controls, control, gone ? "hangup" : "closed",
                          gone ? control->cause : "");
        if (gone || control->fenced) {
            controls_delist(controls, control);
        } else {
            controls_set_losing(controls, control, true);
            fsz_control_end(control, control->lease, FSZ_CONTROL_CLOSED);
        }
    }
}

/* Calls that are held, or being offered to the next. */
static size_t controls_count_controlled(const struct fsz_controls *controls)
{
    size_t              count = 0;
    struct fsz_control *control = NULL, *next = NULL;
    HASH_ITER(hh, controls->list, control, next)
    {
        count += !control->fenced;
    }
    return count;
}

static const struct fsz_counter call_counters[] = {
#define FSZ_COUNTERS_CALLS(member, unit, meaning) FSZ_COUNTER(struct fsz_calls_counters, member),
#include "counters/counters.def"
};

json_t *fsz_controls_status(const struct fsz_controls *controls)
{
    json_t *status =
        json_pack("{sI sI}", "controlled", (json_int_t)controls_count_controlled(controls),
                  "events_dropped", (json_int_t)fsz_watch_dropped(controls->watch));
    FSZ_COUNTERS_WRITE(status, call_counters, &controls->counters);
    return status;
}

struct fsz_call_owner fsz_controls_owner(struct fsz_controls *controls)
{
    return (struct fsz_call_owner){.self = controls,
                                   .offered = owner_offered,
                                   .accept = owner_accept,
                                   .cancel = owner_cancel,
                                   .lose = owner_lose};
}
