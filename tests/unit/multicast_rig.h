/* SPDX-License-Identifier: MPL-2.0 */
/* multicast_rig.h - a sender's socket, and addresses of loopback groups that are free. */
#ifndef FSZ_TEST_MULTICAST_RIG_H
#define FSZ_TEST_MULTICAST_RIG_H

#include "net/multicast.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

enum { DEADLINE_MS = 10000 };

struct rig {
    void *context, *sender;
    char  why[256];
};

static inline int rig_setup(void **state)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    int         rate_kbit = 100000, recovery_ms = 1000, linger = 0;
    rig->context = zmq_ctx_new();
    rig->sender = zmq_socket(rig->context, ZMQ_XPUB);
    zmq_setsockopt(rig->sender, ZMQ_RATE, &rate_kbit, sizeof(rate_kbit));
    zmq_setsockopt(rig->sender, ZMQ_RECOVERY_IVL, &recovery_ms, sizeof(recovery_ms));
    zmq_setsockopt(rig->sender, ZMQ_LINGER, &linger, sizeof(linger));
    *state = rig;
    return 0;
}

static inline int rig_teardown(void **state)
{
    struct rig *rig = *state;
    zmq_close(rig->sender);
    zmq_ctx_term(rig->context);
    free(rig);
    return 0;
}

static inline int rig_open(struct rig *rig, const char *address)
{
    rig->why[0] = '\0';
    return fsz_multicast_open(rig->sender, address, rig->why, sizeof(rig->why));
}

static inline void assert_opens(struct rig *rig, const char *address)
{
    if (rig_open(rig, address) != 0) {
        fail_msg("%s: %s", address, rig->why);
    }
}

static inline void assert_refused(struct rig *rig, const char *address, int error,
                                  const char *words)
{
    assert_int_equal(rig_open(rig, address), error);
    if (strstr(rig->why, words) == NULL) {
        fail_msg("%s: \"%s\" does not say \"%s\"", address, rig->why, words);
    }
}

static inline unsigned short free_udp_port(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
    socklen_t          size = sizeof(any);
    int                fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&any, &size), 0);
    close(fd);
    return ntohs(any.sin_port);
}

static inline const char *free_address(const char *scheme)
{
    static char address[128];
    snprintf(address, sizeof(address), "%s://127.0.0.1;239.192.77.1:%u", scheme, free_udp_port());
    return address;
}

static inline void set_option(struct rig *rig, int option, int value)
{
    assert_int_equal(zmq_setsockopt(rig->sender, option, &value, sizeof(value)), 0);
}

static inline bool may_use_raw_sockets(void)
{
    int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, 113);
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

#endif
