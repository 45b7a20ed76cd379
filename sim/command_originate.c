/* SPDX-License-Identifier: MPL-2.0 */
/* originate: a loopback call to an extension that the captured dialplan has. */
#include "base/clock.h"
#include "sim/calls.h"
#include "sim/command.h"
#include "sim/dial.h"
#include "sim/play.h"
#include "sim/serve.h"
#include "sim/variables.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The application's name, if it keeps the call up. */
static bool app_controls(const char *text, char *ret_app, size_t size)
{
    static const char *const apps[] = {"park", "echo"};
    size_t                   length = strcspn(text + 1, "( ");
    for (size_t i = 0; *text == '&' && i < 2; i++) {
        if (length == strlen(apps[i]) && strncasecmp(text + 1, apps[i], length) == 0) {
            snprintf(ret_app, size, "%s", apps[i]);
            return true;
        }
    }
    return false;
}

/* The text in the parentheses of &zmq(…); NULL: another application. */
static const char *app_service(const char *text, char *ret_line, size_t size)
{
    static const char name[] = "&zmq";
    const size_t      length = sizeof name - 1;
    if (strncasecmp(text, name, length) != 0 || (text[length] != '(' && text[length] != '\0')) {
        return NULL;
    }
    snprintf(ret_line, size, "%s", text[length] == '\0' ? "" : text + length + 1);
    char *end = strrchr(ret_line, ')');
    if (end != NULL) {
        *end = '\0';
    }
    return ret_line;
}

/* Starts a call of the flow that fits the application; it has not begun. The built-in flows have
 * these names; a user's file may lack them. Returns the hangup cause, or NULL: *ret_call is set. */
static const char *originate_start(struct fsz_sim *sim, const char *application, bool rings,
                                   struct fsz_call **ret_call)
{
    char             app[FSZ_CALL_TEXT_BYTES] = "", bytes[FSZ_WORDS_BYTES];
    bool             controls = app_controls(application, app, sizeof app);
    const char      *line = app_service(application, bytes, sizeof bytes);
    const char      *name = !controls ? "loopback" : rings ? "service" : "park";
    struct fsz_flow *flow = fsz_script_flow(sim->script, name);
    uint64_t         now_ns = fsz_clock_monotonic_ns();
    fsz_err          err = FSZ_ENOTFOUND;
    if (line != NULL) {
        err = fsz_serve_start(sim, line, now_ns, ret_call);
    } else if (flow != NULL && flow->leg_count > 0) {
        err = fsz_calls_start(sim, flow, now_ns, ret_call);
    }
    if (err != FSZ_OK) {
        return err == FSZ_ENOTFOUND ? "SERVICE_NOT_IMPLEMENTED" : "SWITCH_CONGESTION";
    }
    (*ret_call)->control = controls || line != NULL;
    snprintf((*ret_call)->app, sizeof(*ret_call)->app, "%s", app);
    return NULL;
}

/* Starts a call to that endpoint; it has not begun. Returns the hangup cause, or NULL: *ret_call is
 * set. */
static const char *originate_make(struct fsz_sim *sim, struct fsz_dial *dial, const char *then,
                                  bool rings, struct fsz_call **ret_call)
{
    struct fsz_call *call = NULL;
    const char      *refusal = fsz_dial_refusal(dial);
    if (refusal == NULL) {
        refusal = originate_start(sim, then, rings, &call);
    }
    if (refusal != NULL) {
        return refusal;
    }
    snprintf(call->number, sizeof call->number, "%s", dial->extension);
    if (fsz_dial_set_variables(dial, &call->legs[0]) != FSZ_OK) {
        (void)fsz_calls_hangup(sim, call, NULL);
        return "SWITCH_CONGESTION";
    }
    *ret_call = call;
    return NULL;
}

/* FreeSWITCH accepts any text; here it must be a UUID. */
static bool originate_is_uuid(const char *text)
{
    return strlen(text) == FSZ_UUID_BYTES - 1 &&
           strspn(text, "0123456789abcdefABCDEF-") == FSZ_UUID_BYTES - 1;
}

/* Sets the UUID that origination_uuid asks for. False: invalid, or in use. */
static bool originate_identify(struct fsz_sim *sim, struct fsz_call *call)
{
    const char     *uuid = fsz_leg_variable(&call->legs[0], "variable_origination_uuid");
    struct fsz_leg *taken = NULL;
    if (uuid == NULL || *uuid == '\0') {
        return true;
    }
    if (!originate_is_uuid(uuid)) {
        return false;
    }
    HASH_FIND(hh, sim->channels, uuid, FSZ_UUID_BYTES - 1, taken);
    if (taken == NULL) {
        memcpy(call->fresh[0], uuid, FSZ_UUID_BYTES);
    }
    return taken == NULL;
}

/* Applies its variables before it begins. Returns NULL, or the hangup cause: the call is gone. */
static const char *originate_prepare(struct fsz_sim *sim, struct fsz_call *call)
{
    if (!originate_identify(sim, call)) {
        fsz_play_drop(sim, call);
        return "DESTINATION_OUT_OF_ORDER";
    }
    if (call->control && call->line == NULL) {
        fsz_calls_set_times(sim, call);
    }
    return NULL;
}

void fsz_command_originate(struct fsz_sim *sim, const struct fsz_words *words,
                           struct fsz_buffer *output)
{
    struct fsz_words split;
    struct fsz_dial  dial;
    struct fsz_call *call = NULL;
    char             then[FSZ_WORDS_BYTES];
    fsz_words_separate(&split, words->word[0]);
    if (split.count < 2 || split.count > 7) {
        fsz_buffer_printf(output, "-USAGE: %s\n", FSZ_ORIGINATE_USAGE);
        return;
    }
    snprintf(then, sizeof then, "%s", split.word[1]);
    then[strcspn(then, ")")] = '\0'; /* as in FreeSWITCH: optional, and nothing after it counts */
    const char *refusal = fsz_dial_parse(&dial, split.word[0])
                              ? originate_make(sim, &dial, then, fsz_dial_rings(&dial), &call)
                              : "INVALID_NUMBER_FORMAT";
    refusal = refusal != NULL ? refusal : originate_prepare(sim, call);
    if (refusal != NULL) {
        fsz_buffer_printf(output, "-ERR %s\n", refusal);
        return;
    }
    fsz_buffer_printf(output, "+OK %s\n", call->legs[0].uuid);
    fsz_calls_begin(sim, call);
}

/* In the form of the command: `&app(arg)`, or an extension. */
static void originate_then(const struct fsz_originate *originate, struct fsz_buffer *ret_then)
{
    fsz_buffer_init(ret_then, SIZE_MAX);
    if (originate->app == NULL) {
        fsz_buffer_text(ret_then, originate->extension);
    } else {
        fsz_buffer_printf(ret_then, "&%s(%s)", originate->app,
                          originate->arg ? originate->arg : "");
    }
}

static bool originate_rings(const struct fsz_originate *originate, const struct fsz_dial *dial)
{
    bool rings = fsz_dial_rings(dial);
    for (size_t i = 0; i < originate->count; i++) {
        rings |= strcasecmp(originate->names[i], "sim_ring_ms") == 0;
    }
    return rings;
}

static const char *originate_locked(struct fsz_sim *sim, const struct fsz_originate *originate,
                                    const char *then, char ret_call[FSZ_ORIGINATED_BYTES])
{
    struct fsz_dial  dial;
    struct fsz_call *call = NULL;
    const char      *refusal =
        fsz_dial_parse(&dial, originate->endpoint)
                 ? originate_make(sim, &dial, then, originate_rings(originate, &dial), &call)
                 : "INVALID_NUMBER_FORMAT";
    for (size_t i = 0; refusal == NULL && i < originate->count; i++) {
        if (fsz_variable_set(&call->legs[0], originate->names[i], originate->values[i]) != FSZ_OK) {
            (void)fsz_calls_hangup(sim, call, NULL);
            refusal = "SWITCH_CONGESTION";
        }
    }
    refusal = refusal != NULL ? refusal : originate_prepare(sim, call);
    if (refusal == NULL) {
        snprintf(ret_call, FSZ_ORIGINATED_BYTES, "%s", call->legs[0].uuid);
        fsz_calls_begin(sim, call);
    }
    return refusal;
}

fsz_err fsz_sim_originate(struct fsz_sim *sim, const struct fsz_originate *originate,
                          char ret_call[FSZ_ORIGINATED_BYTES], struct fsz_buffer *words)
{
    struct fsz_buffer then;
    originate_then(originate, &then);
    if (then.failed != FSZ_OK) {
        fsz_buffer_fini(&then);
        return FSZ_ENOMEM;
    }
    pthread_mutex_lock(&sim->lock);
    const char *refusal = originate_locked(sim, originate, fsz_buffer_string(&then), ret_call);
    fsz_play_unlock(sim);
    fsz_buffer_fini(&then);
    if (refusal != NULL) {
        fsz_buffer_text(words, refusal);
    }
    return refusal == NULL ? FSZ_OK : FSZ_EREFUSED;
}
