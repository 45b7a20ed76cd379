/* SPDX-License-Identifier: MPL-2.0 */
/* The simulated switch's calls for services: the thread of each call, its operations on the call,
 * and the events of the call. */
#include "drive_sim.h"

#include "call/control.h"
#include "host/session.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

enum { PATIENCE_TRIES = 20000, PAUSE_US = 1000 };

/* Replaces the core's: the test decides when it is over. */
struct fsz_control {
    _Atomic bool over, when_idle, drops;
    char         ran[256]; /* the call's own thread */
};

bool fsz_control_over(struct fsz_control *control, bool idle)
{
    return control->over && (idle || !control->when_idle);
}

bool fsz_control_drops(struct fsz_control *control)
{
    return control->drops;
}

void fsz_control_ran(struct fsz_control *control, const char *app, const char *arg)
{
    size_t length = strlen(control->ran);
    snprintf(control->ran + length, sizeof control->ran - length, "%s(%s) ", app, arg);
}

struct rig;
typedef void (*serve_fn)(struct rig *rig, const struct fsz_session *session, const char *line);

struct rig {
    struct seen        seen;
    struct fsz_sim    *sim;
    serve_fn           serve;
    sem_t              begun, ended, go;
    _Atomic int        served;
    struct fsz_control control;
    char               call[37];
    /* Results of a thread; read after it has ended. */
    char    line[64], text[256], cause[64];
    fsz_err err;
    bool    up, hung_up;
    json_t *channel;
};

static void rig_serve(void *self, const struct fsz_session *session, const char *line)
{
    struct rig *rig = self;
    sem_post(&rig->begun);
    rig->serve(rig, session, line);
    rig->served++;
    sem_post(&rig->ended);
}

static struct rig *rig_new(serve_fn serve, struct fsz_sim_options options)
{
    struct rig *rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    sem_init(&rig->begun, 0, 0);
    sem_init(&rig->ended, 0, 0);
    sem_init(&rig->go, 0, 0);
    rig->serve = serve;
    options.serve = rig_serve;
    options.serve_self = rig;
    rig->sim = sim_new(&rig->seen, options);
    assert_int_equal(fsz_sim_start(rig->sim), FSZ_OK);
    return rig;
}

/* Runs the command until its reply is `expected`. */
static void rig_await(struct rig *rig, const char *command, const char *arg, const char *expected)
{
    for (int i = 0; i < PATIENCE_TRIES; i++) {
        char *text = sim_ask(rig->sim, command, arg);
        bool  same = strcmp(text, expected) == 0;
        free(text);
        if (same) {
            return;
        }
        usleep(PAUSE_US);
    }
    fail_msg("%s %s is never %s", command, arg, expected);
}

/* Waits until the first call has ended, and stops the switch: its events can be read. */
static void rig_settle(struct rig *rig)
{
    rig_await(rig, "uuid_exists", rig->call, "false");
    fsz_sim_stop(rig->sim);
}

static void rig_free(struct rig *rig)
{
    json_decref(rig->channel);
    sim_end(rig->sim, &rig->seen);
    sem_destroy(&rig->begun);
    sem_destroy(&rig->ended);
    sem_destroy(&rig->go);
    free(rig);
}

/* A rig whose first call has been served and has ended. */
static struct rig *rig_served(serve_fn serve, const char *dial)
{
    struct rig *rig = rig_new(serve, (struct fsz_sim_options){0});
    originate(rig->sim, dial, rig->call);
    rig_settle(rig);
    return rig;
}

static fsz_err rig_run(struct rig *rig, const struct fsz_session *session, const char *app,
                       const char *arg)
{
    struct fsz_buffer words;
    fsz_buffer_init(&words, sizeof rig->text - 1);
    fsz_err err = session->run(session->self, app, arg, &words);
    snprintf(rig->text, sizeof rig->text, "%s", fsz_buffer_string(&words));
    fsz_buffer_fini(&words);
    return err;
}

static void rig_execute(struct rig *rig, const char *app, const char *arg, bool urgent)
{
    static const char  id[] = "00000000-0000-4000-8000-000000000000";
    struct fsz_execute execute = {
        .call = rig->call, .app = app, .arg = arg, .id = id, .lock = true, .urgent = urgent};
    struct fsz_buffer words;
    fsz_buffer_init(&words, 1000);
    assert_int_equal(fsz_sim_execute(rig->sim, &execute, &words), FSZ_OK);
    fsz_buffer_fini(&words);
}

/* The names of the call's events that begin with the prefix, with their applications. */
static void assert_events(const struct rig *rig, const char *prefix, const char *expected)
{
    char          text[1024] = "";
    size_t        index;
    const json_t *event;
    json_array_foreach(rig->seen.events, index, event)
    {
        size_t length = strlen(text);
        if (strcmp(value(event, "Unique-ID"), rig->call) == 0 &&
            strncmp(value(event, "Event-Name"), prefix, strlen(prefix)) == 0) {
            snprintf(text + length, sizeof text - length, "%s%s%s ", value(event, "Event-Name"),
                     *value(event, "Application") == '\0' ? "" : ":", value(event, "Application"));
        }
    }
    assert_string_equal(text, expected);
}

static const json_t *last_event(const struct rig *rig, const char *name)
{
    const json_t *event = last_of(&rig->seen, name, rig->call);
    assert_non_null(event);
    return event;
}

/* ---- operations of the session ---- */

static void take_channel(void *argument, const struct fsz_event *channel)
{
    struct seen seen = {.events = json_array()};
    struct rig *rig = argument;
    assert_int_equal(seen_take(&seen, channel), FSZ_OK);
    json_decref(rig->channel);
    rig->channel = json_incref(json_array_get(seen.events, 0));
    json_decref(seen.events);
}

static void serve_looks(struct rig *rig, const struct fsz_session *session, const char *line)
{
    snprintf(rig->line, sizeof rig->line, "%s", line);
    rig->up = session->is_up(session->self);
    assert_int_equal(session->describe(session->self, take_channel, rig), FSZ_OK);
    session->set(session->self, "mine", "1 2");
    session->set(session->self, "given", NULL);
    assert_null(session->get(session->self, "given"));
    assert_string_equal(session->get(session->self, "mine"), "1 2");
    snprintf(rig->text, sizeof rig->text, "%s", session->call);
}

static void test_a_call_for_zmq_is_served_with_its_line_and_its_channel(void **state)
{
    (void)state;
    struct rig *rig = rig_served(serve_looks, "{given=7}loopback/1001 '&zmq(ivr lang=de)'");
    assert_int_equal(rig->served, 1);
    assert_string_equal(rig->line, "ivr lang=de");
    assert_string_equal(rig->text, rig->call);
    assert_true(rig->up);
    assert_string_equal(value(rig->channel, "Unique-ID"), rig->call);
    assert_string_equal(value(rig->channel, "Caller-Destination-Number"), "1001");
    assert_string_equal(value(rig->channel, "Answer-State"), "ringing");
    assert_string_equal(value(rig->channel, "Channel-State"), "CS_EXECUTE");
    assert_string_equal(value(rig->channel, "variable_given"), "7");
    const json_t *end = last_event(rig, "CHANNEL_HANGUP_COMPLETE");
    assert_string_equal(value(end, "variable_mine"), "1 2");
    assert_string_equal(value(end, "Hangup-Cause"), "NORMAL_CLEARING");
    assert_string_equal(value(end, "variable_billsec"), "0");
    assert_string_equal(value(end, "variable_answer_uepoch"), "0");
    assert_events(rig, "CHANNEL_EXEC", "CHANNEL_EXECUTE:zmq CHANNEL_EXECUTE_COMPLETE:zmq ");
    assert_string_equal(value(last_event(rig, "CHANNEL_EXECUTE"), "Application-Data"),
                        "ivr lang=de");
    rig_free(rig);
}

static void serve_nothing(struct rig *rig, const struct fsz_session *session, const char *line)
{
    (void)rig;
    (void)session;
    (void)line;
}

static void test_a_switch_without_serve_refuses_such_a_call(void **state)
{
    (void)state;
    struct seen     seen;
    struct fsz_sim *sim = sim_new(&seen, (struct fsz_sim_options){0});
    assert_answer(sim, "originate", "loopback/1000 &zmq(ivr)", "-ERR SERVICE_NOT_IMPLEMENTED\n");
    sim_end(sim, &seen);
}

static void test_a_variable_says_what_the_dialplan_does_after_zmq(void **state)
{
    (void)state;
    struct rig *rig = rig_new(serve_nothing, (struct fsz_sim_options){0});
    char        other[37];
    originate(rig->sim, "{sim_then=park}loopback/1000 &zmq(ivr)", other);
    originate(rig->sim, "loopback/1000 &zmq", rig->call);
    sem_wait(&rig->ended);
    sem_wait(&rig->ended);
    rig_await(rig, "uuid_exists", rig->call, "false");
    assert_answer(rig->sim, "uuid_exists", other, "true");
    rig_free(rig);
}

/* ---- applications that the thread runs ---- */

static void serve_answers(struct rig *rig, const struct fsz_session *session, const char *line)
{
    (void)line;
    assert_int_equal(rig_run(rig, session, "answer", NULL), FSZ_OK);
    assert_int_equal(rig_run(rig, session, "playback", "silence_stream://30"), FSZ_OK);
    assert_int_equal(session->describe(session->self, take_channel, rig), FSZ_OK);
    rig->err = rig_run(rig, session, "no_such", "thing");
}

static void test_applications_run_to_their_end_and_an_answer_has_its_event(void **state)
{
    (void)state;
    struct rig *rig = rig_served(serve_answers, "loopback/1000 &zmq(ivr)");
    assert_events(rig, "CHANNEL_EXECUTE",
                  "CHANNEL_EXECUTE:zmq CHANNEL_EXECUTE:answer CHANNEL_EXECUTE_COMPLETE:answer "
                  "CHANNEL_EXECUTE:playback CHANNEL_EXECUTE_COMPLETE:playback "
                  "CHANNEL_EXECUTE_COMPLETE:zmq ");
    assert_events(rig, "PRIVATE", "");
    assert_events(rig, "CHANNEL_ANSWER", "CHANNEL_ANSWER ");
    assert_string_equal(value(rig->channel, "Answer-State"), "answered");
    assert_string_equal(value(rig->channel, "Channel-Call-State"), "ACTIVE");
    assert_int_equal(rig->err, FSZ_EREFUSED);
    assert_string_equal(rig->text, "Invalid Application no_such");
    const json_t *end = last_event(rig, "CHANNEL_HANGUP_COMPLETE");
    assert_true(strtoll(value(end, "variable_billmsec"), NULL, 10) >= 30);
    long long answered = strtoll(value(end, "variable_answer_uepoch"), NULL, 10);
    assert_true(answered >= strtoll(value(end, "variable_start_uepoch"), NULL, 10));
    assert_true(answered <= strtoll(value(end, "variable_end_uepoch"), NULL, 10));
    rig_free(rig);
}

static void serve_asks(struct rig *rig, const struct fsz_session *session, const char *line)
{
    assert_int_equal(rig_run(rig, session, "play_and_get_digits", line), FSZ_OK);
    const char *got = session->get(session->self, "got");
    snprintf(rig->text, sizeof rig->text, "%s", got == NULL ? "nothing" : got);
    got = session->get(session->self, "got_invalid");
    snprintf(rig->line, sizeof rig->line, "%s", got == NULL ? "nothing" : got);
}

static void assert_digits(const char *pressed, const char *words, const char *got,
                          const char *invalid, size_t dtmf)
{
    char dial[256];
    snprintf(dial, sizeof dial, "{sim_digits=%s}loopback/1000 '&zmq(%s)'", pressed, words);
    struct rig *rig = rig_served(serve_asks, dial);
    size_t      index, count = 0;
    json_t     *event;
    json_array_foreach(rig->seen.events, index, event)
    {
        count += strcmp(value(event, "Event-Name"), "DTMF") == 0;
    }
    assert_string_equal(rig->text, got);
    assert_string_equal(rig->line, invalid);
    assert_int_equal(count, dtmf);
    rig_free(rig);
}

static const char TONE[] = "silence_stream://1";

static void test_digits_are_collected_as_the_application_says(void **state)
{
    (void)state;
    static const struct {
        const char *pressed, *form, *got, *invalid;
        size_t      dtmf;
    } cases[] = {
        {"1234", "1 3 1 500 # %s %s got", "123", "nothing", 3},  /* max keys */
        {"12#4", "1 9 1 500 # %s %s got", "12", "nothing", 3},   /* to the terminator */
        {"12", "1 9 1 150 # %s %s got", "12", "nothing", 2},     /* until the timeout */
        {"1", "2 2 1 150 # %s %s got", "nothing", "1", 1},       /* too few */
        {"", "1 2 2 150 # %s %s got", "nothing", "nothing", 0},  /* no key, twice */
        {"1234", "2 2 2 150 # %s %s got ^3\\d$", "34", "12", 4}, /* the second attempt matches */
        {"9w1", "1 1 1 300 # %s %s got ^[", "nothing", "9", 1},  /* invalid expression */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char words[160];
        /* The formats are those of the table. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(words, sizeof words, cases[i].form, TONE, TONE);
#pragma GCC diagnostic pop
        assert_digits(cases[i].pressed, words, cases[i].got, cases[i].invalid, cases[i].dtmf);
    }
}

static void test_keys_that_are_pressed_by_command_are_collected(void **state)
{
    (void)state;
    char        keys[64];
    struct rig *rig = rig_new(serve_asks, (struct fsz_sim_options){0});
    originate(rig->sim, "loopback/1000 '&zmq(1 2 1 60000 # silence_stream://1 x got)'", rig->call);
    snprintf(keys, sizeof keys, "%s 4*5", rig->call);
    assert_answer(rig->sim, "uuid_recv_dtmf", keys, "+OK\n");
    snprintf(keys, sizeof keys, "%s x", rig->call);
    char *text = sim_ask(rig->sim, "uuid_recv_dtmf", keys);
    assert_true(strcmp(text, "-ERR no DTMF digit\n") == 0 ||
                strcmp(text, "-ERR No such channel!\n") == 0);
    free(text);
    rig_settle(rig);
    assert_string_equal(rig->text, "4*");
    rig_free(rig);
}

static void serve_bridges(struct rig *rig, const struct fsz_session *session, const char *line)
{
    rig->err = rig_run(rig, session, "bridge", line);
    rig->up = session->is_up(session->self);
    snprintf(rig->text, sizeof rig->text, "%s",
             session->get(session->self, "originate_disposition"));
}

static void test_bridge_lasts_until_the_other_hangs_up(void **state)
{
    (void)state;
    struct rig *rig = rig_new(serve_bridges, (struct fsz_sim_options){0});
    char        arg[128], *other = NULL;
    originate(rig->sim, "loopback/1000 &zmq(loopback/1001)", rig->call);
    snprintf(arg, sizeof arg, "%s bridge_uuid", rig->call);
    for (int i = 0; i < PATIENCE_TRIES; i++) {
        free(other);
        other = sim_ask(rig->sim, "uuid_getvar", arg);
        if (strlen(other) == 36) {
            break;
        }
        usleep(PAUSE_US);
    }
    assert_int_equal(rig->served, 0);
    assert_answer(rig->sim, "uuid_kill", other, "+OK\n");
    rig_settle(rig);
    assert_true(rig->up);
    assert_string_equal(rig->text, "SUCCESS");
    assert_events(rig, "CHANNEL_BRIDGE", "CHANNEL_BRIDGE ");
    assert_events(rig, "CHANNEL_UNBRIDGE", "CHANNEL_UNBRIDGE ");
    assert_string_equal(value(last_event(rig, "CHANNEL_BRIDGE"), "Bridge-B-Unique-ID"), other);
    assert_string_equal(value(last_event(rig, "CHANNEL_BRIDGE"), "Answer-State"), "answered");
    free(other);
    rig_free(rig);
}

static void test_a_failed_bridge_hangs_up_unless_the_call_may_continue(void **state)
{
    (void)state;
    struct rig *rig = rig_served(serve_bridges, "loopback/1000 &zmq(error/USER_BUSY)");
    assert_false(rig->up);
    assert_string_equal(rig->text, "USER_BUSY");
    assert_string_equal(value(last_event(rig, "CHANNEL_HANGUP"), "Hangup-Cause"), "USER_BUSY");
    rig_free(rig);
    rig = rig_served(serve_bridges, "{continue_on_fail=true}loopback/1000 &zmq(loopback/9999)");
    assert_true(rig->up);
    assert_string_equal(rig->text, "NO_ROUTE_DESTINATION");
    assert_string_equal(value(last_event(rig, "CHANNEL_HANGUP"), "Hangup-Cause"),
                        "NORMAL_CLEARING");
    rig_free(rig);
}

/* ---- under control ---- */

/* Two calls may end at once. */
static void serve_controls(struct rig *rig, const struct fsz_session *session, const char *line)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    const char            *cause = "";
    (void)line;
    session->control(session->self, &rig->control);
    pthread_mutex_lock(&lock);
    rig->up = session->is_up(session->self);
    rig->hung_up = session->has_hung_up(session->self, &cause);
    snprintf(rig->cause, sizeof rig->cause, "%s", cause);
    pthread_mutex_unlock(&lock);
}

static struct rig *rig_controlling(const char *dial)
{
    struct rig *rig = rig_new(serve_controls, (struct fsz_sim_options){0});
    originate(rig->sim, dial, rig->call);
    sem_wait(&rig->begun);
    return rig;
}

static void rig_release(struct rig *rig)
{
    rig->control.when_idle = true;
    rig->control.over = true;
    fsz_sim_wake(rig->sim, rig->call, false);
}

/* An application that does not end by itself runs, so the thread is in control by now. */
static void rig_execute_endless(struct rig *rig)
{
    char arg[64];
    rig_execute(rig, "playback", "silence_stream://-1", false);
    snprintf(arg, sizeof arg, "%s current_application", rig->call);
    rig_await(rig, "uuid_getvar", arg, "playback");
}

static void rig_break(struct rig *rig)
{
    struct fsz_buffer words;
    fsz_buffer_init(&words, 100);
    assert_int_equal(fsz_sim_break(rig->sim, rig->call, &words), FSZ_OK);
    fsz_buffer_fini(&words);
}

static void test_a_controlled_call_runs_its_queue_and_is_then_given_back(void **state)
{
    (void)state;
    struct rig *rig = rig_controlling("loopback/1000 &zmq(ivr)");
    rig_execute_endless(rig);
    rig_execute(rig, "set", "a=1", false);
    rig_execute(rig, "set", "b=2", true);
    rig_release(rig);
    assert_int_equal(rig->served, 0);
    rig_break(rig);
    rig_settle(rig);
    assert_true(rig->up);
    assert_string_equal(rig->control.ran, "playback(silence_stream://-1) set(b=2) set(a=1) ");
    assert_string_equal(value(last_event(rig, "CHANNEL_HANGUP_COMPLETE"), "variable_b"), "2");
    rig_free(rig);
}

static void serve_runs_then_controls(struct rig *rig, const struct fsz_session *session,
                                     const char *line)
{
    assert_int_equal(rig_run(rig, session, "set", "first=1"), FSZ_OK);
    sem_wait(&rig->go);
    assert_null(session->get(session->self, "third"));
    assert_int_equal(rig_run(rig, session, "set", "second=1"), FSZ_OK);
    serve_controls(rig, session, line);
}

static void test_queued_applications_wait_until_the_thread_controls_the_call(void **state)
{
    (void)state;
    struct rig *rig = rig_new(serve_runs_then_controls, (struct fsz_sim_options){0});
    originate(rig->sim, "loopback/1000 &zmq(ivr)", rig->call);
    sem_wait(&rig->begun);
    rig_execute(rig, "set", "third=1", false);
    sem_post(&rig->go);
    rig_release(rig);
    rig_settle(rig);
    assert_string_equal(rig->control.ran, "set(third=1) ");
    assert_string_equal(value(last_event(rig, "CHANNEL_HANGUP_COMPLETE"), "variable_third"), "1");
    rig_free(rig);
}

static void test_a_lost_call_ends_running_and_drops_waiting_applications(void **state)
{
    (void)state;
    struct rig *rig = rig_controlling("loopback/1000 &zmq(ivr)");
    rig_execute_endless(rig);
    rig_execute(rig, "set", "never=1", false);
    rig->control.drops = true;
    rig->control.over = true;
    fsz_sim_wake(rig->sim, rig->call, true);
    rig_settle(rig);
    assert_true(rig->up);
    assert_string_equal(rig->control.ran, "playback(silence_stream://-1) ");
    assert_string_equal(value(last_event(rig, "CHANNEL_HANGUP_COMPLETE"), "variable_never"), "");
    rig_free(rig);
}

static void test_a_lost_call_that_is_bridged_stays_so(void **state)
{
    (void)state;
    struct rig *rig = rig_controlling("loopback/1000 &zmq(ivr)");
    char        arg[64];
    rig_execute(rig, "bridge", "loopback/1001", false);
    snprintf(arg, sizeof arg, "%s originate_disposition", rig->call);
    rig_await(rig, "uuid_getvar", arg, "SUCCESS");
    rig->control.drops = true;
    rig->control.over = true;
    fsz_sim_wake(rig->sim, rig->call, true);
    usleep(50000); /* time for a wrong end to show */
    assert_int_equal(rig->served, 0);
    snprintf(arg, sizeof arg, "%s bridge_uuid", rig->call);
    char *other = sim_ask(rig->sim, "uuid_getvar", arg);
    assert_answer(rig->sim, "uuid_kill", other, "+OK\n");
    free(other);
    rig_settle(rig);
    assert_true(rig->up);
    rig_free(rig);
}

static void test_break_ends_the_running_application_and_the_next_begins(void **state)
{
    (void)state;
    struct rig       *rig = rig_controlling("loopback/1000 &zmq(ivr)");
    struct fsz_buffer words;
    fsz_buffer_init(&words, 100);
    rig_execute_endless(rig);
    rig_execute(rig, "set", "next=1", false);
    assert_int_equal(fsz_sim_break(rig->sim, "nobody", &words), FSZ_ENOTFOUND);
    rig_break(rig);
    rig_release(rig);
    rig_settle(rig);
    assert_string_equal(value(last_event(rig, "CHANNEL_HANGUP_COMPLETE"), "variable_next"), "1");
    fsz_buffer_fini(&words);
    rig_free(rig);
}

static void test_two_controlled_calls_are_bridged_and_hang_up_together(void **state)
{
    (void)state;
    struct rig       *rig = rig_controlling("loopback/1000 &zmq(ivr)");
    struct fsz_buffer words;
    char              other[37];
    fsz_buffer_init(&words, 100);
    originate(rig->sim, "loopback/1001 &zmq(ivr)", other);
    sem_wait(&rig->begun);
    assert_int_equal(fsz_sim_bridge(rig->sim, rig->call, "nobody", &words), FSZ_ENOTFOUND);
    assert_int_equal(fsz_sim_bridge(rig->sim, rig->call, rig->call, &words), FSZ_EREFUSED);
    assert_int_equal(fsz_sim_bridge(rig->sim, rig->call, other, &words), FSZ_OK);
    sem_wait(&rig->ended);
    sem_wait(&rig->ended);
    assert_false(rig->up);
    assert_false(rig->hung_up);
    assert_answer(rig->sim, "uuid_exists", rig->call, "true");
    assert_answer(rig->sim, "uuid_kill", other, "+OK\n");
    rig_settle(rig);
    assert_string_equal(value(last_event(rig, "CHANNEL_BRIDGE"), "Other-Leg-Unique-ID"), other);
    fsz_buffer_fini(&words);
    rig_free(rig);
}

static void rig_transfer(struct rig *rig, const char *extension)
{
    struct fsz_buffer words;
    fsz_buffer_init(&words, 100);
    assert_int_equal(fsz_sim_transfer(rig->sim, rig->call, NULL, extension, NULL, NULL, &words),
                     FSZ_OK);
    fsz_buffer_fini(&words);
}

static void test_a_transferred_call_leaves_and_is_up_elsewhere(void **state)
{
    (void)state;
    struct rig *rig = rig_controlling("loopback/1000 &zmq(ivr)");
    rig_transfer(rig, "1002");
    sem_wait(&rig->ended);
    assert_false(rig->up);
    assert_false(rig->hung_up);
    assert_answer(rig->sim, "uuid_exists", rig->call, "true");
    assert_answer(rig->sim, "uuid_kill", rig->call, "+OK\n");
    rig_settle(rig);
    rig_free(rig);
}

static void test_a_transfer_to_a_services_extension_offers_the_call_there(void **state)
{
    (void)state;
    struct rig *rig = rig_controlling("loopback/1000 &zmq(ivr)");
    rig_transfer(rig, "zmq-queue gold");
    sem_wait(&rig->ended);
    sem_wait(&rig->begun);
    rig_release(rig);
    rig_settle(rig);
    assert_int_equal(rig->served, 2);
    assert_string_equal(value(last_event(rig, "CHANNEL_EXECUTE_COMPLETE"), "Application-Data"),
                        "queue gold");
    rig_free(rig);
}

static void test_a_transfer_to_nowhere_has_no_route(void **state)
{
    (void)state;
    struct rig *rig = rig_controlling("loopback/1000 &zmq(ivr)");
    rig_transfer(rig, "9999");
    rig_settle(rig);
    assert_false(rig->up);
    assert_string_equal(value(last_event(rig, "CHANNEL_HANGUP"), "Hangup-Cause"),
                        "NO_ROUTE_DESTINATION");
    rig_free(rig);
}

/* ---- the caller ---- */

static void test_a_caller_hangs_up_in_time_whatever_runs(void **state)
{
    (void)state;
    struct rig *rig = rig_controlling("{sim_hangup_ms=50}loopback/1000 &zmq(ivr)");
    rig_execute(rig, "playback", "silence_stream://-1", false);
    rig_settle(rig);
    assert_false(rig->up);
    assert_true(rig->hung_up);
    assert_string_equal(rig->cause, "NORMAL_CLEARING");
    rig_free(rig);
}

static void serve_waits(struct rig *rig, const struct fsz_session *session, const char *line)
{
    (void)line;
    sem_wait(&rig->go);
    rig->err = rig_run(rig, session, "answer", NULL);
    session->hangup(session->self, "USER_BUSY"); /* allowed after a hangup, too */
}

static void test_the_end_of_a_call_comes_after_its_thread_has_returned(void **state)
{
    (void)state;
    struct rig *rig = rig_new(serve_waits, (struct fsz_sim_options){0});
    char        arg[64];
    originate(rig->sim, "loopback/1000 &zmq(ivr)", rig->call);
    snprintf(arg, sizeof arg, "%s CALL_REJECTED", rig->call);
    assert_answer(rig->sim, "uuid_kill", arg, "+OK\n");
    assert_answer(rig->sim, "uuid_exists", rig->call, "true");
    sem_post(&rig->go);
    rig_settle(rig);
    assert_int_equal(rig->err, FSZ_ENOTFOUND);
    assert_events(rig, "CHANNEL_",
                  "CHANNEL_STATE CHANNEL_STATE CHANNEL_CREATE CHANNEL_CALLSTATE CHANNEL_STATE "
                  "CHANNEL_STATE CHANNEL_EXECUTE:zmq CHANNEL_HANGUP CHANNEL_EXECUTE_COMPLETE:zmq "
                  "CHANNEL_STATE CHANNEL_CALLSTATE CHANNEL_STATE CHANNEL_HANGUP_COMPLETE "
                  "CHANNEL_DESTROY CHANNEL_STATE ");
    assert_string_equal(value(last_event(rig, "CHANNEL_HANGUP_COMPLETE"), "Hangup-Cause"),
                        "CALL_REJECTED");
    rig_free(rig);
}

static void test_new_calls_go_to_the_service_in_that_share(void **state)
{
    (void)state;
    static const struct {
        double percent;
        int    min, max;
    } cases[] = {{100, 40, 40}, {50, 8, 32}, {0, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fsz_sim_options options = {.calls_per_second = 1000,
                                          .seed = 5,
                                          .service = "ivr",
                                          .service_percent = cases[i].percent,
                                          .sink = seen_count};
        struct fsz_sim_stats   stats = {0};
        struct rig            *rig = rig_new(serve_nothing, options);
        fsz_sim_stop(rig->sim);
        int before = rig->served;
        fsz_sim_stats(rig->sim, &stats);
        uint64_t begun = stats.calls_started;
        assert_true((uint64_t)before <= begun);
        rig_free(rig);

        /* On the test's clock the calls of a run can be counted. */
        rig = calloc(1, sizeof *rig);
        sem_init(&rig->begun, 0, 0);
        sem_init(&rig->ended, 0, 0);
        rig->serve = serve_nothing;
        options.serve = rig_serve;
        options.serve_self = rig;
        rig->sim = sim_new(&rig->seen, options);
        sim_pass(rig->sim, &rig->seen, 0.0395);
        fsz_sim_stop(rig->sim);
        assert_in_range(rig->served, cases[i].min, cases[i].max);
        rig_free(rig);
    }
}

static void test_a_switch_that_stops_gives_controlled_calls_back(void **state)
{
    (void)state;
    struct rig *rig = rig_controlling("loopback/1000 &zmq(ivr)");
    rig_execute(rig, "playback", "silence_stream://-1", false);
    fsz_sim_stop(rig->sim);
    assert_int_equal(rig->served, 1);
    assert_false(rig->up);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_call_for_zmq_is_served_with_its_line_and_its_channel),
        cmocka_unit_test(test_a_switch_without_serve_refuses_such_a_call),
        cmocka_unit_test(test_a_variable_says_what_the_dialplan_does_after_zmq),
        cmocka_unit_test(test_applications_run_to_their_end_and_an_answer_has_its_event),
        cmocka_unit_test(test_digits_are_collected_as_the_application_says),
        cmocka_unit_test(test_keys_that_are_pressed_by_command_are_collected),
        cmocka_unit_test(test_bridge_lasts_until_the_other_hangs_up),
        cmocka_unit_test(test_a_failed_bridge_hangs_up_unless_the_call_may_continue),
        cmocka_unit_test(test_a_controlled_call_runs_its_queue_and_is_then_given_back),
        cmocka_unit_test(test_queued_applications_wait_until_the_thread_controls_the_call),
        cmocka_unit_test(test_a_lost_call_ends_running_and_drops_waiting_applications),
        cmocka_unit_test(test_a_lost_call_that_is_bridged_stays_so),
        cmocka_unit_test(test_break_ends_the_running_application_and_the_next_begins),
        cmocka_unit_test(test_two_controlled_calls_are_bridged_and_hang_up_together),
        cmocka_unit_test(test_a_transferred_call_leaves_and_is_up_elsewhere),
        cmocka_unit_test(test_a_transfer_to_a_services_extension_offers_the_call_there),
        cmocka_unit_test(test_a_transfer_to_nowhere_has_no_route),
        cmocka_unit_test(test_a_caller_hangs_up_in_time_whatever_runs),
        cmocka_unit_test(test_the_end_of_a_call_comes_after_its_thread_has_returned),
        cmocka_unit_test(test_new_calls_go_to_the_service_in_that_share),
        cmocka_unit_test(test_a_switch_that_stops_gives_controlled_calls_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
