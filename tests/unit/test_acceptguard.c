/* A process that has no descriptor left for a peer outlives it, refuses the peer, and recovers. */
#include "acceptguard.h"
#include "elfslots.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

enum { PATIENCE_MS = 20000, PEERS = 20, ROUNDS = 50 };

struct listener {
    void              *context, *socket;
    struct sockaddr_un address;
    socklen_t          address_size;
};

/* A publisher on an ipc endpoint in the abstract name space. */
static void listener_open(struct listener *l)
{
    static int number = 0;
    char       endpoint[64];
    l->address = (struct sockaddr_un){.sun_family = AF_UNIX};
    int length = snprintf(l->address.sun_path + 1, sizeof(l->address.sun_path) - 1,
                          "fsz-acceptguard-%d-%d", getpid(), number++);
    l->address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    snprintf(endpoint, sizeof(endpoint), "ipc://@%s", l->address.sun_path + 1);
    l->context = zmq_ctx_new();
    l->socket = zmq_socket(l->context, ZMQ_XPUB);
    assert_int_equal(zmq_bind(l->socket, endpoint), 0);
}

static void listener_close(const struct listener *l)
{
    zmq_close(l->socket);
    zmq_ctx_term(l->context);
}

/* What the peer first sees: 'h' for libzmq's greeting (RFC 23 begins with FF), 'c' for a close. */
static char peer_connect(const struct listener *l, int fd)
{
    unsigned char byte = 0;
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    assert_int_equal(connect(fd, (const struct sockaddr *)&l->address, l->address_size), 0);
    assert_int_equal(poll(&waiting, 1, PATIENCE_MS), 1);
    return read(fd, &byte, 1) == 1 && byte == 0xff ? 'h' : 'c';
}

static void peers_open(int peers[PEERS])
{
    for (int i = 0; i < PEERS; i++) {
        peers[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_true(peers[i] >= 0);
    }
}

static void peers_close(const int peers[PEERS])
{
    for (int i = 0; i < PEERS; i++) {
        close(peers[i]);
    }
}

/* No descriptor is left for anything new; those there are stay. Returns the limit before. */
static rlim_t descriptors_exhaust(void)
{
    struct rlimit limit;
    int           lowest_free = fcntl(0, F_DUPFD_CLOEXEC, 0);
    close(lowest_free);
    getrlimit(RLIMIT_NOFILE, &limit);
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = (rlim_t)lowest_free;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(dup(0), -1);
    return before;
}

static void descriptors_restore(rlim_t before)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = before;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void test_acceptguard_refuses_peers_without_a_descriptor_and_recovers(void **state)
{
    (void)state;
    struct listener l;
    int             peers[PEERS];
    fsz_acceptguard_take();
    assert_true(fsz_acceptguard_is_on());
    listener_open(&l);
    peers_open(peers);
    uint64_t refused = fsz_acceptguard_refused();
    rlim_t   limit = descriptors_exhaust();
    for (int i = 0; i < PEERS - 1; i++) {
        assert_int_equal(peer_connect(&l, peers[i]), 'c');
    }
    assert_int_equal(fsz_acceptguard_refused() - refused, PEERS - 1);
    descriptors_restore(limit);
    assert_int_equal(peer_connect(&l, peers[PEERS - 1]), 'h');
    peers_close(peers);
    listener_close(&l);
    fsz_acceptguard_give();
}

/* What all this is for. A libzmq that survives this needs no guard. */
static void test_acceptguard_is_needed_with_this_libzmq(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        struct listener l;
        signal(SIGABRT, SIG_DFL);
        setrlimit(RLIMIT_CORE, &(struct rlimit){0});
        freopen("/dev/null", "w", stderr);
        listener_open(&l);
        int peer = socket(AF_UNIX, SOCK_STREAM, 0);
        descriptors_exhaust();
        (void)connect(peer, (const struct sockaddr *)&l.address, l.address_size);
        poll(NULL, 0, 2000);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status)) {
        skip();
    }
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void test_acceptguard_is_counted(void **state)
{
    (void)state;
    fsz_acceptguard_take();
    fsz_acceptguard_take();
    fsz_acceptguard_give();
    assert_true(fsz_acceptguard_is_on());
    fsz_acceptguard_give();
    assert_false(fsz_acceptguard_is_on());
}

static uintptr_t libzmqs_accept4(void)
{
    struct fsz_elf_slots slots;
    fsz_elf_slots_find(&slots, (uintptr_t)zmq_errno, "accept4");
    assert_int_equal(slots.count, 1);
    return *slots.slots[0];
}

static void test_acceptguard_puts_libzmqs_reference_back(void **state)
{
    (void)state;
    fsz_acceptguard_take();
    uintptr_t ours = libzmqs_accept4();
    fsz_acceptguard_give();
    assert_int_not_equal(libzmqs_accept4(), ours);
    struct listener l;
    int             peers[PEERS];
    listener_open(&l);
    peers_open(peers);
    assert_int_equal(peer_connect(&l, peers[0]), 'h');
    peers_close(peers);
    listener_close(&l);
}

struct other_user {
    struct listener listener;
    atomic_bool     ending;
    unsigned        greeted;
};

/* Other code of the process that uses libzmq on its own. */
static void *other_user_run(void *argument)
{
    struct other_user *other = argument;
    while (!atomic_load(&other->ending)) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        other->greeted += peer_connect(&other->listener, fd) == 'h';
        close(fd);
    }
    return NULL;
}

static void test_acceptguard_comes_and_goes_under_another_user_of_libzmq(void **state)
{
    (void)state;
    struct other_user other = {0};
    pthread_t         thread;
    listener_open(&other.listener);
    assert_int_equal(pthread_create(&thread, NULL, other_user_run, &other), 0);
    for (int i = 0; i < ROUNDS; i++) {
        fsz_acceptguard_take();
        assert_true(fsz_acceptguard_is_on());
        fsz_acceptguard_give();
    }
    atomic_store(&other.ending, true);
    pthread_join(thread, NULL);
    assert_true(other.greeted > 0);
    listener_close(&other.listener);
}

static void test_elf_slots_of_nothing_are_none(void **state)
{
    (void)state;
    struct fsz_elf_slots slots;
    fsz_elf_slots_find(&slots, (uintptr_t)zmq_errno, "no_such_function");
    assert_int_equal(slots.count, 0);
    fsz_elf_slots_find(&slots, (uintptr_t)&slots, "accept4"); /* no object has code there */
    assert_int_equal(slots.count, 0);
    assert_int_equal(fsz_elf_slots_set(&slots, 0), FSZ_OK);
}

static int bind_of_the_test(void *socket, const char *endpoint)
{
    (void)socket;
    (void)endpoint;
    return 4711;
}

/* Debian's libzmq keeps its reference in a page that stays writable, this program does not
 * (tests/CMakeLists.txt). */
static void test_elf_slots_in_read_only_pages_are_set_too(void **state)
{
    (void)state;
    struct fsz_elf_slots slots;
    fsz_elf_slots_find(&slots, (uintptr_t)bind_of_the_test, "zmq_bind");
    assert_int_equal(slots.count, 1);
    uintptr_t slot = (uintptr_t)slots.slots[0], before = *slots.slots[0];
    assert_true(slot >= slots.relro_begin && slot < slots.relro_end);
    assert_int_equal(fsz_elf_slots_set(&slots, (uintptr_t)bind_of_the_test), FSZ_OK);
    assert_int_equal(zmq_bind(NULL, ""), 4711);
    assert_int_equal(fsz_elf_slots_set(&slots, before), FSZ_OK);
    assert_int_equal(zmq_bind(NULL, ""), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_acceptguard_is_needed_with_this_libzmq),
        cmocka_unit_test(test_acceptguard_refuses_peers_without_a_descriptor_and_recovers),
        cmocka_unit_test(test_acceptguard_is_counted),
        cmocka_unit_test(test_acceptguard_puts_libzmqs_reference_back),
        cmocka_unit_test(test_acceptguard_comes_and_goes_under_another_user_of_libzmq),
        cmocka_unit_test(test_elf_slots_of_nothing_are_none),
        cmocka_unit_test(test_elf_slots_in_read_only_pages_are_set_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
