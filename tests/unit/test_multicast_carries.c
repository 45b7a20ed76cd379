/* SPDX-License-Identifier: MPL-2.0 */
/* Multicast endpoints carry frames, reopen, share a port, and survive garbage. Loopback only. */
#include "multicast_rig.h"

#include <sys/wait.h>

/* Subscribes in another process, because OpenPGM keeps the packets of a process from itself.
 * Returns 0 if the wanted frame arrived. */
static int subscribe_and_await(const char *address, size_t size)
{
    void *context = zmq_ctx_new();
    void *events = zmq_socket(context, ZMQ_SUB);
    int   deadline = DEADLINE_MS, rate_kbit = 100000, linger = 0;
    char *frame = malloc(size + 1);
    zmq_setsockopt(events, ZMQ_RCVTIMEO, &deadline, sizeof(deadline));
    zmq_setsockopt(events, ZMQ_RATE, &rate_kbit, sizeof(rate_kbit));
    zmq_setsockopt(events, ZMQ_LINGER, &linger, sizeof(linger));
    zmq_setsockopt(events, ZMQ_SUBSCRIBE, "", 0);
    int failed = zmq_connect(events, address) != 0;
    int got = failed ? -1 : zmq_recv(events, frame, size + 1, 0);
    failed = got != (int)size || frame[0] != 'x' || frame[size - 1] != 'x';
    free(frame);
    zmq_close(events);
    zmq_ctx_term(context);
    return failed;
}

/* Executes this program again. After a fork() alone, the child of a process with threads may not
 * start threads under ThreadSanitizer. */
static pid_t start_subscriber(const char *address, size_t size)
{
    char text[32];
    snprintf(text, sizeof(text), "%zu", size);
    pid_t pid = fork();
    if (pid == 0) {
        execl("/proc/self/exe", "test_multicast", address, text, (char *)NULL);
        _exit(127);
    }
    return pid;
}

/* Sends frames of that size until a subscriber in another process has received one. */
static void assert_carries(struct rig *rig, const char *scheme, size_t size)
{
    char address[128];
    int  status = -1;
    snprintf(address, sizeof(address), "%s", free_address(scheme));
    pid_t pid = start_subscriber(address, size);
    assert_opens(rig, address);
    char *frame = malloc(size);
    memset(frame, 'x', size);
    for (int i = 0; i < DEADLINE_MS / 20 && waitpid(pid, &status, WNOHANG) == 0; i++) {
        zmq_send(rig->sender, frame, size, ZMQ_DONTWAIT);
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    free(frame);
    assert_int_equal(status, 0);
}

static void test_multicast_epgm_carries_frames_larger_than_a_packet(void **state)
{
    assert_carries(*state, "epgm", 20000);
}

static void test_multicast_pgm_carries_frames_larger_than_a_packet(void **state)
{
    if (!may_use_raw_sockets()) {
        skip(); /* needs CAP_NET_RAW */
    }
    assert_carries(*state, "pgm", 20000);
}

static void test_multicast_opens_a_disconnected_endpoint_again(void **state)
{
    struct rig *rig = *state;
    char        address[128], last[256];
    for (int i = 0; i < 6; i++) {
        snprintf(address, sizeof(address), "%s", free_address("epgm"));
        for (int again = 0; again < 2; again++) {
            size_t size = sizeof(last);
            assert_opens(rig, address);
            assert_int_equal(zmq_getsockopt(rig->sender, ZMQ_LAST_ENDPOINT, last, &size), 0);
            assert_int_equal(zmq_disconnect(rig->sender, last), 0);
        }
    }
}

static void test_multicast_two_senders_share_a_port(void **state)
{
    struct rig *rig = *state;
    char        first[128], second[128];
    unsigned    port = free_udp_port();
    snprintf(first, sizeof(first), "epgm://127.0.0.1;239.192.77.1:%u", port);
    snprintf(second, sizeof(second), "epgm://127.0.0.1;239.192.77.2:%u", port);
    assert_opens(rig, first);
    assert_opens(rig, second);
}

/* Sends datagrams of every length, including 0, to every socket of the port, as anyone on the
 * network can. */
static void send_garbage(unsigned port)
{
    unsigned           seed = 1;
    unsigned char      bytes[200];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    const char *const  addresses[] = {"127.0.0.1", "239.192.77.1"};
    int                fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    for (size_t i = 0; i < 5000; i++) {
        for (size_t b = 0; b < sizeof(bytes); b++) {
            bytes[b] = (unsigned char)rand_r(&seed);
        }
        inet_pton(AF_INET, addresses[i % 2], &to.sin_addr);
        sendto(fd, bytes, i % sizeof(bytes), 0, (struct sockaddr *)&to, sizeof(to));
    }
    close(fd);
}

static void test_multicast_survives_garbage_on_the_port(void **state)
{
    struct rig *rig = *state;
    unsigned    port = free_udp_port();
    char        address[128];
    snprintf(address, sizeof(address), "epgm://127.0.0.1;239.192.77.1:%u", port);
    assert_opens(rig, address);
    send_garbage(port);
    nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
}

static void test_multicast_survives_empty_datagrams(void **state)
{
    struct rig        *rig = *state;
    unsigned           port = free_udp_port();
    char               address[128];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    snprintf(address, sizeof(address), "epgm://127.0.0.1;239.192.77.1:%u", port);
    assert_opens(rig, address);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(sendto(fd, "", 0, 0, (struct sockaddr *)&to, sizeof(to)), 0);
    }
    close(fd);
    nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
}

int main(int argc, char **argv)
{
    if (argc == 3) {
        return subscribe_and_await(argv[1], strtoul(argv[2], NULL, 10));
    }
    const struct CMUnitTest tests[] = {
        TEST(test_multicast_epgm_carries_frames_larger_than_a_packet),
        TEST(test_multicast_pgm_carries_frames_larger_than_a_packet),
        TEST(test_multicast_opens_a_disconnected_endpoint_again),
        TEST(test_multicast_two_senders_share_a_port),
        TEST(test_multicast_survives_garbage_on_the_port),
        TEST(test_multicast_survives_empty_datagrams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
