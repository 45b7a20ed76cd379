/* SPDX-License-Identifier: MPL-2.0 */
/* A gate on a real socket: how libzmq's clients react to its answers. */
#include "access_rig.h"

#include "auth/access_gate.h"
#include "base/clock.h"
#include "zmtp/zmtp_socket.h"

#include <unistd.h>
#include <zmq.h>

enum { PATIENCE_MS = 20000, FAILED = ZMQ_EVENT_HANDSHAKE_FAILED_AUTH };

struct line {
    struct rig             *rig;
    void                   *context; /* of libzmq's clients */
    unsigned                clients; /* that are open */
    struct fsz_access_gate *gate;
    char                    endpoint[FSZ_ADDRESS_TEXT_BYTES];
    pthread_t               thread;
    struct fsz_loop_task    stop;

    /* The loop's thread, while that runs. */
    struct fsz_loop        *loop;
    struct fsz_zmtp_socket *socket;
    bool                    end, closed;

    pthread_mutex_t lock; /* of the one below */
    struct fsz_peer peer; /* that was ready last */
};

static void line_is_ready(void *self, struct fsz_conn *conn)
{
    struct line    *line = self;
    struct fsz_peer peer;
    fsz_peer_of_conn(conn, &peer);
    pthread_mutex_lock(&line->lock);
    line->peer = peer;
    pthread_mutex_unlock(&line->lock);
}

static void line_is_closed(void *argument)
{
    ((struct line *)argument)->closed = true;
}

static void line_stop(struct fsz_loop_task *task)
{
    struct line *line = (struct line *)((char *)task - offsetof(struct line, stop));
    line->end = true;
}

static void *line_main(void *argument)
{
    struct line *line = argument;
    while (!line->end) {
        fsz_loop_turn(line->loop, INT64_MAX);
    }
    fsz_zmtp_socket_close(&line->socket, 0, line_is_closed, line);
    while (!line->closed) {
        fsz_loop_turn(line->loop, INT64_MAX);
    }
    return NULL;
}

static void line_open(struct line *line, enum fsz_zmtp_mechanism_name mechanism, const char *at)
{
    static const struct fsz_zmtp_handler handler = {.ready = line_is_ready};
    const char                          *bound = NULL;
    char                                 why[FSZ_ADDRESS_WHY_BYTES];
    int                                  error = 0;
    struct fsz_zmtp_options              options = {
                     .mechanism = {.name = mechanism, .as_server = true, .type = FSZ_ZMTP_ROUTER},
                     .times = {.handshake_ms = PATIENCE_MS},
                     .backlog = 100};
    const struct fsz_zmtp_limits limits = {
        .conn = {.message_bytes = 1 << 20, .message_frames = 100},
        .connections = 100,
        .address_connections = 100};
    if (mechanism == FSZ_ZMTP_CURVE) {
        struct fsz_mechanism_config *own = &options.mechanism;
        assert_non_null(zmq_z85_decode(own->secret_key, line->rig->server.secret_key));
        assert_non_null(zmq_z85_decode(own->public_key, line->rig->server.public_key));
    }
    assert_int_equal(fsz_loop_new(&line->loop), FSZ_OK);
    assert_int_equal(fsz_zmtp_socket_new(line->loop, &options, &limits, &handler, line,
                                         fsz_access_gate_of_socket(line->gate), &line->socket),
                     FSZ_OK);
    assert_int_equal(fsz_zmtp_socket_bind(line->socket, at, &bound, &error, why), FSZ_OK);
    snprintf(line->endpoint, sizeof(line->endpoint), "%s", bound);
    assert_int_equal(pthread_create(&line->thread, NULL, line_main, line), 0);
}

static int line_setup(void **state)
{
    struct line *line = calloc(1, sizeof(*line));
    assert_non_null(line);
    line->rig = rig_new();
    line->context = zmq_ctx_new();
    line->stop.run = line_stop;
    pthread_mutex_init(&line->lock, NULL);
    assert_int_equal(fsz_access_gate_new(line->rig->access, DOMAIN, &line->gate), FSZ_OK);
    *state = line;
    return 0;
}

static int line_teardown(void **state)
{
    struct line *line = *state;
    fsz_loop_post(line->loop, &line->stop);
    pthread_join(line->thread, NULL);
    fsz_access_gate_free(&line->gate);
    fsz_loop_free(&line->loop);
    pthread_mutex_destroy(&line->lock);
    if (line->clients == 0) { /* none was left open by an assertion that failed */
        zmq_ctx_term(line->context);
    }
    rig_free(line->rig);
    free(line);
    return 0;
}

/* ---- a client -------------------------------------------------------------------------------- */

struct client {
    struct line *line;
    void        *socket, *monitor;
};

static void client_connect(struct client *client, struct line *line)
{
    static unsigned number;
    client->line = line;
    line->clients++;
    int  linger_ms = 0, patience_ms = PATIENCE_MS, retry_ms = 20;
    char monitor[32];
    snprintf(monitor, sizeof(monitor), "inproc://monitor-%u", ++number);
    zmq_setsockopt(client->socket, ZMQ_LINGER, &linger_ms, sizeof(linger_ms));
    zmq_setsockopt(client->socket, ZMQ_RECONNECT_IVL, &retry_ms, sizeof(retry_ms));
    assert_int_equal(zmq_socket_monitor(client->socket, monitor, ZMQ_EVENT_ALL), 0);
    client->monitor = zmq_socket(line->context, ZMQ_PAIR);
    zmq_setsockopt(client->monitor, ZMQ_RCVTIMEO, &patience_ms, sizeof(patience_ms));
    assert_int_equal(zmq_connect(client->monitor, monitor), 0);
    assert_int_equal(zmq_connect(client->socket, line->endpoint), 0);
}

static struct client client_new(struct line *line, const char *user, const char *password)
{
    struct client client = {.socket = zmq_socket(line->context, ZMQ_DEALER)};
    if (user != NULL) {
        zmq_setsockopt(client.socket, ZMQ_PLAIN_USERNAME, user, strlen(user));
        zmq_setsockopt(client.socket, ZMQ_PLAIN_PASSWORD, password, strlen(password));
    }
    client_connect(&client, line);
    return client;
}

static struct client client_new_keyed(struct line *line, const struct fsz_cert *cert)
{
    struct client client = {.socket = zmq_socket(line->context, ZMQ_DEALER)};
    zmq_setsockopt(client.socket, ZMQ_CURVE_SERVERKEY, line->rig->server.public_key, 40);
    zmq_setsockopt(client.socket, ZMQ_CURVE_PUBLICKEY, cert->public_key, 40);
    zmq_setsockopt(client.socket, ZMQ_CURVE_SECRETKEY, cert->secret_key, 40);
    client_connect(&client, line);
    return client;
}

static void client_free(struct client *client)
{
    client->line->clients--;
    zmq_socket_monitor(client->socket, NULL, 0);
    zmq_close(client->socket);
    zmq_close(client->monitor);
}

/* Waits for that event and returns its value. */
static unsigned client_wait(struct client *client, uint16_t wanted)
{
    unsigned char event[6];
    char          address[256];
    uint16_t      number = 0;
    uint32_t      value = 0;
    while (number != wanted) {
        assert_int_equal(zmq_recv(client->monitor, event, sizeof(event), 0), sizeof(event));
        assert_true(zmq_recv(client->monitor, address, sizeof(address), 0) >= 0);
        memcpy(&number, event, sizeof(number));
        memcpy(&value, event + sizeof(number), sizeof(value));
    }
    return value;
}

static struct fsz_peer line_peer(struct line *line)
{
    pthread_mutex_lock(&line->lock);
    struct fsz_peer peer = line->peer;
    pthread_mutex_unlock(&line->lock);
    return peer;
}

static void wait_for_peer(struct line *line)
{
    int64_t until_ms = fsz_clock_monotonic_ms() + PATIENCE_MS;
    while (line_peer(line).serial == 0 && fsz_clock_monotonic_ms() < until_ms) {
        usleep(1000);
    }
    assert_true(line_peer(line).serial != 0);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_wire_knows_the_user_of_a_password(void **state)
{
    struct line *line = *state;
    rig_configure(line->rig, ANY, FSZ_SECURITY_PLAIN, 10);
    line_open(line, FSZ_ZMTP_PLAIN, "tcp://127.0.0.1:*");
    struct client client = client_new(line, "bob", "secret");
    client_wait(&client, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    wait_for_peer(line);
    struct fsz_peer peer = line_peer(line);
    assert_string_equal(peer.user, "bob");
    assert_string_equal(peer.address, "127.0.0.1");
    assert_int_equal(peer.proof, fsz_peer_proof(line->rig->bobs_hash));
    client_free(&client);
    assert_int_equal(fsz_access_counters(line->rig->access).admitted, 1);
}

static void test_wire_refuses_a_wrong_password_for_good(void **state)
{
    struct line *line = *state;
    rig_configure(line->rig, ANY, FSZ_SECURITY_PLAIN, 10);
    line_open(line, FSZ_ZMTP_PLAIN, "tcp://127.0.0.1:*");
    struct client client = client_new(line, "bob", "wrong");
    assert_int_equal(client_wait(&client, FAILED), 400);
    client_free(&client);
    assert_int_equal(fsz_access_counters(line->rig->access).refused, 1);
}

static void test_wire_knows_the_user_of_a_key(void **state)
{
    struct line *line = *state;
    rig_configure(line->rig, ANY, FSZ_SECURITY_CURVE, 10);
    line_open(line, FSZ_ZMTP_CURVE, "tcp://127.0.0.1:*");
    struct client stranger = client_new_keyed(line, &line->rig->stranger);
    assert_int_equal(client_wait(&stranger, FAILED), 400);
    struct client alice = client_new_keyed(line, &line->rig->alice);
    client_wait(&alice, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    wait_for_peer(line);
    struct fsz_peer peer = line_peer(line);
    assert_string_equal(peer.user, "alice");
    assert_int_equal(peer.proof, fsz_peer_proof(line->rig->alice.public_key));
    client_free(&stranger);
    client_free(&alice);
    assert_int_equal(fsz_access_counters(line->rig->access).admitted, 1);
    assert_int_equal(fsz_access_counters(line->rig->access).refused, 1);
}

/* A client with the right password is told to try again later, does so by itself, and is admitted
 * once the limit is over. */
static void test_wire_right_password_after_too_many_wrong_ones_comes_again(void **state)
{
    struct line *line = *state;
    rig_configure(line->rig, ANY, FSZ_SECURITY_PLAIN, 3);
    line_open(line, FSZ_ZMTP_PLAIN, "tcp://127.0.0.1:*");
    for (int i = 0; i < 3; i++) {
        struct client guesser = client_new(line, "bob", "guess");
        assert_int_equal(client_wait(&guesser, FAILED), 400);
        client_free(&guesser);
    }
    struct client bob = client_new(line, "bob", "secret");
    client_wait(&bob, ZMQ_EVENT_DISCONNECTED);
    client_wait(&bob, ZMQ_EVENT_DISCONNECTED);
    assert_int_equal(line_peer(line).serial, 0);
    assert_true(fsz_access_counters(line->rig->access).limited >= 2);
    assert_int_equal(fsz_access_counters(line->rig->access).passwords_checked, 3);
    rig_configure(line->rig, ANY, FSZ_SECURITY_PLAIN, 1000);
    client_wait(&bob, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    wait_for_peer(line);
    assert_string_equal(line_peer(line).user, "bob");
    client_free(&bob);
}

static void *configure_often(void *argument)
{
    struct line *line = argument;
    for (int i = 0; i < 200; i++) {
        rig_configure(line->rig, ANY, FSZ_SECURITY_CURVE, 1000);
    }
    return NULL;
}

static void test_wire_goes_on_while_access_is_configured(void **state)
{
    struct line *line = *state;
    pthread_t    thread;
    rig_configure(line->rig, ANY, FSZ_SECURITY_CURVE, 1000);
    line_open(line, FSZ_ZMTP_CURVE, "tcp://127.0.0.1:*");
    assert_int_equal(pthread_create(&thread, NULL, configure_often, line), 0);
    for (int i = 0; i < 30; i++) {
        struct client alice = client_new_keyed(line, &line->rig->alice);
        client_wait(&alice, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        client_free(&alice);
    }
    pthread_join(thread, NULL);
    assert_int_equal(fsz_access_counters(line->rig->access).admitted, 30);
}

static void test_wire_refuses_an_address_without_a_handshake(void **state)
{
    struct line *line = *state;
    rig_configure(line->rig, LAN, FSZ_SECURITY_PLAIN, 10);
    line_open(line, FSZ_ZMTP_PLAIN, "tcp://127.0.0.1:*");
    struct client client = client_new(line, "bob", "secret");
    assert_int_equal(client_wait(&client, FAILED), 400);
    client_free(&client);
    assert_int_equal(fsz_access_counters(line->rig->access).refused, 1);
    assert_int_equal(fsz_access_counters(line->rig->access).passwords_checked, 0);
}

static void test_wire_peer_that_is_to_come_again_comes_again(void **state)
{
    struct line *line = *state;
    line_open(line, FSZ_ZMTP_NULL, "tcp://127.0.0.1:*");
    struct client client = client_new(line, NULL, NULL);
    client_wait(&client, ZMQ_EVENT_DISCONNECTED);
    client_wait(&client, ZMQ_EVENT_CONNECT_RETRIED);
    assert_int_equal(line_peer(line).serial, 0);
    rig_configure(line->rig, ANY, FSZ_SECURITY_NONE, 10);
    client_wait(&client, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    wait_for_peer(line);
    assert_string_equal(line_peer(line).user, "");
    assert_int_equal(line_peer(line).proof, 0);
    client_free(&client);
    assert_true(fsz_access_counters(line->rig->access).deferred >= 1);
}

static void test_wire_needs_no_list_through_ipc(void **state)
{
    struct line *line = *state;
    char         at[64];
    snprintf(at, sizeof(at), "ipc://@fszmq-test-%d", (int)getpid());
    rig_configure(line->rig, LAN, FSZ_SECURITY_NONE, 10);
    line_open(line, FSZ_ZMTP_NULL, at);
    struct client client = client_new(line, NULL, NULL);
    client_wait(&client, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    wait_for_peer(line);
    assert_string_equal(line_peer(line).address, "");
    client_free(&client);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, line_setup, line_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_wire_knows_the_user_of_a_password),
        TEST(test_wire_refuses_a_wrong_password_for_good),
        TEST(test_wire_knows_the_user_of_a_key),
        TEST(test_wire_right_password_after_too_many_wrong_ones_comes_again),
        TEST(test_wire_goes_on_while_access_is_configured),
        TEST(test_wire_refuses_an_address_without_a_handshake),
        TEST(test_wire_peer_that_is_to_come_again_comes_again),
        TEST(test_wire_needs_no_list_through_ipc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
