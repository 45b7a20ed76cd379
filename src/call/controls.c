/* SPDX-License-Identifier: MPL-2.0 */
#include "call/controls.h"

#include "base/clock.h"
#include "call/controls_private.h"
#include "counters/counters.h"

#include <string.h>

/* ---- fences ---------------------------------------------------------------------------------- */

static bool control_was_offered_to(const struct fsz_control *control, uint64_t serial)
{
    for (size_t i = 0; i < control->former_count; i++) {
        if (control->former[i] == serial) {
            return true;
        }
    }
    return false;
}

/* Fences commands of that client once it does not control the call. */
static void control_note_offered(struct fsz_control *control, uint64_t serial)
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
    return control->service[0] != '\0' ? control->service : NULL; /* empty: no offer succeeded */
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

/* ---- the table ------------------------------------------------------------------------------- */

void fsz_controls_set_losing(struct fsz_controls *controls, struct fsz_control *control,
                             bool losing)
{
    controls->losing += (size_t)losing - (size_t)control->losing;
    control->losing = losing;
    control->reported_ms = fsz_clock_monotonic_ms();
}

void fsz_controls_delist(struct fsz_controls *controls, struct fsz_control *control)
{
    if (!control->is_listed || controls->list == NULL) {
        return;
    }
    fsz_watch_remove(controls->watch, control);
    HASH_DEL(controls->list, control);
    control->is_listed = false;
    controls->left -= control->left;
    control->left = false;
    fsz_controls_set_losing(controls, control, false);
    fsz_control_unref(&control);
}

/* The dialplan gave the call to a service again: former controllers stay fenced. */
static void controls_inherit(struct fsz_controls *controls, struct fsz_control *control)
{
    struct fsz_control *old = fsz_controls_find(controls, control->call);
    if (old == NULL) {
        return;
    }
    for (size_t i = 0; i < old->former_count; i++) {
        control_note_offered(control, old->former[i]);
    }
    control->lost |= old->lost;
    fsz_controls_delist(controls, old);
}

bool fsz_controls_enlist(struct fsz_controls *controls, struct fsz_control *control)
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

/* Calls that are controlled, or offered again. */
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

/* ---- for services ---------------------------------------------------------------------------- */

json_t *fsz_controls_params(const struct fsz_control *control, uint64_t lease)
{
    return json_pack("{ss sI}", "call", control->call, "lease", (json_int_t)lease);
}

static void owner_offered(struct fsz_offered_call *call, uint64_t serial)
{
    control_note_offered(fsz_controls_of_offered(call), serial);
}

static void owner_cancel(struct fsz_offered_call *call, struct fsz_provider *provider,
                         uint64_t lease)
{
    fsz_provider_notify(provider, "call.cancel",
                        fsz_controls_params(fsz_controls_of_offered(call), lease));
}

struct fsz_call_owner fsz_controls_owner(struct fsz_controls *controls)
{
    return (struct fsz_call_owner){.self = controls,
                                   .offered = owner_offered,
                                   .accept = fsz_controls_accept,
                                   .cancel = owner_cancel,
                                   .lose = fsz_controls_lose};
}
