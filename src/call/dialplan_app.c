/* SPDX-License-Identifier: MPL-2.0 */
#include "call/dialplan_app.h"

#include "call/control_private.h"
#include "call/offer.h"
#include "config/config.h"
#include "host/log.h"
#include "rpc/rpc.h"

#include <stdio.h>
#include <string.h>

enum { APP_POLL_MS = 20, APP_OFFER_BYTES = 1 << 20 };

struct app_run {
    struct fsz_service_client *service_client;
    const struct fsz_host     *host;
    const struct fsz_session  *session;
    struct fsz_control        *control;
    char                       service[FSZ_CONFIG_NAME_MAX + 1];
    json_t                    *args;
    json_t                    *data; /* of the last hand-over; or NULL */
    const char *why; /* for a repeated offer: how the last control ended; else NULL */
};

/* ---- the dialplan ---------------------------------------------------------------------------- */

/* The first word is the service. False: it is missing or too long. */
static bool app_read_line(struct app_run *run, const char *line)
{
    static const char blank[] = " \t";
    line += strspn(line, blank);
    size_t length = strcspn(line, blank);
    snprintf(run->service, sizeof(run->service), "%.*s", (int)length, line);
    bool named = length > 0 && length < sizeof(run->service);
    for (line += length; *(line += strspn(line, blank)) != '\0'; line += length) {
        length = strcspn(line, blank);
        json_array_append_new(run->args, fsz_rpc_text(line, length));
    }
    return named;
}

static enum fsz_on_lost app_on_lost(const struct app_run *run)
{
    static const char *const words[] = {"offer", "continue", "hangup"};
    const char              *value = run->session->get(run->session->self, "zmq_on_lost");
    for (size_t i = 0; value != NULL && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(value, words[i]) == 0) {
            return (enum fsz_on_lost)i;
        }
    }
    return fsz_control_on_lost(run->control);
}

static void app_result(const struct app_run *run, const char *result)
{
    run->session->set(run->session->self, "zmq_result", result);
}

/* ---- the offer ------------------------------------------------------------------------------- */

struct app_text {
    struct app_run    *run;
    struct fsz_buffer *out;
};

static void app_write_offer(void *argument, const struct fsz_event *channel)
{
    const struct app_text      *text = argument;
    const struct app_run       *run = text->run;
    const struct fsz_offer_text offer = {.call = run->session->call,
                                         .service = run->service,
                                         .args = run->args,
                                         .executed = run->control->executed,
                                         .data = run->data,
                                         .why = run->why};
    fsz_offer_write(text->out, &offer, channel);
}

static bool app_is_up(void *run)
{
    const struct fsz_session *session = ((struct app_run *)run)->session;
    return session->is_up(session->self);
}

/* Sends a request with the whole channel, and waits for the reply. */
static fsz_err app_offer(struct app_run *run, struct fsz_reply *ret_reply)
{
    const struct fsz_session *session = run->session;
    struct fsz_buffer         out;
    struct app_text           text = {.run = run, .out = &out};
    fsz_buffer_init(&out, APP_OFFER_BYTES);
    fsz_err err = session->describe(session->self, app_write_offer, &text);
    err = err != FSZ_OK ? err : out.failed;
    if (err == FSZ_OK) {
        const struct fsz_request_spec spec = {.service = run->service,
                                              .method = "call.offer",
                                              .params = (const char *)out.data,
                                              .params_bytes = out.size,
                                              .call = &run->control->offered,
                                              .goes_on = app_is_up,
                                              .goes_on_self = run,
                                              .poll_ms = APP_POLL_MS};
        err = fsz_service_client_ask(run->service_client, &spec, ret_reply);
    } else {
        *ret_reply = (struct fsz_reply){.result = NULL};
        snprintf(ret_reply->why, sizeof(ret_reply->why), "%s", fsz_err_text(err));
    }
    fsz_buffer_fini(&out);
    return err;
}

static const char *app_word(fsz_err err)
{
    switch (err) {
    case FSZ_ETIMEOUT:
        return "timeout";
    case FSZ_EREFUSED:
    case FSZ_EINVALID:
        return "refused";
    default:
        return "no-service";
    }
}

static void app_log_failure(const struct app_run *run, fsz_err err, const struct fsz_reply *reply)
{
    fsz_host_log(run->host, FSZ_LOG_WARNING, "service \"%s\": no worker took call %s (%s): %s%s%s",
                 run->service, run->control->call, app_word(err), reply->why,
                 reply->provider[0] ? ", last asked: " : "", reply->provider);
}

/* ---- the reply ------------------------------------------------------------------------------- */

static void app_set(const struct app_run *run, const struct fsz_offer *offer)
{
    const char *name = NULL;
    json_t     *value = NULL;
    json_object_foreach((json_t *)offer->set, name, value)
    {
        run->session->set(run->session->self, name, json_string_value(value));
    }
}

/* One after another, while the call is up and its controller is not lost. */
static void app_run(const struct app_run *run, const struct fsz_offer *offer)
{
    const struct fsz_session *session = run->session;
    for (size_t i = 0; i < json_array_size(offer->steps); i++) {
        struct fsz_buffer words;
        const char       *app = fsz_offer_app(offer, i), *arg = fsz_offer_arg(offer, i);
        if (!session->is_up(session->self) || fsz_control_drops(run->control)) {
            return;
        }
        fsz_buffer_init(&words, FSZ_REPLY_WHY_BYTES);
        if (session->run(session->self, app, arg, &words) == FSZ_OK) {
            fsz_control_ran(run->control, app, arg);
        } else {
            fsz_host_log(run->host, FSZ_LOG_ERROR, "service \"%s\", call %s: %.64s: %s",
                         run->service, run->control->call, app, fsz_buffer_string(&words));
        }
        fsz_buffer_fini(&words);
    }
}

/* Posts why control ended, for call.end: `otherwise` unless the state says more. `again`: offer the
 * call again if it is still up. Returns whether it will be offered again. */
static bool app_leave(struct app_run *run, enum fsz_control_reason otherwise, bool again)
{
    const enum fsz_control_reason reasons[] = {[FSZ_CONTROL_ON] = otherwise,
                                               [FSZ_CONTROL_RELEASED] = FSZ_REASON_RELEASED,
                                               [FSZ_CONTROL_HANDED_OVER] = FSZ_REASON_HANDED_OVER,
                                               [FSZ_CONTROL_LOST] = FSZ_REASON_LOST,
                                               [FSZ_CONTROL_CLOSED] = FSZ_REASON_CLOSED};
    const struct fsz_session     *session = run->session;
    struct fsz_control           *control = run->control;
    const char                   *cause = "";
    bool                          up = session->is_up(session->self);
    bool                          hungup = !up && session->has_hung_up(session->self, &cause);
    again &= up;
    struct fsz_control_leave *leave = again ? &control->leave_again : &control->leave_last;
    leave->reason = hungup ? FSZ_REASON_HANGUP : reasons[fsz_control_state(control)];
    snprintf(leave->cause, sizeof(leave->cause), "%s", hungup ? cause : "");
    leave->again = again;
    leave->control = fsz_control_ref(control);
    if (!again) {
        fsz_control_set_leaves(control);
    }
    fsz_service_client_leave(run->service_client, &leave->mail);
    return again;
}

/* True: the call must be offered again. */
static bool app_after_control(struct app_run *run)
{
    const struct fsz_session *session = run->session;
    struct fsz_control       *control = run->control;
    enum fsz_control_state    state = fsz_control_state(control);
    if (state == FSZ_CONTROL_HANDED_OVER) {
        run->why = fsz_control_reason_word(FSZ_REASON_HANDED_OVER);
        fsz_control_take_hand_over(control, run->service, &run->data);
        return true;
    }
    if (state != FSZ_CONTROL_LOST) {
        app_result(run, state == FSZ_CONTROL_CLOSED ? "lost" : "released");
        return false;
    }
    run->why = fsz_control_reason_word(FSZ_REASON_LOST);
    enum fsz_on_lost on_lost = app_on_lost(run);
    app_result(run, "lost");
    if (on_lost == FSZ_ON_LOST_HANGUP) {
        session->hangup(session->self, "NORMAL_TEMPORARY_FAILURE");
    }
    return on_lost == FSZ_ON_LOST_OFFER;
}

static enum fsz_control_reason app_elsewhere(const struct fsz_session *session)
{
    return session->is_joined(session->self) ? FSZ_REASON_BRIDGED : FSZ_REASON_TRANSFERRED;
}

/* The API thread has checked and authorized the reply. */
static bool app_accepted(struct app_run *run, const json_t *result)
{
    const struct fsz_session *session = run->session;
    struct fsz_offer          offer;
    const char               *why = NULL;
    if (fsz_offer_read(result, &offer, &why) != FSZ_OK) {
        return false; /* never: the API thread has checked it */
    }
    app_result(run, "accepted");
    app_set(run, &offer);
    app_run(run, &offer);
    if (offer.then == FSZ_THEN_CONTROL) {
        if (session->is_up(session->self)) {
            session->control(session->self, run->control);
        }
        bool again = session->is_up(session->self) && app_after_control(run);
        return app_leave(run, app_elsewhere(session), again);
    }
    app_result(run, "released");
    if (offer.then == FSZ_THEN_HANGUP && session->is_up(session->self)) {
        session->hangup(session->self, offer.cause);
    }
    return app_leave(run, FSZ_REASON_RELEASED, false); /* reported to a former controller, if any */
}

/* True: the call must be offered again. */
static bool app_once(struct app_run *run)
{
    const struct fsz_session *session = run->session;
    struct fsz_reply          reply;
    bool                      again = false;
    fsz_control_begin(run->control);
    fsz_err err = app_offer(run, &reply);
    if (reply.provider[0] != '\0') {
        session->set(session->self, "zmq_peer", reply.provider);
    }
    if (err == FSZ_OK) {
        again = app_accepted(run, reply.result);
    } else {
        /* A provider may have accepted just as this thread gave up. */
        app_leave(run, session->is_up(session->self) ? FSZ_REASON_CLOSED : app_elsewhere(session),
                  false);
        app_result(run, run->why != NULL ? "lost" : app_word(err));
        if (session->is_up(session->self)) {
            app_log_failure(run, err, &reply);
        }
    }
    json_decref(reply.result);
    return again;
}

void fsz_dialplan_app(struct fsz_service_client *service_client, const struct fsz_host *host,
                      const struct fsz_session *session, const char *line)
{
    struct app_run run = {
        .service_client = service_client, .host = host, .session = session, .args = json_array()};
    if (!app_read_line(&run, line)) {
        fsz_host_log(host, FSZ_LOG_ERROR, "zmq: no service named: use zmq SERVICE [ARGUMENT ...]");
        app_result(&run, "no-service");
    } else if (fsz_control_new(host, session->call, &run.control) != FSZ_OK) {
        app_result(&run, "no-service");
    } else {
        while (app_once(&run)) {
        }
    }
    fsz_control_unref(&run.control);
    json_decref(run.args);
    json_decref(run.data);
}
