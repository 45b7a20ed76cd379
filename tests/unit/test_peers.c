/* Connections remembered and cut; they are pairs of sockets, of which a peer has one end. */
#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int setup(void **state)
{
    struct fsz_peers *peers = NULL;
    assert_int_equal(fsz_peers_new(&peers), FSZ_OK);
    *state = peers;
    return 0;
}

static int teardown(void **state)
{
    struct fsz_peers *peers = *state;
    fsz_peers_free(&peers);
    assert_null(peers);
    return 0;
}

struct pair {
    int ours, theirs;
};

static struct pair pair_new(void)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    return (struct pair){ends[0], ends[1]};
}

static void pair_close(struct pair *pair)
{
    close(pair->ours);
    close(pair->theirs);
}

static bool pair_is_cut(const struct pair *pair)
{
    char byte;
    return read(pair->theirs, &byte, 1) == 0;
}

static void see(struct fsz_peers *peers, const char *user, uint64_t serial, int fd)
{
    struct fsz_peer peer = {.serial = serial, .fd = fd};
    strcpy(peer.user, user);
    assert_int_equal(fsz_peers_see(peers, &peer), FSZ_OK);
}

static bool is_not_user(const struct fsz_peer *peer, void *user)
{
    return strcmp(peer->user, user) != 0;
}

static bool stays_never(const struct fsz_peer *peer, void *unused)
{
    (void)peer;
    (void)unused;
    return false;
}

static void test_peers_cut_those_who_may_not_stay(void **state)
{
    struct pair pairs[3] = {pair_new(), pair_new(), pair_new()};
    see(*state, "alice", 1, pairs[0].ours);
    see(*state, "bob", 2, pairs[1].ours);
    see(*state, "alice", 3, pairs[2].ours);
    see(*state, "alice", 3, pairs[2].ours); /* its second message */
    assert_int_equal(fsz_peers_count(*state), 3);
    assert_int_equal(fsz_peers_cut(*state, is_not_user, (void *)"alice"), 2);
    assert_true(pair_is_cut(&pairs[0]));
    assert_false(pair_is_cut(&pairs[1]));
    assert_true(pair_is_cut(&pairs[2]));
    assert_int_equal(fsz_peers_count(*state), 1);
    for (int i = 0; i < 3; i++) {
        pair_close(&pairs[i]);
    }
}

static void test_peers_leave_the_descriptor_number_of_another_alone(void **state)
{
    struct pair gone = pair_new(), stranger = pair_new();
    see(*state, "alice", 1, gone.ours);
    close(gone.theirs);
    assert_int_equal(dup2(stranger.ours, gone.ours), gone.ours); /* the same number */
    assert_int_equal(fsz_peers_cut(*state, stays_never, NULL), 0);
    assert_false(pair_is_cut(&stranger));
    assert_int_equal(fsz_peers_count(*state), 0);
    close(gone.ours);
    pair_close(&stranger);
}

static bool is_locked_for_others(const char *path)
{
    int   status = 0;
    pid_t child = fork();
    if (child == 0) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        int          fd = open(path, O_RDWR);
        _exit(fd >= 0 && fcntl(fd, F_SETLK, &lock) != 0 ? 1 : 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WEXITSTATUS(status) == 1;
}

/* Whoever closes any descriptor of a file drops the locks of the process on it. */
static void test_peers_leave_the_locks_of_a_file_alone(void **state)
{
    char         path[] = "/tmp/fsz-peers-XXXXXX";
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct pair  gone = pair_new();
    int          file = mkstemp(path);
    see(*state, "alice", 1, gone.ours);
    close(gone.theirs);
    assert_int_equal(dup2(file, gone.ours), gone.ours);
    close(file);
    assert_int_equal(fcntl(gone.ours, F_SETLK, &lock), 0);
    assert_true(is_locked_for_others(path));
    assert_int_equal(fsz_peers_cut(*state, stays_never, NULL), 0);
    assert_true(is_locked_for_others(path));
    close(gone.ours);
    unlink(path);
}

static void test_peers_without_a_serial_are_known_by_their_connection(void **state)
{
    struct pair first = pair_new(), second = pair_new();
    see(*state, "", 0, first.ours);
    see(*state, "", 0, first.ours);
    assert_int_equal(fsz_peers_count(*state), 1);
    close(first.theirs);
    assert_int_equal(dup2(second.ours, first.ours), first.ours);
    see(*state, "", 0, first.ours);
    assert_int_equal(fsz_peers_count(*state), 1);
    assert_int_equal(fsz_peers_cut(*state, stays_never, NULL), 1);
    assert_true(pair_is_cut(&second));
    close(first.ours);
    pair_close(&second);
}

static void test_peers_forget_who_is_gone(void **state)
{
    struct pair stays = pair_new();
    see(*state, "alice", 1, stays.ours);
    for (uint64_t serial = 2; serial < 5000; serial++) {
        struct pair pair = pair_new();
        see(*state, "bob", serial, pair.ours);
        pair_close(&pair);
        assert_true(fsz_peers_count(*state) < 10);
    }
    fsz_peers_cut(*state, is_not_user, (void *)"alice");
    assert_true(pair_is_cut(&stays));
    pair_close(&stays);
}

static void test_peers_are_at_most_so_many(void **state)
{
    struct pair     pairs[3] = {pair_new(), pair_new(), pair_new()};
    struct fsz_peer third = {.serial = 3, .fd = pairs[2].ours};
    fsz_peers_set_max(*state, 2);
    see(*state, "", 1, pairs[0].ours);
    see(*state, "", 2, pairs[1].ours);
    assert_int_equal(fsz_peers_see(*state, &third), FSZ_ELIMIT);
    see(*state, "", 1, pairs[0].ours);
    pair_close(&pairs[0]);
    assert_int_equal(fsz_peers_see(*state, &third), FSZ_OK);
    assert_int_equal(fsz_peers_count(*state), 2);
    pair_close(&pairs[1]);
    pair_close(&pairs[2]);
}

/* The descriptor may be another's by the time that a message is read. */
static void test_peers_remember_only_whom_the_message_came_from(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t          size = sizeof(address);
    struct fsz_peer    peer = {.serial = 1, .address = "192.0.2.1"};
    int                listener = socket(AF_INET, SOCK_STREAM, 0);
    int                client = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(connect(client, (struct sockaddr *)&address, size), 0);
    peer.fd = accept(listener, NULL, NULL);
    assert_int_equal(fsz_peers_see(*state, &peer), FSZ_OK);
    assert_int_equal(fsz_peers_count(*state), 0);
    peer.address[0] = '\0'; /* through ipc: no */
    assert_int_equal(fsz_peers_see(*state, &peer), FSZ_OK);
    assert_int_equal(fsz_peers_count(*state), 0);
    strcpy(peer.address, "127.0.0.1");
    assert_int_equal(fsz_peers_see(*state, &peer), FSZ_OK);
    assert_int_equal(fsz_peers_count(*state), 1);
    assert_int_equal(fsz_peers_cut(*state, stays_never, NULL), 1);
    char byte;
    assert_int_equal(read(client, &byte, 1), 0);
    close(peer.fd);
    see(*state, "", 2, peer.fd); /* closed by now */
    see(*state, "", 3, -1);
    assert_int_equal(fsz_peers_count(*state), 0);
    close(client);
    close(listener);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_peers_cut_those_who_may_not_stay),
        TEST(test_peers_leave_the_descriptor_number_of_another_alone),
        TEST(test_peers_leave_the_locks_of_a_file_alone),
        TEST(test_peers_without_a_serial_are_known_by_their_connection),
        TEST(test_peers_forget_who_is_gone),
        TEST(test_peers_are_at_most_so_many),
        TEST(test_peers_remember_only_whom_the_message_came_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
