/* SPDX-License-Identifier: MPL-2.0 */
/* control.c - the operations of host.h on one call, and the switch's identity. */
#include "event/event_check.h"
#include "sim/application.h"
#include "sim/calls.h"
#include "sim/dial.h"
#include "sim/play.h"
#include "sim/serve.h"
#include "sim/variables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Takes the lock. NULL: no such channel; the lock is not held. */
static struct fsz_leg *control_lock(struct fsz_sim *sim, const char *uuid)
{
    struct fsz_leg *leg = NULL;
    pthread_mutex_lock(&sim->lock);
    HASH_FIND(hh, sim->channels, uuid, strlen(uuid), leg);
    if (leg == NULL) {
        pthread_mutex_unlock(&sim->lock);
    }
    return leg;
}

void fsz_sim_identify(struct fsz_sim *sim, struct fsz_host_identity *ret_identity)
{
    /* None of it changes after fsz_sim_new(). */
    snprintf(ret_identity->core_uuid, sizeof ret_identity->core_uuid, "%s", sim->core_uuid);
    snprintf(ret_identity->hostname, sizeof ret_identity->hostname, "%s", sim->hostname);
    snprintf(ret_identity->switchname, sizeof ret_identity->switchname, "%s", sim->hostname);
}

fsz_err fsz_sim_execute(struct fsz_sim *sim, const struct fsz_execute *execute,
                        struct fsz_buffer *words)
{
    struct fsz_leg *leg = control_lock(sim, execute->call);
    if (leg == NULL) {
        return FSZ_ENOTFOUND;
    }
    fsz_err err = fsz_application_execute(sim, leg, execute, false, words);
    fsz_play_unlock(sim);
    return err;
}

fsz_err fsz_sim_hangup(struct fsz_sim *sim, const char *call, const char *cause,
                       struct fsz_buffer *words)
{
    const struct fsz_cause *found = fsz_cause_find(cause == NULL ? "NORMAL_CLEARING" : cause);
    if (found == NULL || (cause != NULL && strcasecmp(found->name, cause) != 0)) {
        fsz_buffer_printf(words, "no such hangup cause: %s", cause);
        return FSZ_EREFUSED;
    }
    struct fsz_leg *leg = control_lock(sim, call);
    if (leg == NULL) {
        return FSZ_ENOTFOUND;
    }
    (void)fsz_calls_hangup(sim, leg->call, found); /* it may be hanging up already */
    fsz_play_unlock(sim);
    return FSZ_OK;
}

fsz_err fsz_sim_get(struct fsz_sim *sim, const char *call, const char *const *names, size_t count,
                    fsz_variable_fn take, void *argument)
{
    struct fsz_leg *leg = control_lock(sim, call);
    fsz_err         err = FSZ_OK;
    if (leg == NULL) {
        return FSZ_ENOTFOUND;
    }
    for (size_t i = 0; i < count; i++) {
        take(argument, names[i], fsz_variable_get(sim, leg, names[i]));
    }
    if (count == 0) {
        err = fsz_variable_each(sim, leg, take, argument);
    }
    fsz_play_unlock(sim);
    return err;
}

fsz_err fsz_sim_set(struct fsz_sim *sim, const char *call, const char *const *names,
                    const char *const *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!fsz_header_name_is_plain(names[i])) {
            return FSZ_EINVALID;
        }
    }
    struct fsz_leg *leg = control_lock(sim, call);
    if (leg == NULL) {
        return FSZ_ENOTFOUND;
    }
    fsz_err err = leg->variable_count + count > FSZ_LEG_VARIABLES_MAX ? FSZ_ELIMIT : FSZ_OK;
    for (size_t i = 0; err == FSZ_OK && i < count; i++) {
        err = fsz_variable_set(leg, names[i], values[i]);
    }
    fsz_play_unlock(sim);
    return err;
}

/* Why it cannot be transferred; NULL: it can. */
static const char *transfer_refusal(const struct fsz_leg *leg, const char *which,
                                    const char *extension, const char *dialplan)
{
    if (which != NULL && strcasecmp(which, "aleg") != 0) {
        return "the simulated switch cannot transfer a b leg alone";
    }
    if (*extension == '\0') {
        return "no extension to transfer to";
    }
    if (dialplan != NULL && strcasecmp(dialplan, "XML") != 0) {
        return "the simulated switch has only the dialplan XML";
    }
    if (leg->call->cut || leg->call->at > leg->call->flow->hangup) {
        return "the call is hanging up";
    }
    return leg->call->control ? NULL : "only an originated call that stays up can be transferred";
}

/* As in FreeSWITCH the transfer succeeds, whether or not the extension exists. */
static void transfer_go(struct fsz_sim *sim, struct fsz_call *call, const char *extension,
                        bool known)
{
    const size_t prefix = sizeof FSZ_SERVE_EXTENSION - 1;
    bool         serves = strncmp(extension, FSZ_SERVE_EXTENSION, prefix) == 0;
    fsz_serve_leave(sim, call, serves ? extension + prefix : NULL, FSZ_SERVE_ROUTING);
    if (known) {
        snprintf(call->number, sizeof call->number, "%s", extension);
    } else if (!serves) {
        (void)fsz_calls_hangup(sim, call, fsz_cause_find("NO_ROUTE_DESTINATION"));
    }
}

fsz_err fsz_sim_transfer(struct fsz_sim *sim, const char *call, const char *which,
                         const char *extension, const char *dialplan, const char *context,
                         struct fsz_buffer *words)
{
    struct fsz_leg *leg = control_lock(sim, call);
    if (leg == NULL) {
        return FSZ_ENOTFOUND;
    }
    const char *refusal = transfer_refusal(leg, which, extension, dialplan);
    bool        known = (context == NULL || strcasecmp(context, "default") == 0) &&
                 fsz_dial_has_extension(extension);
    if (refusal != NULL) {
        fsz_buffer_text(words, refusal);
    } else {
        transfer_go(sim, leg->call, extension, known);
    }
    fsz_play_unlock(sim);
    return refusal == NULL ? FSZ_OK : FSZ_EREFUSED;
}

fsz_err fsz_sim_break(struct fsz_sim *sim, const char *call, struct fsz_buffer *words)
{
    struct fsz_leg *leg = control_lock(sim, call);
    (void)words;
    if (leg == NULL) {
        return FSZ_ENOTFOUND;
    }
    fsz_execute_stop(sim, leg);
    fsz_play_unlock(sim);
    return FSZ_OK;
}

/* Why the two cannot be bridged; NULL: they can. */
static const char *bridge_refusal(const struct fsz_leg *a, const struct fsz_leg *b)
{
    if (a->call == b->call) {
        return "a call cannot be bridged with itself";
    }
    if (!fsz_call_is_controlled(a->call) || !fsz_call_is_controlled(b->call)) {
        return "only calls that stay up and are not hanging up can be bridged";
    }
    return NULL;
}

fsz_err fsz_sim_bridge(struct fsz_sim *sim, const char *call, const char *other,
                       struct fsz_buffer *words)
{
    struct fsz_leg *leg = control_lock(sim, call), *second = NULL;
    if (leg == NULL) {
        return FSZ_ENOTFOUND;
    }
    HASH_FIND(hh, sim->channels, other, strlen(other), second);
    const char *refusal = second == NULL ? NULL : bridge_refusal(leg, second);
    if (refusal != NULL) {
        fsz_buffer_text(words, refusal);
    } else if (second != NULL) {
        fsz_serve_leave(sim, leg->call, NULL, FSZ_SERVE_HIBERNATE);
        fsz_serve_leave(sim, second->call, NULL, FSZ_SERVE_HIBERNATE);
        fsz_calls_answer(sim, leg->call);
        fsz_calls_answer(sim, second->call);
        fsz_calls_join(sim, leg, second);
    }
    fsz_play_unlock(sim);
    return second == NULL ? FSZ_ENOTFOUND : refusal == NULL ? FSZ_OK : FSZ_EREFUSED;
}
