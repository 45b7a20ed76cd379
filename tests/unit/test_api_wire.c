/* SPDX-License-Identifier: MPL-2.0 */
/* API sockets on the wire: envelopes of queues, replies that are not read, replies that workers
 * send, reloads under load. */
#include "service_rig.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <sys/socket.h>

#define NAP(id, timeout_ms)                                                                        \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"api\",\"params\":{\"command\":\"nap\","       \
    "\"timeout_ms\":" timeout_ms "}}"

static struct rig rig;

static void stop(void)
{
    rig_stop(&rig);
}

/* ---- envelopes of queues --------------------------------------------------------------------- */

static void way_send(void *socket, const char *const *frames, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        zmq_send(socket, frames[i], strlen(frames[i]), ZMQ_SNDMORE);
    }
    client_send(socket, text);
}

static void way_expect(void *socket, const char *const *frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char frame[64];
        int  size = zmq_recv(socket, frame, sizeof(frame), 0);
        assert_int_equal(size, strlen(frames[i]));
        assert_memory_equal(frame, frames[i], (size_t)size);
    }
}

static void test_api_frames_before_the_empty_one_come_back(void **state)
{
    static const char *const way[] = {"first", "second", "third", ""};
    (void)state;
    RIG_START(&rig, "-", RIG_BIND);
    void *dealer = client_open(&rig, ZMQ_DEALER, NULL);
    for (size_t from = 0; from < 4; from++) {
        way_send(dealer, way + from, 4 - from, CALL(1, "server.ping", "{}"));
        way_expect(dealer, way + from, 4 - from);
        json_decref(client_receive(dealer));
        way_send(dealer, way + from, 4 - from, "no JSON");
        way_expect(dealer, way + from, 4 - from);
        json_t *answer = client_receive(dealer);
        assert_int_equal(answer_code(answer), -32700);
        json_decref(answer);
    }
    stop();
}

static void test_api_end_of_a_job_has_the_envelope_of_its_request(void **state)
{
    static const char *const way[] = {"queue", ""};
    (void)state;
    RIG_START(&rig, "-", RIG_BIND);
    void *dealer = client_open(&rig, ZMQ_DEALER, NULL);
    way_send(dealer, way, 2, CALL(1, "bgapi", "[\"echo\",\"x\"]"));
    for (int i = 0; i < 2; i++) {
        way_expect(dealer, way, 2);
        json_decref(client_receive(dealer));
    }
    stop();
}

static void test_api_envelope_that_is_too_long_is_counted_and_dropped(void **state)
{
    enum { FRAMES = 17 };
    const char *way[FRAMES];
    (void)state;
    RIG_START(&rig, "-", RIG_BIND);
    void *dealer = client_open(&rig, ZMQ_DEALER, NULL);
    for (size_t i = 0; i < FRAMES; i++) {
        way[i] = i + 1 < FRAMES ? "queue" : "";
    }
    way_send(dealer, way, FRAMES, CALL(1, "server.ping", "{}"));
    rig_wait_number(&rig, "sockets.0.frames_bad", 1);
    way_send(dealer, way + 1, FRAMES - 1, CALL(2, "server.ping", "{}"));
    way_expect(dealer, way + 1, FRAMES - 1);
    json_decref(client_receive(dealer));
    assert_int_equal(rig_number(&rig, "sockets.0.disconnected"), 0);
    stop();
}

/* Receives one message with all its frames. */
static void queue_forward(void *from, void *to)
{
    bool more = true;
    while (more) {
        zmq_msg_t part;
        zmq_msg_init(&part);
        if (zmq_msg_recv(&part, from, 0) < 0) {
            fail_msg("nothing to forward: %s", zmq_strerror(zmq_errno()));
        }
        more = zmq_msg_more(&part) != 0;
        assert_true(zmq_msg_send(&part, to, more ? ZMQ_SNDMORE : 0) >= 0);
    }
}

static void *queue_bind(char ret_endpoint[256])
{
    size_t size = 256;
    void  *front = client_new(&rig, ZMQ_ROUTER, NULL);
    assert_int_equal(zmq_bind(front, "tcp://127.0.0.1:*"), 0);
    assert_int_equal(zmq_getsockopt(front, ZMQ_LAST_ENDPOINT, ret_endpoint, &size), 0);
    return front;
}

static void test_api_serves_correlated_req_sockets_behind_two_queues(void **state)
{
    char at[2][256];
    int  on = 1;
    (void)state;
    RIG_START(&rig, "-", RIG_BIND);
    void *near = queue_bind(at[0]), *near_back = client_new(&rig, ZMQ_DEALER, NULL);
    void *far = queue_bind(at[1]), *far_back = client_open(&rig, ZMQ_DEALER, NULL);
    void *req = client_new(&rig, ZMQ_REQ, NULL), *direct = client_new(&rig, ZMQ_REQ, NULL);
    zmq_setsockopt(req, ZMQ_REQ_CORRELATE, &on, sizeof(on));
    zmq_setsockopt(direct, ZMQ_REQ_CORRELATE, &on, sizeof(on));
    assert_int_equal(zmq_connect(near_back, at[1]), 0);
    assert_int_equal(zmq_connect(req, at[0]), 0);
    assert_int_equal(zmq_connect(direct, rig.endpoint), 0);
    for (int i = 0; i < 3; i++) {
        client_send(req, CALL(1, "api", "[\"echo\",\"x\"]"));
        queue_forward(near, near_back);
        queue_forward(far, far_back);
        queue_forward(far_back, far);
        queue_forward(near_back, near);
        json_decref(client_receive(req));
        client_expect(direct, CALL(2, "server.ping", "{}"), RESULT(2, "{}"));
    }
    stop();
}

/* ---- replies that are not read --------------------------------------------------------------- */

static void *hog_open(void)
{
    int   hwm = 1, small = 4096;
    void *hog = client_new(&rig, ZMQ_DEALER, NULL);
    zmq_setsockopt(hog, ZMQ_RCVHWM, &hwm, sizeof(hwm));
    zmq_setsockopt(hog, ZMQ_RCVBUF, &small, sizeof(small));
    assert_int_equal(zmq_connect(hog, rig.endpoint), 0);
    return hog;
}

static void
test_api_serves_the_good_client_while_others_control_all_that_a_api_socket_may(void **state)
{
    enum {
        HOGS = 5,
        ROUNDS = 60,
        API_SOCKET = 1 << 20,
        ANSWER = 40000,
        SHARE = API_SOCKET / (HOGS + 1)
    };
    void *hogs[HOGS];
    (void)state;
    RIG_START(&rig, "-", RIG_BIND, "client-total-bytes=1m", "client-bytes=1m",
              "send-buffer-bytes=4096");
    for (int i = 0; i < HOGS; i++) {
        hogs[i] = hog_open();
    }
    void *good = client_open(&rig, ZMQ_REQ, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        for (int hog = 0; hog < HOGS; hog++) {
            client_send(hogs[hog], CALL(1, "api", "[\"lines\",\"1000\"]"));
        }
        json_t *answer = client_ask(good, CALL(2, "api", "[\"lines\",\"1000\"]"));
        assert_non_null(json_object_get(answer, "result"));
        json_decref(answer);
    }
    rig_wait_number(&rig, "requests.in_flight", 0);
    assert_in_range(rig_number(&rig, "sockets.0.bytes_held"), API_SOCKET / 2,
                    API_SOCKET + HOGS * (SHARE + ANSWER) + HOGS * ROUNDS * 300);
    assert_true(rig_number(&rig, "requests.overloaded") > 0);
    for (int i = 0; i < HOGS; i++) {
        client_close(&rig, hogs[i]);
    }
    rig_wait_number(&rig, "sockets.0.bytes_held", 0);
    stop();
}

static void test_api_clients_that_have_left_count_for_the_share_of_others(void **state)
{
    (void)state;
    RIG_START(&rig, "workers=8", "-", RIG_BIND, "client-total-bytes=1m", "client-bytes=2m");
    char *text = malloc(400000);
    int   size = snprintf(text, 400000, CALL(1, "api", "[\"block\",\"%0*d\"]"), 300000, 0);
    assert_in_range(size, 300000, 399999);
    for (unsigned i = 1; i <= 3; i++) { /* 0.9 MB for clients that have left */
        void *dealer = client_open(&rig, ZMQ_DEALER, NULL);
        client_send(dealer, text);
        rig_wait_blocked(i);
        client_close(&rig, dealer);
        rig_wait_number(&rig, "sockets.0.disconnected", i);
    }
    void *last = client_open(&rig, ZMQ_DEALER, NULL);
    client_refused(last, text, -32002, "client-bytes");
    client_expect(last, CALL(2, "server.ping", "{}"), RESULT(2, "{}"));
    rig_release();
    rig_wait_number(&rig, "sockets.0.bytes_held", 0);
    free(text);
    stop();
}

/* ---- replies that workers send --------------------------------------------------------------- */

/* Each request gets exactly one reply, from the worker or at the deadline. */
static void test_api_answers_once_whatever_comes_first_worker_or_deadline(void **state)
{
    enum { REQUESTS = 1000, WINDOW = 20 };
    static bool seen[REQUESTS];
    int         sent = 0, in_time = 0;
    (void)state;
    memset(seen, 0, sizeof(seen));
    RIG_START(&rig, "workers=4", "-", RIG_BIND);
    void *dealer = client_open(&rig, ZMQ_DEALER, NULL);
    for (int i = 0; i < REQUESTS; i++) {
        while (sent < REQUESTS && sent < i + WINDOW) {
            char text[160];
            snprintf(text, sizeof(text), NAP("%d", "%d"), sent, 1 + sent % 8);
            client_send(dealer, text);
            sent++;
        }
        json_t    *answer = client_receive(dealer);
        json_int_t id = json_integer_value(json_object_get(answer, "id"));
        assert_in_range(id, 0, REQUESTS - 1);
        assert_false(seen[id]);
        seen[id] = true;
        in_time += json_object_get(answer, "result") != NULL;
        json_decref(answer);
    }
    rig_wait_number(&rig, "requests.in_flight", 0);
    assert_int_equal(rig_number(&rig, "requests.ok"), in_time);
    assert_int_equal(rig_number(&rig, "requests.deadline"), REQUESTS - in_time);
    assert_int_equal(rig_number(&rig, "sockets.0.answers"), REQUESTS);
    assert_int_equal(rig_number(&rig, "sockets.0.bytes_held"), 0);
    stop();
}

static void test_api_large_requests_one_after_the_other_never_add_up(void **state)
{
    enum { ROUNDS = 50 };
    (void)state;
    RIG_START(&rig, "-", RIG_BIND, "client-bytes=65536", "request-bytes=65536");
    void *dealer = client_open(&rig, ZMQ_DEALER, NULL);
    char *text = malloc(65536);
    snprintf(text, 65536, CALL(1, "api", "[\"nap\",\"%0*d\"]"), 60000, 0);
    for (int i = 0; i < ROUNDS; i++) {
        client_expect(dealer, text, RESULT(1, "{\"output\":\"rested\",\"status\":\"raw\"}"));
    }
    free(text);
    stop();
}

static void test_service_answer_counts_though_its_provider_closes_behind_it(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        void        *context = zmq_ctx_new();
        struct asker asker;
        char         connect[256];
        int          linger = RIG_PATIENCE_MS;
        void        *provider = provider_open(context, connect);
        RIG_START(&rig, "-", RIG_BIND, "service s", connect);
        zmq_setsockopt(provider, ZMQ_LINGER, &linger, sizeof(linger));
        asker_start(&rig, &asker, "last", 10000);
        struct provided request = provider_take(provider);
        provider_reply(provider, &request, "words");
        zmq_close(provider);
        zmq_ctx_term(context);
        asker_expect(&asker, "words");
        stop();
    }
}

/* ---- reloads --------------------------------------------------------------------------------- */

struct load {
    void        *dealer;
    pthread_t    thread;
    _Atomic bool ends;
    int          asked, answered; /* the thread's until it is joined */
};

static void *load_main(void *argument)
{
    struct load *load = argument;
    do { /* at least once: all reloads may be over before this thread begins */
        for (int i = 0; i < 8; i++, load->asked++) {
            client_send(load->dealer, CALL(1, "api", "[\"nap\"]"));
        }
        for (int i = 0; i < 8; i++) {
            json_t *answer = client_receive(load->dealer);
            load->answered += json_object_get(answer, "result") != NULL;
            json_decref(answer);
        }
    } while (!atomic_load(&load->ends));
    return NULL;
}

static void test_api_reloads_under_load_lose_nothing(void **state)
{
    struct load load = {0};
    (void)state;
    RIG_START(&rig, "-", RIG_BIND);
    load.dealer = client_open(&rig, ZMQ_DEALER, NULL);
    client_expect(load.dealer, CALL(1, "server.ping", "{}"), RESULT(1, "{}"));
    assert_int_equal(pthread_create(&load.thread, NULL, load_main, &load), 0);
    for (int i = 0; i < 20; i++) {
        RIG_RELOAD(&rig, "-", RIG_BIND, "heartbeat-ms=10", "send-hwm=100", "client-bytes=1m",
                   "request-bytes=4096", "backlog=5");
        RIG_RELOAD(&rig, "workers=3", "-", RIG_BIND, "heartbeat-ms=5000", "send-bytes=1m",
                   "bind=tcp://127.0.0.1:*");
    }
    atomic_store(&load.ends, true);
    pthread_join(load.thread, NULL);
    assert_true(load.asked > 0);
    assert_int_equal(load.answered, load.asked);
    assert_int_equal(rig_number(&rig, "sockets.0.accepted"), 1);
    assert_int_equal(rig_number(&rig, "sockets.0.disconnected"), 0);
    stop();
}

/* A connection whose handshake is not finished: it has sent the greeting of NULL. */
static int half_open(const char *endpoint)
{
    static const char  greeting[64] = "\xff\0\0\0\0\0\0\0\1\x7f\3\0NULL";
    const char        *port = strrchr(endpoint, ':');
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)strtoul(port + 1, NULL, 10)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int                fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(send(fd, greeting, sizeof(greeting), MSG_NOSIGNAL), sizeof(greeting));
    return fd;
}

static void users_write(char ret_path[64])
{
    static const char none[] = "{\"users\": {}}";
    snprintf(ret_path, 64, "/tmp/fsz-test-users-XXXXXX");
    int fd = mkstemp(ret_path);
    assert_int_equal(write(fd, none, strlen(none)), strlen(none));
    close(fd);
}

static void test_api_change_of_security_ends_connections_under_the_old_one(void **state)
{
    char bytes[256], path[64], users[96];
    (void)state;
    users_write(path);
    snprintf(users, sizeof(users), "users-file=%s", path);
    RIG_START(&rig, "-", RIG_BIND);
    void *dealer = client_open(&rig, ZMQ_DEALER, NULL);
    client_expect(dealer, CALL(1, "server.ping", "{}"), RESULT(1, "{}"));
    int fd = half_open(rig.endpoint);
    rig_wait_number(&rig, "sockets.0.connections", 2);
    RIG_RELOAD(&rig, users, "-", RIG_BIND, "security=plain");
    assert_int_equal(rig_number(&rig, "sockets.0.clients"), 0);
    while (recv(fd, bytes, sizeof(bytes), 0) > 0) {
        continue; /* our greeting; then the end of the connection, or this waits for ever */
    }
    close(fd);
    RIG_RELOAD(&rig, "-", RIG_BIND);
    client_expect(dealer, CALL(2, "server.ping", "{}"), RESULT(2, "{}"));
    unlink(path);
    stop();
}

static void test_api_reload_without_an_api_socket_ends_its_connections(void **state)
{
    char second[256];
    (void)state;
    RIG_START(&rig, "linger-ms=200", "-", RIG_BIND, "api-socket other", RIG_BIND, "client-bytes=1m",
              "client-total-bytes=1m", "send-buffer-bytes=4096");
    json_t     *status = rig_status(&rig);
    const char *bound = json_string_value(json_object_get(
        json_array_get(
            json_object_get(json_array_get(json_object_get(status, "sockets"), 1), "endpoints"), 0),
        "bound"));
    snprintf(second, sizeof(second), "%s", bound);
    json_decref(status);
    void *first = client_open(&rig, ZMQ_DEALER, NULL);
    memcpy(rig.endpoint, second, sizeof(second));
    void *hog = hog_open(), *waits = client_open(&rig, ZMQ_DEALER, NULL);
    for (int i = 0; i < 30; i++) {
        client_send(hog, CALL(1, "api", "[\"lines\",\"1000\"]"));
    }
    client_send(waits, CALL(2, "api", "[\"block\"]"));
    client_send(waits, CALL(3, "bgapi", "[\"block\"]"));
    rig_wait_blocked(2);
    RIG_RELOAD(&rig, "linger-ms=200", "-", RIG_BIND);
    client_expect(first, CALL(4, "server.ping", "{}"), RESULT(4, "{}"));
    rig_release();
    rig_wait_number(&rig, "requests.in_flight", 0);
    rig_wait_number(&rig, "requests.held_bytes", 0);
    client_expect(first, CALL(5, "server.ping", "{}"), RESULT(5, "{}"));
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_frames_before_the_empty_one_come_back),
        cmocka_unit_test(test_api_end_of_a_job_has_the_envelope_of_its_request),
        cmocka_unit_test(test_api_envelope_that_is_too_long_is_counted_and_dropped),
        cmocka_unit_test(test_api_serves_correlated_req_sockets_behind_two_queues),
        cmocka_unit_test(
            test_api_serves_the_good_client_while_others_control_all_that_a_api_socket_may),
        cmocka_unit_test(test_api_clients_that_have_left_count_for_the_share_of_others),
        cmocka_unit_test(test_api_answers_once_whatever_comes_first_worker_or_deadline),
        cmocka_unit_test(test_api_large_requests_one_after_the_other_never_add_up),
        cmocka_unit_test(test_service_answer_counts_though_its_provider_closes_behind_it),
        cmocka_unit_test(test_api_reloads_under_load_lose_nothing),
        cmocka_unit_test(test_api_change_of_security_ends_connections_under_the_old_one),
        cmocka_unit_test(test_api_reload_without_an_api_socket_ends_its_connections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
