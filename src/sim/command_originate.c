/* originate: a loopback call to an extension that the captured dialplan has. */
#include "command.h"
#include "dial.h"
#include "play.h"
#include "serve.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The application's name, when it is one that holds a call. */
static bool app_holds(const char *text, char *ret_app, size_t size)
{
    static const char *const holding[] = {"park", "echo"};
    size_t                   length = strcspn(text + 1, "( ");
    for (size_t i = 0; *text == '&' && i < 2; i++) {
        if (length == strlen(holding[i]) && strncasecmp(text + 1, holding[i], length) == 0) {
            snprintf(ret_app, size, "%s", holding[i]);
            return true;
        }
    }
    return false;
}

/* What is in the parentheses of &zmq(…); NULL: it is another application. */
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

/* A call of that kind, not begun yet. Flows of these names come with the program; a file of one's
 * own may lack them. Why there is none; NULL: *ret_call is it. */
static const char *originate_start(struct fsz_sim *sim, const char *application,
                                   struct fsz_call **ret_call)
{
    char             app[FSZ_CALL_TEXT_BYTES] = "", bytes[FSZ_WORDS_BYTES];
    bool             holds = app_holds(application, app, sizeof app);
    const char      *line = app_service(application, bytes, sizeof bytes);
    struct fsz_flow *flow = fsz_script_flow(sim->script, holds ? "park" : "loopback");
    uint64_t         now_ns = fsz_clock_monotonic_ns();
    fsz_err          err = FSZ_ENOTFOUND;
    if (line != NULL) {
        err = fsz_serve_start(sim, line, now_ns, ret_call);
    } else if (flow != NULL && flow->leg_count > 0) {
        err = fsz_play_start(sim, flow, now_ns, ret_call);
    }
    if (err != FSZ_OK) {
        return err == FSZ_ENOTFOUND ? "SERVICE_NOT_IMPLEMENTED" : "SWITCH_CONGESTION";
    }
    (*ret_call)->hold = holds || line != NULL;
    snprintf((*ret_call)->app, sizeof(*ret_call)->app, "%s", app);
    return NULL;
}

void fsz_command_originate(struct fsz_sim *sim, const struct fsz_words *words,
                           struct fsz_buffer *output)
{
    struct fsz_dial  dial;
    struct fsz_call *call = NULL;
    if (!fsz_dial_parse(&dial, words->word[0])) {
        fsz_buffer_text(output, "-ERR INVALID_NUMBER_FORMAT\n");
        return;
    }
    const char *refusal = fsz_dial_refusal(&dial);
    if (refusal == NULL) {
        refusal = originate_start(sim, words->word[1], &call);
    }
    if (refusal != NULL) {
        fsz_buffer_printf(output, "-ERR %s\n", refusal);
        return;
    }
    snprintf(call->number, sizeof call->number, "%s", dial.extension);
    if (fsz_dial_set_variables(&dial, &call->legs[0]) != FSZ_OK) {
        fsz_buffer_text(output, "-ERR SWITCH_CONGESTION\n");
        (void)fsz_play_hangup(sim, call, NULL);
        return;
    }
    fsz_buffer_printf(output, "+OK %s\n", call->legs[0].uuid);
    fsz_play_begin(sim, call);
}
