/* SPDX-License-Identifier: MPL-2.0 */
/* The endpoints of a socket: errors when they cannot be opened, retries, and changes that are
 * undone. */
#include "net/endpoints.h"
#include "net/multicast.h"

#include "base/clock.h"
#include "engine/engine.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

struct rig {
    void                   *context, *socket; /* of libzmq, for inproc and multicast */
    struct fsz_loop        *loop;
    struct fsz_zmtp_socket *wire;
    struct fsz_endpoints    endpoints;
    char                    folder[32];
};

/* An fsz_endpoints_local_fn. */
static void *rig_socket(void *rig)
{
    return ((struct rig *)rig)->socket;
}

static void rig_open_wire(struct rig *rig)
{
    static const struct fsz_zmtp_handler handler;
    const struct fsz_zmtp_options        options = {
               .mechanism = {.type = FSZ_ZMTP_XPUB}, .backlog = 10, .ipc_mode = 0640};
    const struct fsz_zmtp_limits limits = {.conn = {.message_bytes = 100, .message_frames = 1}};
    assert_int_equal(fsz_loop_new(&rig->loop), FSZ_OK);
    assert_int_equal(
        fsz_zmtp_socket_new(rig->loop, &options, &limits, &handler, NULL, NULL, &rig->wire),
        FSZ_OK);
}

static void rig_close_wire(struct rig *rig)
{
    if (rig->wire != NULL) {
        fsz_zmtp_socket_close(&rig->wire, 0, NULL, NULL);
        fsz_loop_turn(rig->loop, 0);
    }
}

static int rig_setup(void **state)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    rig->context = zmq_ctx_new();
    rig->socket = zmq_socket(rig->context, ZMQ_XPUB);
    rig_open_wire(rig);
    fsz_endpoints_init(&rig->endpoints, rig->wire, rig_socket, rig, "test");
    snprintf(rig->folder, sizeof(rig->folder), "/tmp/fsz-test-XXXXXX");
    *state = rig;
    return mkdtemp(rig->folder) ? 0 : -1;
}

static int rig_teardown(void **state)
{
    struct rig *rig = *state;
    char        path[64];
    fsz_endpoints_fini(&rig->endpoints);
    rig_close_wire(rig);
    fsz_loop_free(&rig->loop);
    zmq_close(rig->socket);
    zmq_ctx_term(rig->context);
    snprintf(path, sizeof(path), "%s/events", rig->folder);
    unlink(path);
    rmdir(rig->folder);
    free(rig);
    return 0;
}

static struct fsz_endpoint_state *rig_open(struct rig *rig, const char *address, bool connect,
                                           bool staged, fsz_err wanted)
{
    char                       copy[256];
    struct fsz_endpoint_state *opened = NULL;
    snprintf(copy, sizeof(copy), "%s", address);
    const struct fsz_endpoint endpoint = {.address = copy, .connect = connect};
    assert_int_equal(fsz_endpoints_open(&rig->endpoints, &endpoint, staged, &opened), wanted);
    return opened;
}

static void test_endpoints_report_the_port_that_the_system_gave(void **state)
{
    const struct fsz_endpoint_state *at =
        rig_open(*state, "tcp://127.0.0.1:*", false, false, FSZ_OK);
    assert_true(at->open);
    assert_int_equal(strncmp(at->bound, "tcp://127.0.0.1:", 16), 0);
    assert_true(atoi(at->bound + 16) > 0);
}

static void test_endpoints_say_how_to_find_the_owner_of_a_port(void **state)
{
    struct rig                      *rig = *state;
    const struct fsz_endpoint_state *first =
        rig_open(rig, "tcp://127.0.0.1:*", false, false, FSZ_OK);
    int  port = atoi(first->bound + strlen("tcp://127.0.0.1:"));
    char wanted[128];
    snprintf(wanted, sizeof(wanted),
             "port %d is in use; find its owner with: ss -ltnp 'sport = :%d'", port, port);
    const struct fsz_endpoint_state *second =
        rig_open(rig, first->bound, false, false, FSZ_ESYSTEM);
    assert_false(second->open);
    assert_string_equal(second->why, wanted);
    assert_true(fsz_endpoints_next_retry_ms(&rig->endpoints) <=
                fsz_clock_monotonic_ms() + FSZ_RETRY_MS);
}

static void test_endpoints_retry_opens_a_port_that_has_become_free(void **state)
{
    struct rig *rig = *state;
    char        address[256];
    void       *other = zmq_socket(rig->context, ZMQ_PUB);
    size_t      size = sizeof(address);
    assert_int_equal(zmq_bind(other, "tcp://127.0.0.1:*"), 0);
    assert_int_equal(zmq_getsockopt(other, ZMQ_LAST_ENDPOINT, address, &size), 0);
    rig_open(rig, address, false, false, FSZ_ESYSTEM);
    zmq_close(other);
    struct fsz_endpoint_state *changed = NULL;
    for (int i = 0; i < 200 && changed == NULL; i++) {
        zmq_poll(NULL, 0, 10);
        changed = fsz_endpoints_retry(&rig->endpoints, fsz_clock_monotonic_ms() + FSZ_RETRY_MS);
    }
    assert_non_null(changed);
    assert_true(changed->open);
    assert_string_equal(changed->why, "");
}

/* An endpoint that another socket should have released: its failure has not been reported before.
 */
static void test_endpoints_report_once_that_a_deferred_one_does_not_open(void **state)
{
    struct rig                      *rig = *state;
    char                             address[FSZ_ENDPOINT_BOUND_BYTES];
    size_t                           size = sizeof(address);
    const struct fsz_endpoint_state *changed = NULL;
    void                            *other = zmq_socket(rig->context, ZMQ_XPUB);
    int                              reports = 0;
    assert_int_equal(zmq_bind(other, "tcp://127.0.0.1:*"), 0);
    assert_int_equal(zmq_getsockopt(other, ZMQ_LAST_ENDPOINT, address, &size), 0);
    const struct fsz_endpoint wanted = {.address = address};
    assert_int_equal(fsz_endpoints_defer(&rig->endpoints, &wanted), FSZ_OK);
    rig->endpoints.list[0].staged = false;
    for (int i = 0; i < 20; i++) {
        changed = fsz_endpoints_retry(&rig->endpoints, fsz_clock_monotonic_ms() + 2 * FSZ_RETRY_MS);
        reports += changed != NULL;
        assert_true(changed == NULL || (!changed->open && strstr(changed->why, "in use")));
    }
    assert_int_equal(reports, 1);
    zmq_close(other);
    for (int i = 0; i < 200 && changed == NULL; i++) {
        zmq_poll(NULL, 0, 10);
        changed = fsz_endpoints_retry(&rig->endpoints, fsz_clock_monotonic_ms() + 2 * FSZ_RETRY_MS);
    }
    assert_non_null(changed);
    assert_true(changed->open);
}

static void test_endpoints_give_an_ipc_file_its_permissions(void **state)
{
    struct rig *rig = *state;
    char        address[64];
    struct stat file;
    snprintf(address, sizeof(address), "ipc://%s/events", rig->folder);
    rig_open(rig, address, false, false, FSZ_OK);
    assert_int_equal(stat(address + 6, &file), 0);
    assert_int_equal(file.st_mode & 0777, 0640);
}

static void test_endpoints_do_not_delete_a_file_that_is_not_a_socket(void **state)
{
    struct rig *rig = *state;
    char        address[64];
    struct stat file;
    snprintf(address, sizeof(address), "ipc://%s/events", rig->folder);
    FILE *kept = fopen(address + 6, "w");
    assert_non_null(kept);
    fputs("kept", kept);
    fclose(kept);
    const struct fsz_endpoint_state *at = rig_open(rig, address, false, false, FSZ_ESYSTEM);
    assert_string_equal(at->why, "a file that is not a socket is there, and is not deleted");
    assert_int_equal(stat(address + 6, &file), 0);
    assert_int_equal(file.st_size, 4);
}

static void test_endpoints_do_not_take_the_path_of_a_listener(void **state)
{
    struct rig *rig = *state;
    char        address[64];
    void       *other = zmq_socket(rig->context, ZMQ_PUB);
    snprintf(address, sizeof(address), "ipc://%s/events", rig->folder);
    assert_int_equal(zmq_bind(other, address), 0);
    const struct fsz_endpoint_state *at = rig_open(rig, address, false, false, FSZ_ESYSTEM);
    assert_string_equal(at->why, "another program has the socket file open");
    zmq_close(other);
    const struct fsz_endpoint_state *changed = NULL;
    /* A socket file without a listener is replaced. */
    for (int i = 0; i < 200 && changed == NULL; i++) {
        zmq_poll(NULL, 0, 10);
        changed = fsz_endpoints_retry(&rig->endpoints, fsz_clock_monotonic_ms() + FSZ_RETRY_MS);
    }
    assert_non_null(changed);
    assert_true(changed->open);
}

static void test_endpoints_discard_only_what_a_change_opened(void **state)
{
    struct rig *rig = *state;
    rig_open(rig, "inproc://stays", false, false, FSZ_OK);
    rig_open(rig, "inproc://new", false, true, FSZ_OK);
    fsz_endpoints_discard(&rig->endpoints);
    assert_non_null(fsz_endpoints_find(&rig->endpoints, "inproc://stays", false));
    assert_null(fsz_endpoints_find(&rig->endpoints, "inproc://new", false));
    rig_open(rig, "inproc://new", false, true, FSZ_OK); /* discard has released it */
}

/* The descriptors of the sender close with its endpoint, bound or connected. */
static void assert_multicast_closes(struct rig *rig, bool connect)
{
    char   copy[] = "epgm://127.0.0.1;239.192.79.1:39101", last[256];
    size_t size = sizeof(last);
    rig_open(rig, copy, connect, true, FSZ_OK);
    assert_int_equal(zmq_getsockopt(rig->socket, ZMQ_LAST_ENDPOINT, last, &size), 0);
    fsz_endpoints_discard(&rig->endpoints);
    assert_int_equal(zmq_disconnect(rig->socket, last), -1);
    assert_int_equal(zmq_errno(), ENOENT);
}

static void test_endpoints_close_multicast_bound_or_connected(void **state)
{
    assert_multicast_closes(*state, false);
    assert_multicast_closes(*state, true);
}

/* How long it takes to wait for a socket that was given so many bytes, at 8000 kbit/s or 1000 bytes
 * a millisecond. */
static int64_t quiet_ms(struct rig *rig, size_t bytes, int64_t most_ms)
{
    fsz_endpoints_sent(&rig->endpoints, bytes);
    int64_t begin_ms = fsz_clock_monotonic_ms();
    fsz_endpoints_quiet(&rig->endpoints, most_ms);
    return fsz_clock_monotonic_ms() - begin_ms;
}

static void test_endpoints_wait_until_multicast_has_sent_its_data(void **state)
{
    struct rig *rig = *state;
    int         rate_kbit = 8000;
    zmq_setsockopt(rig->socket, ZMQ_RATE, &rate_kbit, sizeof(rate_kbit));
    rig_open(rig, "epgm://127.0.0.1;239.192.79.4:39104", false, false, FSZ_OK);
    rig_open(rig, "tcp://127.0.0.1:*", false, false, FSZ_OK);
    assert_true(quiet_ms(rig, 200000, 10000) >= 200 + FSZ_ENDPOINT_REPAIR_MS);
    int64_t begin_ms = fsz_clock_monotonic_ms();
    fsz_endpoints_quiet(&rig->endpoints, 10000); /* all is sent: no wait */
    assert_true(fsz_clock_monotonic_ms() - begin_ms < 5000);
    begin_ms = fsz_clock_monotonic_ms();
    fsz_endpoints_sent(&rig->endpoints, (size_t)1 << 40);
    fsz_endpoints_quiet(&rig->endpoints, 20); /* no longer than asked */
    assert_true(fsz_clock_monotonic_ms() - begin_ms < 5000);
}

static void test_endpoints_do_not_wait_without_multicast(void **state)
{
    struct rig *rig = *state;
    rig_open(rig, "tcp://127.0.0.1:*", false, false, FSZ_OK);
    assert_true(quiet_ms(rig, (size_t)1 << 40, 60000) < 5000);
}

/* Whether a process listens at that path. */
static bool answers(const char *address)
{
    struct sockaddr_un peer = {.sun_family = AF_UNIX};
    int                fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(peer.sun_path, sizeof(peer.sun_path), "%s", address + 6);
    bool connected = connect(fd, (const struct sockaddr *)&peer, sizeof(peer)) == 0;
    close(fd);
    return connected;
}

static void test_endpoints_create_a_deleted_ipc_file_again(void **state)
{
    struct rig *rig = *state;
    char        address[64];
    snprintf(address, sizeof(address), "ipc://%s/events", rig->folder);
    struct fsz_endpoint            wanted = {.address = address};
    const struct fsz_socket_config config = {.endpoints = &wanted, .endpoint_count = 1};
    struct fsz_endpoint_state     *opened = rig_open(rig, address, false, false, FSZ_OK);
    assert_false(fsz_endpoints_is_lost(&rig->endpoints, opened));
    assert_int_equal(unlink(address + 6), 0);
    assert_true(fsz_endpoints_is_lost(&rig->endpoints, opened));
    fsz_endpoints_settle(&rig->endpoints, &config);
    assert_true(opened->open);
    assert_false(fsz_endpoints_is_lost(&rig->endpoints, opened));
    assert_true(answers(address));
    fsz_endpoints_settle(&rig->endpoints, &(const struct fsz_socket_config){.endpoint_count = 0});
    assert_int_equal(access(address + 6, F_OK), -1); /* an orderly end leaves no file */
}

static void test_endpoints_leave_a_file_of_another_program_alone(void **state)
{
    struct rig *rig = *state;
    char        address[64];
    snprintf(address, sizeof(address), "ipc://%s/events", rig->folder);
    struct fsz_endpoint_state *opened = rig_open(rig, address, false, false, FSZ_OK);
    assert_int_equal(unlink(address + 6), 0);
    FILE *other = fopen(address + 6, "w");
    assert_non_null(other);
    fclose(other);
    assert_true(fsz_endpoints_is_lost(&rig->endpoints, opened));
    fsz_endpoints_fini(&rig->endpoints);
    rig_close_wire(rig);
    assert_int_equal(access(address + 6, F_OK), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_endpoints_report_the_port_that_the_system_gave),
        TEST(test_endpoints_say_how_to_find_the_owner_of_a_port),
        TEST(test_endpoints_retry_opens_a_port_that_has_become_free),
        TEST(test_endpoints_report_once_that_a_deferred_one_does_not_open),
        TEST(test_endpoints_give_an_ipc_file_its_permissions),
        TEST(test_endpoints_create_a_deleted_ipc_file_again),
        TEST(test_endpoints_leave_a_file_of_another_program_alone),
        TEST(test_endpoints_do_not_delete_a_file_that_is_not_a_socket),
        TEST(test_endpoints_do_not_take_the_path_of_a_listener),
        TEST(test_endpoints_discard_only_what_a_change_opened),
        TEST(test_endpoints_close_multicast_bound_or_connected),
        TEST(test_endpoints_wait_until_multicast_has_sent_its_data),
        TEST(test_endpoints_do_not_wait_without_multicast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
