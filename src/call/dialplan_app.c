#include "call/dialplan_app.h"

#include "call/hold_private.h"
#include "call/offer.h"
#include "config/config.h"
#include "rpc/rpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SERVE_POLL_MS = 20, SERVE_OFFER_BYTES = 1 << 20 };

struct serve {
    struct fsz_desk        *desk;
    const struct fsz_host  *host;
    const struct fsz_guest *guest;
    struct fsz_hold        *hold;
    char                    service[FSZ_CONFIG_NAME_MAX + 1];
    json_t                 *args;
    json_t                 *data; /* of the last hand-over; or NULL */
    const char             *why;  /* it is offered once more: "lost", "handed-over"; or NULL */
};

/* ---- what the dialplan said ------------------------------------------------------------------ */

/* The first word is the service. False: there is none, or it is too long. */
static bool serve_read_line(struct serve *serve, const char *line)
{
    static const char blank[] = " \t";
    line += strspn(line, blank);
    size_t length = strcspn(line, blank);
    snprintf(serve->service, sizeof(serve->service), "%.*s", (int)length, line);
    bool named = length > 0 && length < sizeof(serve->service);
    for (line += length; *(line += strspn(line, blank)) != '\0'; line += length) {
        length = strcspn(line, blank);
        json_array_append_new(serve->args, fsz_rpc_text(line, length));
    }
    return named;
}

static enum fsz_on_lost serve_on_lost(const struct serve *serve)
{
    static const char *const words[] = {"offer", "continue", "hangup"};
    const char              *said = serve->guest->get(serve->guest->self, "zmq_on_lost");
    for (size_t i = 0; said != NULL && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(said, words[i]) == 0) {
            return (enum fsz_on_lost)i;
        }
    }
    return serve->hold->on_lost;
}

static void serve_result(const struct serve *serve, const char *result)
{
    serve->guest->set(serve->guest->self, "zmq_result", result);
}

/* ---- the offer ------------------------------------------------------------------------------- */

struct serve_text {
    struct serve      *serve;
    struct fsz_buffer *out;
};

static void serve_write_offer(void *argument, const struct fsz_event *channel)
{
    const struct serve_text    *text = argument;
    const struct serve         *serve = text->serve;
    const struct fsz_offer_text offer = {.call = serve->guest->call,
                                         .service = serve->service,
                                         .args = serve->args,
                                         .executed = serve->hold->executed,
                                         .data = serve->data,
                                         .why = serve->why};
    fsz_offer_write(text->out, &offer, channel);
}

static bool serve_goes_on(void *serve)
{
    const struct fsz_guest *guest = ((struct serve *)serve)->guest;
    return guest->is_up(guest->self);
}

/* A question with the whole channel in it, of which the hold remembers the outcome. */
static fsz_err serve_offer(struct serve *serve, struct fsz_told *ret_told)
{
    const struct fsz_guest *guest = serve->guest;
    struct fsz_buffer       out;
    struct serve_text       text = {.serve = serve, .out = &out};
    fsz_buffer_init(&out, SERVE_OFFER_BYTES);
    fsz_err err = guest->describe(guest->self, serve_write_offer, &text);
    err = err != FSZ_OK ? err : out.failed;
    if (err == FSZ_OK) {
        const struct fsz_ask ask = {.service = serve->service,
                                    .method = "call.offer",
                                    .params = (const char *)out.data,
                                    .params_bytes = out.size,
                                    .call = &serve->hold->offered,
                                    .goes_on = serve_goes_on,
                                    .goes_on_self = serve,
                                    .poll_ms = SERVE_POLL_MS};
        err = fsz_desk_ask(serve->desk, &ask, ret_told);
    } else {
        *ret_told = (struct fsz_told){.result = NULL};
        snprintf(ret_told->why, sizeof(ret_told->why), "%s", fsz_err_text(err));
    }
    fsz_buffer_fini(&out);
    return err;
}

static const char *serve_word(fsz_err err)
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

static void serve_log_failure(const struct serve *serve, fsz_err err, const struct fsz_told *told)
{
    char line[FSZ_TOLD_WHY_BYTES + FSZ_PROVIDER_NAME_BYTES + 2 * FSZ_CALL_BYTES];
    snprintf(line, sizeof(line), "service \"%s\": nobody takes call %s (%s): %s%s%s",
             serve->service, serve->hold->call, serve_word(err), told->why,
             told->provider[0] ? ", asked last: " : "", told->provider);
    serve->host->log(serve->host->self, FSZ_LOG_WARNING, line);
}

/* ---- what was answered ----------------------------------------------------------------------- */

static void serve_set(const struct serve *serve, const struct fsz_offer *offer)
{
    const char *name = NULL;
    json_t     *value = NULL;
    json_object_foreach((json_t *)offer->set, name, value)
    {
        serve->guest->set(serve->guest->self, name, json_string_value(value));
    }
}

/* One after another, as long as the call is up and whoever said so still has it. */
static void serve_run(const struct serve *serve, const struct fsz_offer *offer)
{
    const struct fsz_guest *guest = serve->guest;
    for (size_t i = 0; i < json_array_size(offer->steps); i++) {
        struct fsz_buffer words;
        const char       *app = fsz_offer_app(offer, i), *arg = fsz_offer_arg(offer, i);
        if (!guest->is_up(guest->self) || fsz_hold_drops(serve->hold)) {
            return;
        }
        fsz_buffer_init(&words, FSZ_TOLD_WHY_BYTES);
        if (guest->run(guest->self, app, arg, &words) == FSZ_OK) {
            fsz_hold_ran(serve->hold, app, arg);
        } else {
            char line[2 * FSZ_TOLD_WHY_BYTES + FSZ_CALL_BYTES];
            snprintf(line, sizeof(line), "service \"%s\", call %s: %.64s: %s", serve->service,
                     serve->hold->call, app, fsz_buffer_string(&words));
            serve->host->log(serve->host->self, FSZ_LOG_ERROR, line);
        }
        fsz_buffer_fini(&words);
    }
}

/* How it came that the call is not held any more, for call.end; `otherwise`: nothing else says.
 * `again`: it is to be offered once more; true: it is, for it is still up. */
static bool serve_leave(struct serve *serve, const char *otherwise, bool again)
{
    const char *const       reasons[] = {[FSZ_HOLD_ON] = otherwise,
                                         [FSZ_HOLD_RELEASED] = "released",
                                         [FSZ_HOLD_HANDED_OVER] = "handed-over",
                                         [FSZ_HOLD_LOST] = "lost",
                                         [FSZ_HOLD_CLOSED] = "closed"};
    const struct fsz_guest *guest = serve->guest;
    struct fsz_hold        *hold = serve->hold;
    const char             *cause = "";
    bool                    up = guest->is_up(guest->self);
    bool                    hungup = !up && guest->has_hung_up(guest->self, &cause);
    again &= up;
    struct fsz_hold_leave *leave = again ? &hold->leave_again : &hold->leave_last;
    snprintf(leave->reason, sizeof(leave->reason), "%s",
             hungup ? "hangup" : reasons[fsz_hold_state(hold)]);
    snprintf(leave->cause, sizeof(leave->cause), "%s", hungup ? cause : "");
    leave->again = again;
    leave->hold = fsz_hold_ref(hold);
    if (!again) {
        pthread_mutex_lock(&hold->lock);
        hold->leaves = true;
        pthread_mutex_unlock(&hold->lock);
    }
    fsz_desk_leave(serve->desk, &leave->mail);
    return again;
}

/* True: the call is to be offered once more. */
static bool serve_after_hold(struct serve *serve)
{
    const struct fsz_guest *guest = serve->guest;
    struct fsz_hold        *hold = serve->hold;
    enum fsz_hold_state     state = fsz_hold_state(hold);
    if (state == FSZ_HOLD_HANDED_OVER) {
        json_decref(serve->data);
        serve->why = "handed-over";
        snprintf(serve->service, sizeof(serve->service), "%s", hold->next_service);
        serve->data = hold->data;
        hold->data = NULL;
        return true;
    }
    if (state != FSZ_HOLD_LOST) {
        serve_result(serve, state == FSZ_HOLD_CLOSED ? "lost" : "released");
        return false;
    }
    serve->why = "lost";
    enum fsz_on_lost on_lost = serve_on_lost(serve);
    serve_result(serve, "lost");
    if (on_lost == FSZ_ON_LOST_HANGUP) {
        guest->hangup(guest->self, "NORMAL_TEMPORARY_FAILURE");
    }
    return on_lost == FSZ_ON_LOST_OFFER;
}

static const char *serve_elsewhere(const struct fsz_guest *guest)
{
    return guest->is_joined(guest->self) ? "bridged" : "transferred";
}

/* The answer was read and judged on the API thread; here it is done. */
static bool serve_accepted(struct serve *serve, const json_t *result)
{
    const struct fsz_guest *guest = serve->guest;
    struct fsz_offer        offer;
    const char             *why = NULL;
    if (fsz_offer_read(result, &offer, &why) != FSZ_OK) {
        return false; /* never: it was judged */
    }
    serve_result(serve, "accepted");
    serve_set(serve, &offer);
    serve_run(serve, &offer);
    if (offer.then == FSZ_THEN_CONTROL) {
        if (guest->is_up(guest->self)) {
            guest->hold(guest->self, serve->hold);
        }
        bool again = guest->is_up(guest->self) && serve_after_hold(serve);
        return serve_leave(serve, serve_elsewhere(guest), again);
    }
    serve_result(serve, "released");
    if (offer.then == FSZ_THEN_HANGUP && guest->is_up(guest->self)) {
        guest->hangup(guest->self, offer.cause);
    }
    return serve_leave(serve, "released", false); /* nobody holds it; somebody may have before */
}

/* True: once more. */
static bool serve_once(struct serve *serve)
{
    const struct fsz_guest *guest = serve->guest;
    struct fsz_told         told;
    bool                    again = false;
    fsz_hold_begin(serve->hold);
    fsz_err err = serve_offer(serve, &told);
    if (told.provider[0] != '\0') {
        guest->set(guest->self, "zmq_peer", told.provider);
    }
    if (err == FSZ_OK) {
        again = serve_accepted(serve, told.result);
    } else {
        /* Should somebody have accepted as it was given up. */
        serve_leave(serve, guest->is_up(guest->self) ? "closed" : serve_elsewhere(guest), false);
        serve_result(serve, serve->why != NULL ? "lost" : serve_word(err));
        if (guest->is_up(guest->self)) {
            serve_log_failure(serve, err, &told);
        }
    }
    json_decref(told.result);
    return again;
}

void fsz_serve(struct fsz_desk *desk, const struct fsz_host *host, const struct fsz_guest *guest,
               const char *line)
{
    struct serve serve = {.desk = desk, .host = host, .guest = guest, .args = json_array()};
    if (!serve_read_line(&serve, line)) {
        host->log(host->self, FSZ_LOG_ERROR, "zmq: which service? zmq NAME [ARGUMENT ...]");
        serve_result(&serve, "no-service");
    } else if (fsz_hold_new(host, guest->call, &serve.hold) != FSZ_OK) {
        serve_result(&serve, "no-service");
    } else {
        while (serve_once(&serve)) {
        }
    }
    fsz_hold_unref(&serve.hold);
    json_decref(serve.args);
    json_decref(serve.data);
}
