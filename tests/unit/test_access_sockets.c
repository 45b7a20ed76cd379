/* The access handler behind real sockets: libzmq asks it, and its clients feel the answer. */
#include "access_rig.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000, HANDSHAKE_MS = 300 };

struct line {
    struct rig *rig;
    void       *server;
    char        endpoint[64];
    bool        plain;
};

static void *socket_new(struct rig *rig, int type)
{
    int   linger_ms = 0, patience_ms = PATIENCE_MS;
    void *socket = zmq_socket(rig->context, type);
    assert_non_null(socket);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger_ms, sizeof(linger_ms));
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &patience_ms, sizeof(patience_ms));
    return socket;
}

static int line_setup(void **state, enum fsz_security security, int64_t failures_per_minute)
{
    struct line *line = calloc(1, sizeof(*line));
    int          yes = 1, handshake_ms = HANDSHAKE_MS;
    size_t       size = sizeof(line->endpoint);
    line->rig = rig_new();
    rig_configure(line->rig, ANY, security, failures_per_minute);
    line->server = socket_new(line->rig, ZMQ_ROUTER);
    line->plain = security == FSZ_SECURITY_PLAIN;
    zmq_setsockopt(line->server, ZMQ_ZAP_DOMAIN, DOMAIN, strlen(DOMAIN));
    zmq_setsockopt(line->server, ZMQ_HANDSHAKE_IVL, &handshake_ms, sizeof(handshake_ms));
    if (line->plain) {
        zmq_setsockopt(line->server, ZMQ_PLAIN_SERVER, &yes, sizeof(yes));
    } else {
        zmq_setsockopt(line->server, ZMQ_CURVE_SERVER, &yes, sizeof(yes));
        zmq_setsockopt(line->server, ZMQ_CURVE_SECRETKEY, line->rig->server.secret_key, 40);
    }
    assert_int_equal(zmq_bind(line->server, "tcp://127.0.0.1:*"), 0);
    zmq_getsockopt(line->server, ZMQ_LAST_ENDPOINT, line->endpoint, &size);
    *state = line;
    return 0;
}

static int plain_setup(void **state)
{
    return line_setup(state, FSZ_SECURITY_PLAIN, 3);
}

static int curve_setup(void **state)
{
    return line_setup(state, FSZ_SECURITY_CURVE, 3);
}

static int line_teardown(void **state)
{
    struct line *line = *state;
    zmq_close(line->server);
    rig_free(line->rig);
    free(line);
    return 0;
}

static void *client_new(struct line *line, const char *name, const char *password,
                        const struct fsz_cert *cert)
{
    void *client = socket_new(line->rig, ZMQ_DEALER);
    if (line->plain && name != NULL && password != NULL) {
        zmq_setsockopt(client, ZMQ_PLAIN_USERNAME, name, strlen(name));
        zmq_setsockopt(client, ZMQ_PLAIN_PASSWORD, password, strlen(password));
    } else {
        zmq_setsockopt(client, ZMQ_CURVE_SERVERKEY, line->rig->server.public_key, 40);
        zmq_setsockopt(client, ZMQ_CURVE_PUBLICKEY, cert->public_key, 40);
        zmq_setsockopt(client, ZMQ_CURVE_SECRETKEY, cert->secret_key, 40);
    }
    assert_int_equal(zmq_connect(client, line->endpoint), 0);
    return client;
}

/* Who the server takes the sender of the next message for. */
static struct fsz_peer receive(struct line *line)
{
    struct fsz_peer peer = {.fd = -1};
    zmq_msg_t       message;
    int             more = 1;
    zmq_msg_init(&message);
    while (more) {
        assert_true(zmq_msg_recv(&message, line->server, 0) >= 0);
        fsz_peer_of_message(&message, &peer);
        more = zmq_msg_more(&message);
    }
    zmq_msg_close(&message);
    return peer;
}

/* Waits until the handler has refused that many. */
static void wait_refused(struct line *line, uint64_t count)
{
    for (int waited_ms = 0; waited_ms < PATIENCE_MS; waited_ms += 5) {
        if (fsz_access_counters(line->rig->access).refused >= count) {
            return;
        }
        zmq_poll(NULL, 0, 5);
    }
    fail_msg("%llu refusals never came", (unsigned long long)count);
}

static void test_access_by_password_names_the_sender(void **state)
{
    struct line *line = *state;
    void        *bob = client_new(line, "bob", "secret", NULL);
    void        *again = client_new(line, "bob", "secret", NULL);
    zmq_send(bob, "hello", 5, 0);
    struct fsz_peer first = receive(line);
    zmq_send(again, "hello", 5, 0);
    struct fsz_peer second = receive(line);
    assert_string_equal(first.user, "bob");
    assert_string_equal(first.address, "127.0.0.1");
    assert_true(first.fd >= 0);
    assert_string_equal(second.user, "bob");
    assert_true(first.serial > 0 && second.serial > 0 && first.serial != second.serial);
    zmq_close(bob);
    zmq_close(again);
}

static void test_access_by_key_names_the_sender(void **state)
{
    struct line *line = *state;
    void        *alice = client_new(line, NULL, NULL, &line->rig->alice);
    zmq_send(alice, "hello", 5, 0);
    assert_string_equal(receive(line).user, "alice");
    zmq_close(alice);
}

static void test_access_by_ipc_is_of_no_address(void **state)
{
    struct line *line = *state;
    char         path[] = "/tmp/fsz-access-XXXXXX";
    assert_non_null(mkdtemp(path));
    snprintf(line->endpoint, sizeof(line->endpoint), "ipc://%s/s", path);
    assert_int_equal(zmq_bind(line->server, line->endpoint), 0);
    rig_configure(line->rig, LAN, FSZ_SECURITY_CURVE, 3); /* this host is not in the list */
    void *alice = client_new(line, NULL, NULL, &line->rig->alice);
    zmq_send(alice, "hello", 5, 0);
    struct fsz_peer peer = receive(line);
    assert_string_equal(peer.user, "alice");
    assert_string_equal(peer.address, "");
    assert_true(peer.fd >= 0);
    zmq_close(alice);
    unlink(line->endpoint + 6);
    rmdir(path);
}

static void test_access_keeps_strangers_out_and_users_in(void **state)
{
    struct line *line = *state;
    void        *stranger = client_new(line, NULL, NULL, &line->rig->stranger);
    void        *alice = client_new(line, NULL, NULL, &line->rig->alice);
    zmq_send(stranger, "let me in", 9, 0);
    wait_refused(line, 1);
    zmq_send(alice, "hello", 5, 0);
    assert_string_equal(receive(line).user, "alice");
    zmq_msg_t message;
    zmq_msg_init(&message);
    assert_int_equal(zmq_msg_recv(&message, line->server, ZMQ_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
    zmq_msg_close(&message);
    zmq_close(stranger);
    zmq_close(alice);
}

/* A client with the right password is asked to come again, comes again by itself, and is let in
 * once the limit is gone. */
static void test_access_lets_a_limited_address_in_again(void **state)
{
    struct line *line = *state;
    void        *guessers[3];
    for (int i = 0; i < 3; i++) {
        guessers[i] = client_new(line, "bob", "guess", NULL);
        wait_refused(line, (uint64_t)i + 1);
        zmq_close(guessers[i]);
    }
    void *bob = client_new(line, "bob", "secret", NULL);
    zmq_send(bob, "hello", 5, 0);
    wait_refused(line, 4);
    assert_true(fsz_access_counters(line->rig->access).limited > 0);
    rig_configure(line->rig, ANY, FSZ_SECURITY_PLAIN, 1000);
    assert_string_equal(receive(line).user, "bob");
    zmq_close(bob);
}

static void *configure_often(void *argument)
{
    struct line *line = argument;
    for (int i = 0; i < 200; i++) {
        rig_configure(line->rig, ANY, FSZ_SECURITY_CURVE, 1000);
        struct fsz_policy *policy = fsz_access_policy(line->rig->access);
        fsz_policy_unref(&policy);
    }
    return NULL;
}

static void test_access_goes_on_while_it_is_configured(void **state)
{
    struct line *line = *state;
    pthread_t    thread;
    assert_int_equal(pthread_create(&thread, NULL, configure_often, line), 0);
    for (int i = 0; i < 30; i++) {
        void *alice = client_new(line, NULL, NULL, &line->rig->alice);
        zmq_send(alice, "hello", 5, 0);
        assert_string_equal(receive(line).user, "alice");
        zmq_close(alice);
    }
    pthread_join(thread, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_access_by_password_names_the_sender, plain_setup,
                                        line_teardown),
        cmocka_unit_test_setup_teardown(test_access_by_key_names_the_sender, curve_setup,
                                        line_teardown),
        cmocka_unit_test_setup_teardown(test_access_by_ipc_is_of_no_address, curve_setup,
                                        line_teardown),
        cmocka_unit_test_setup_teardown(test_access_keeps_strangers_out_and_users_in, curve_setup,
                                        line_teardown),
        cmocka_unit_test_setup_teardown(test_access_lets_a_limited_address_in_again, plain_setup,
                                        line_teardown),
        cmocka_unit_test_setup_teardown(test_access_goes_on_while_it_is_configured, curve_setup,
                                        line_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
