/* SPDX-License-Identifier: MPL-2.0 */
/* quiet_port.h - a TCP port for a test that must name one and use it more than once.
 *
 * It is free on all addresses, and outside of the range from which the system takes ports for
 * connections (32768 and above by default), which other programs of a busy machine use up. */
#ifndef QUIET_PORT_H
#define QUIET_PORT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { QUIET_PORT_FIRST = 20000, QUIET_PORT_COUNT = 12000, QUIET_PORT_TRIES = 1000 };

static inline bool quiet_port_is_free(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int                fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_free = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
    close(fd);
    return is_free;
}

static inline unsigned quiet_port(void)
{
    for (int i = 0; i < QUIET_PORT_TRIES; i++) {
        unsigned random = 0;
        assert_int_equal(getrandom(&random, sizeof(random), 0), sizeof(random));
        unsigned port = QUIET_PORT_FIRST + random % QUIET_PORT_COUNT;
        if (quiet_port_is_free(port)) {
            return port;
        }
    }
    fail_msg("no free port among %d", QUIET_PORT_TRIES);
    return 0;
}

#endif
