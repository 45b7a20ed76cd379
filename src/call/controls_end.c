/* SPDX-License-Identifier: MPL-2.0 */
/* What controllers are sent about their calls, and how control ends. */
#include "base/clock.h"
#include "call/controls_private.h"
#include "event/encode.h"
#include "event/ending.h"
#include "rpc/rpc.h"
#include "service/services.h"

#include <string.h>
#include <utlist.h>

static void end_count(struct fsz_controls *controls, enum fsz_control_reason reason)
{
    uint64_t *const counters[FSZ_REASON_COUNT] = {
        [FSZ_REASON_HANGUP] = &controls->counters.hangup,
        [FSZ_REASON_REPLACED] = &controls->counters.elsewhere,
        [FSZ_REASON_RELEASED] = &controls->counters.released,
        [FSZ_REASON_HANDED_OVER] = &controls->counters.handed_over,
        [FSZ_REASON_LOST] = &controls->counters.lost,
        [FSZ_REASON_CLOSED] = &controls->counters.closed,
        [FSZ_REASON_BRIDGED] = &controls->counters.elsewhere,
        [FSZ_REASON_TRANSFERRED] = &controls->counters.elsewhere};
    ++*counters[reason];
}

/* The controller's last message about the call. */
static void end_report(struct fsz_controls *controls, struct fsz_control *control,
                       enum fsz_control_reason reason, const char *cause)
{
    struct fsz_provider *controller = control->controller;
    if (controller == NULL) {
        return;
    }
    json_t *params = fsz_controls_params(control, control->lease);
    if (control->replacement[0] != '\0' && reason == FSZ_REASON_HANGUP) {
        reason = FSZ_REASON_REPLACED;
        json_object_set_new(params, "by",
                            fsz_rpc_text(control->replacement, strlen(control->replacement)));
    }
    json_object_set_new(params, "reason", json_string(fsz_control_reason_word(reason)));
    if (cause[0] != '\0') {
        json_object_set_new(params, "cause", fsz_rpc_text(cause, strlen(cause)));
    }
    fsz_provider_notify(controller, "call.end", params);
    end_count(controls, reason);
    DL_DELETE(controller->controlled, control);
    controller->controlled_count--;
    fsz_direct_count_call(controller->service->services->base.direct, &controller->direct, false);
    fsz_services_note_less(controller);
    control->controller = NULL;
    fsz_service_go_on(controller->service); /* a request may wait for room */
}

/* ---- events ---------------------------------------------------------------------------------- */

static bool event_is_granted(const struct fsz_control *control, const char *type)
{
    struct fsz_principal who;
    return fsz_provider_principal(control->controller, &who) &&
           fsz_principal_may(&who, FSZ_RIGHT_EVENTS, type);
}

static void event_send(struct fsz_controls *controls, const struct fsz_control *control,
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
                        const char *type, const struct fsz_buffer *text, bool last)
{
    if (control->controller != NULL && text->size > 0 &&
        (last || event_is_granted(control, type))) {
        event_send(controls, control, text);
    }
    if (last) {
        control->ended = true;
    }
    if (last && (control->left || control->fenced)) {
        end_report(controls, control, FSZ_REASON_HANGUP, control->cause);
        fsz_controls_delist(controls, control);
    }
}

/* ---- the end of control ---------------------------------------------------------------------- */

void fsz_controls_lose(void *self, struct fsz_provider *provider)
{
    struct fsz_controls *controls = self;
    while (provider->controlled != NULL) {
        struct fsz_control *control = fsz_control_ref(provider->controlled);
        bool                gone = control->left;
        end_report(controls, control, gone ? FSZ_REASON_HANGUP : FSZ_REASON_LOST,
                   gone ? control->cause : "");
        if (gone) {
            fsz_controls_delist(controls, control);
        } else {
            control->lost = true;
            fsz_controls_set_losing(controls, control, true);
            fsz_waits_mark(controls->waits, control->call, FSZ_ENDING_LOST, true);
            fsz_control_end(control, control->lease, FSZ_CONTROL_LOST);
        }
        fsz_control_unref(&control);
    }
}

/* The call stays listed without a controller, so that former controllers stay fenced. The next
 * controller makes its own subscriptions. */
static void end_unsubscribe(struct fsz_controls *controls, struct fsz_control *control)
{
    struct fsz_selection *none = NULL;
    fsz_watch_subscribe(controls->watch, control, &none);
}

/* The last event of a hangup comes later: FreeSWITCH fires it when the call has left its dialplan.
 */
void fsz_controls_leave(struct fsz_controls *controls, struct fsz_control_leave *leave)
{
    struct fsz_control *control = leave->control;
    fsz_controls_set_losing(controls, control, false);
    bool awaits =
        control->controller != NULL && leave->reason == FSZ_REASON_HANGUP && !control->ended;
    if (awaits) {
        memcpy(control->cause, leave->cause, sizeof(control->cause));
        control->left = true;
        control->left_ms = fsz_clock_monotonic_ms();
        controls->left++;
    } else {
        end_report(controls, control, leave->reason, leave->cause);
        control->fenced = control->lost && control->is_listed && !control->ended && !leave->again;
        if (leave->again || control->fenced) {
            end_unsubscribe(controls, control);
        } else {
            fsz_controls_delist(controls, control);
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
            end_report(controls, control, FSZ_REASON_HANGUP, control->cause);
            fsz_controls_delist(controls, control);
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
        end_report(controls, control, gone ? FSZ_REASON_HANGUP : FSZ_REASON_CLOSED,
                   gone ? control->cause : "");
        if (gone || control->fenced) {
            fsz_controls_delist(controls, control);
        } else {
            fsz_controls_set_losing(controls, control, true);
            fsz_control_end(control, control->lease, FSZ_CONTROL_CLOSED);
        }
    }
}
