/* SPDX-License-Identifier: MPL-2.0 */
/* Reloads while events arrive faster than they can be sent, and while streams replace each other.
 */
#include "engine/engine_private.h"
#include "engine_rig.h"
#include "quiet_port.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum {
    OFFERERS = 2,
    STREAMS = 8, /* the stream thread sends each event so many times; the offering thread queues it
                    once */
    SWAPS = 10,
    RELOAD_MS = 60000,
};

/* ---- threads that offer events without a pause --------------------------------------------- */

struct offerers {
    struct rig *rig;
    const char *name, *other; /* in turn; other may be NULL */
    pthread_t   threads[OFFERERS];
    atomic_bool ending;
};

static void *offerers_main(void *argument)
{
    struct offerers        *o = argument;
    const struct fsz_header headers[] = {{.name = "N", .value = "1"}, {.name = NULL}};
    const struct fsz_event  events[] = {
         {.name = o->name, .headers = headers, .read = fsz_headers_of_array},
         {.name = o->other, .headers = headers, .read = fsz_headers_of_array}};
    for (unsigned i = 0; !o->ending; i++) {
        (void)!fsz_engine_offer(o->rig->engine, &events[o->other != NULL ? i % 2 : 0]);
    }
    return NULL;
}

static void offerers_start(struct offerers *o, struct rig *rig, const char *name, const char *other)
{
    *o = (struct offerers){.rig = rig, .name = name, .other = other};
    for (int i = 0; i < OFFERERS; i++) {
        assert_int_equal(pthread_create(&o->threads[i], NULL, offerers_main, o), 0);
    }
}

static void offerers_stop(struct offerers *o)
{
    o->ending = true;
    for (int i = 0; i < OFFERERS; i++) {
        pthread_join(o->threads[i], NULL);
    }
}

/* Until the queue is full. */
static void offerers_await_refusals(struct rig *rig)
{
    json_int_t refused = 0;
    for (int i = 0; i < DEADLINE_MS / 5 && refused == 0; i++) {
        zmq_poll(NULL, 0, 5);
        json_t       *status = rig_status(rig);
        const json_t *queue = json_object_get(status, "queue");
        refused = number(json_object_get(queue, "refused"), "normal");
        json_decref(status);
    }
    assert_true(refused > 0);
}

/* ---- a reload on its own thread ------------------------------------------------------------- */

struct reload {
    struct rig        *rig;
    struct fsz_config *config;
    pthread_t          thread;
    fsz_err            result;
    atomic_bool        done;
};

static void *reload_main(void *argument)
{
    struct reload      *reload = argument;
    struct fsz_problems problems;
    fsz_problems_init(&problems);
    reload->result = fsz_engine_reload(reload->rig->engine, &reload->config, &problems);
    reload->done = true;
    return NULL;
}

/* False: it did not return while events were offered. */
static bool reload_during(struct rig *rig, struct fsz_config *config, struct offerers *offerers)
{
    struct reload reload = {.rig = rig, .config = config};
    assert_int_equal(pthread_create(&reload.thread, NULL, reload_main, &reload), 0);
    for (int waited_ms = 0; !reload.done && waited_ms < RELOAD_MS; waited_ms += 5) {
        usleep(5000);
    }
    bool done = reload.done;
    offerers_stop(offerers);
    pthread_join(reload.thread, NULL);
    assert_int_equal(reload.result, FSZ_OK);
    return done;
}

/* ---- tests ------------------------------------------------------------------------------------
 */

static struct fsz_config *many_streams(void)
{
    static char text[STREAMS][2][64];
    /* Long enough that it is not sent while the offering threads have no processor. */
    const char *params[2 + 4 * STREAMS + 1] = {"queue-events=5000"};
    size_t      count = 1;
    for (int i = 0; i < STREAMS; i++) {
        snprintf(text[i][0], sizeof(text[i][0]), "stream s%d", i);
        snprintf(text[i][1], sizeof(text[i][1]), "bind=inproc://s%d", i);
        params[count++] = text[i][0];
        params[count++] = text[i][1];
        params[count++] = "framing=envelope";
        params[count++] = "send-hwm=10";
    }
    params[count] = NULL;
    return config_of(params);
}

static void test_engine_reloads_while_its_queue_is_full(void **state)
{
    struct rig     *rig = *state;
    struct offerers offerers;
    void           *subscribers[STREAMS];
    start(rig, many_streams());
    struct fsz_context *context = fsz_engine_take_context(rig->engine);
    for (int i = 0; i < STREAMS; i++) {
        char address[32], name[16];
        snprintf(name, sizeof(name), "s%d", i);
        snprintf(address, sizeof(address), "inproc://s%d", i);
        subscribers[i] = zmq_socket(fsz_context_zmq(context), ZMQ_SUB);
        zmq_setsockopt(subscribers[i], ZMQ_SUBSCRIBE, "", 0);
        assert_int_equal(zmq_connect(subscribers[i], address), 0);
        rig_await(rig, name, "subscriptions", 1);
    }
    offerers_start(&offerers, rig, "DTMF", NULL);
    offerers_await_refusals(rig);
    bool done = reload_during(rig, many_streams(), &offerers);
    for (int i = 0; i < STREAMS; i++) {
        close_socket(subscribers[i]);
    }
    fsz_context_give(context);
    assert_true(done);
}

/* Two streams use one endpoint in turn, both under load: each sends only what it selects. */
static struct fsz_config *by_turns(const char *bind, bool first)
{
    return first ? CONFIG("queue-events=200", "stream a", bind, "framing=envelope", "events=DTMF")
                 : CONFIG("queue-events=200", "stream b", bind, "framing=envelope",
                          "events=HEARTBEAT");
}

/* Reads until `count` events of a stream have come. */
static void expect_of(void *subscriber, const char *stream, int count)
{
    while (count > 0) {
        char        topic[256];
        json_t     *meta = receive_meta(subscriber, topic, sizeof(topic));
        const char *from = json_string_value(json_object_get(meta, "stream"));
        if (topic[0] != '.') {
            assert_string_equal(topic, strcmp(from, "a") == 0 ? "DTMF//" : "HEARTBEAT//");
            count -= strcmp(from, stream) == 0;
        }
        json_decref(meta);
    }
}

static void test_engine_sends_nothing_queued_for_one_stream_to_another(void **state)
{
    struct rig     *rig = *state;
    struct offerers offerers;
    char            bind[64];
    snprintf(bind, sizeof(bind), "bind=ipc:///tmp/fsz-test-%d", (int)getpid());
    start(rig, by_turns(bind, true));
    void *subscriber = rig_subscribe_to(rig, "a", "", 1);
    offerers_start(&offerers, rig, "DTMF", "HEARTBEAT");
    for (int i = 1; i <= SWAPS; i++) {
        struct fsz_config  *config = by_turns(bind, i % 2 == 0);
        struct fsz_problems problems;
        fsz_problems_init(&problems);
        assert_int_equal(fsz_engine_reload(rig->engine, &config, &problems), FSZ_OK);
        expect_of(subscriber, i % 2 == 0 ? "a" : "b", 100);
    }
    offerers_stop(&offerers);
    close_socket(subscriber);
    unlink(bind + strlen("bind=ipc://"));
}

static void receive_rest(void *subscriber)
{
    int    more = 0;
    size_t size = sizeof(more);
    while (zmq_getsockopt(subscriber, ZMQ_RCVMORE, &more, &size) == 0 && more) {
        receive(subscriber);
    }
}

/* An event is sent in the framing that its stream had when it was written. */
static void test_engine_sends_what_is_queued_in_the_framing_it_was_written_for(void **state)
{
    struct rig     *rig = *state;
    struct offerers offerers;
    start(rig, CONFIG("queue-events=200", "stream s", "bind=inproc://s"));
    struct fsz_context *context = fsz_engine_take_context(rig->engine);
    int                 deadline = DEADLINE_MS;
    void               *subscriber = zmq_socket(fsz_context_zmq(context), ZMQ_SUB);
    zmq_setsockopt(subscriber, ZMQ_RCVTIMEO, &deadline, sizeof(deadline));
    zmq_setsockopt(subscriber, ZMQ_SUBSCRIBE, "", 0);
    assert_int_equal(zmq_connect(subscriber, "inproc://s"), 0);
    rig_await(rig, "s", "subscriptions", 1);
    offerers_start(&offerers, rig, "DTMF", NULL);
    for (int i = 1; i <= SWAPS; i++) {
        struct fsz_config *config =
            i % 2 ? CONFIG("queue-events=200", "stream s", "bind=inproc://s", "framing=envelope")
                  : CONFIG("queue-events=200", "stream s", "bind=inproc://s");
        struct fsz_problems problems;
        fsz_problems_init(&problems);
        assert_int_equal(fsz_engine_reload(rig->engine, &config, &problems), FSZ_OK);
        for (int n = 0; n < 500; n++) {
            const char *first = receive(subscriber);
            assert_true(first[0] == '{' || first[0] == '.' || strcmp(first, "DTMF//") == 0);
            receive_rest(subscriber);
        }
    }
    offerers_stop(&offerers);
    close_socket(subscriber);
    fsz_context_give(context);
}

static json_int_t unwanted(struct rig *rig)
{
    json_t    *status = rig_status(rig);
    json_int_t count = number(json_object_get(status, "events"), "unwanted");
    json_decref(status);
    return count;
}

static void test_engine_counts_as_unwanted_what_only_a_removed_stream_wanted(void **state)
{
    struct rig         *rig = *state;
    struct fsz_problems problems;
    char                address[256], bind[300];
    start(rig, CONFIG("stream stays", "bind=tcp://127.0.0.1:*"));
    rig_bound(rig, "stays", address, sizeof(address));
    fsz_engine_stop(rig->engine);
    snprintf(bind, sizeof(bind), "bind=%s", address);
    start(rig, CONFIG("stream stays", bind, "stream goes", "bind=tcp://127.0.0.1:*"));
    void *creates = rig_subscribe_to(rig, "stays", "{\"Event-Name\":\"CHANNEL_CREATE\"", 1);
    void *all = rig_subscribe_to(rig, "goes", "", 1);
    offer(rig, "DTMF", NULL, "1");
    assert_receives(all, "{\"Event-Name\":\"DTMF\",\"N\":\"1\"}");
    offer(rig, "DTMF", NULL, "2"); /* by now the subscriptions for the type are known */
    assert_receives(all, "{\"Event-Name\":\"DTMF\",\"N\":\"2\"}");
    struct fsz_config *config = CONFIG("stream stays", bind);
    fsz_problems_init(&problems);
    assert_int_equal(fsz_engine_reload(rig->engine, &config, &problems), FSZ_OK);
    json_int_t before = unwanted(rig);
    for (int i = 0; i < 10; i++) {
        offer(rig, "DTMF", NULL, "3");
    }
    json_int_t after = unwanted(rig);
    close_socket(all);
    close_socket(creates);
    assert_int_equal(after, before + 10);
}

static int connect_to(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int                fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

/* Within that time, does the switch send its greeting? */
static bool is_greeted(int fd, int timeout_ms)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    return poll(&ready, 1, timeout_ms) == 1;
}

/* A new endpoint of a stream is open before the stream has its new configuration. */
static void test_engine_serves_no_connection_between_the_steps_of_a_reload(void **state)
{
    struct rig         *rig = *state;
    char                added[64];
    struct fsz_problems problems;
    struct fsz_change   change;
    unsigned            port = quiet_port();
    snprintf(added, sizeof(added), "bind=tcp://127.0.0.1:%u", port);
    start(rig, CONFIG("stream s", "bind=tcp://127.0.0.1:*"));
    const struct fsz_change_part part = fsz_publisher_part(rig->engine->publisher);
    struct fsz_config           *next = CONFIG("stream s", "bind=tcp://127.0.0.1:*", added);
    fsz_problems_init(&problems);
    fsz_change_init(&change, &host, next, NULL, &problems);
    assert_int_equal(part.release(part.self, &change), FSZ_OK);
    assert_int_equal(part.prepare(part.self, &change), FSZ_OK);
    int fd = connect_to(port);
    assert_false(is_greeted(fd, 200));
    part.commit(part.self, &change);
    assert_true(is_greeted(fd, DEADLINE_MS));
    close(fd);
    fsz_change_fini(&change);
    fsz_config_free(&next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_engine_serves_no_connection_between_the_steps_of_a_reload),
        TEST(test_engine_reloads_while_its_queue_is_full),
        TEST(test_engine_sends_nothing_queued_for_one_stream_to_another),
        TEST(test_engine_sends_what_is_queued_in_the_framing_it_was_written_for),
        TEST(test_engine_counts_as_unwanted_what_only_a_removed_stream_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
