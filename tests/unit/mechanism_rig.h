/* SPDX-License-Identifier: MPL-2.0 */
/* mechanism_rig.h - both sides of a handshake; the test passes their commands on. */
#ifndef FSZ_TEST_MECHANISM_RIG_H
#define FSZ_TEST_MECHANISM_RIG_H

#include "zmtp/mechanism.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A DEALER as the client and a ROUTER as the server. */
struct pair {
    struct fsz_mechanism *client, *server;
    struct fsz_buffer     command; /* the last command of either side */
};

static inline struct fsz_mechanism *side_new(enum fsz_zmtp_mechanism_name name, bool as_server,
                                             enum fsz_zmtp_type type)
{
    struct fsz_mechanism_config config = {.name = name, .as_server = as_server, .type = type};
    struct fsz_mechanism       *mechanism = NULL;
    if (!as_server) {
        strcpy(config.user, "alice");
        strcpy(config.password, "secret of alice");
    }
    assert_int_equal(fsz_mechanism_new(&config, &mechanism), FSZ_OK);
    assert_int_equal(fsz_mechanism_state(mechanism), FSZ_MECHANISM_WORKING);
    return mechanism;
}

static inline void pair_begin(struct pair *pair, enum fsz_zmtp_mechanism_name name)
{
    pair->client = side_new(name, false, FSZ_ZMTP_DEALER);
    pair->server = side_new(name, true, FSZ_ZMTP_ROUTER);
    fsz_buffer_init(&pair->command, FSZ_MECHANISM_COMMAND_MAX);
}

static inline void pair_end(struct pair *pair)
{
    fsz_mechanism_free(&pair->client);
    fsz_mechanism_free(&pair->server);
    assert_null(pair->client);
    fsz_buffer_fini(&pair->command);
}

/* `from` sends a command that begins with `name`, and `to` processes it. */
static inline void passes(struct pair *pair, struct fsz_mechanism *from, struct fsz_mechanism *to,
                          const char *name)
{
    pair->command.size = 0;
    assert_true(fsz_mechanism_next(from, &pair->command));
    assert_memory_equal(pair->command.data + 1, name, strlen(name));
    assert_int_equal(pair->command.data[0], strlen(name));
    if (to != NULL) {
        assert_int_equal(fsz_mechanism_take(to, pair->command.data, pair->command.size), FSZ_OK);
    }
}

static inline void has_nothing_to_send(struct fsz_mechanism *mechanism)
{
    struct fsz_buffer out;
    fsz_buffer_init(&out, FSZ_MECHANISM_COMMAND_MAX);
    assert_false(fsz_mechanism_next(mechanism, &out));
    assert_int_equal(out.size, 0);
    fsz_buffer_fini(&out);
}

static inline void failed_with(struct fsz_mechanism *mechanism, enum fsz_zmtp_ending ending)
{
    assert_int_equal(fsz_mechanism_state(mechanism), FSZ_MECHANISM_FAILED);
    assert_int_equal(fsz_mechanism_ending(mechanism), ending);
}

/* `bytes` is a string literal. */
#define REFUSES(mechanism, bytes, ending)                                                          \
    do {                                                                                           \
        assert_int_equal(                                                                          \
            fsz_mechanism_take(mechanism, (const uint8_t *)(bytes), sizeof(bytes) - 1),            \
            FSZ_EINVALID);                                                                         \
        failed_with(mechanism, ending);                                                            \
        has_nothing_to_send(mechanism);                                                            \
    } while (0)

/* The same for a new mechanism. */
#define FRESH_REFUSES(name, as_server, bytes, ending)                                              \
    do {                                                                                           \
        struct fsz_mechanism *fresh =                                                              \
            side_new(name, as_server, (as_server) ? FSZ_ZMTP_ROUTER : FSZ_ZMTP_DEALER);            \
        REFUSES(fresh, bytes, ending);                                                             \
        fsz_mechanism_free(&fresh);                                                                \
    } while (0)

static inline void both_are_ready(struct pair *pair)
{
    assert_int_equal(fsz_mechanism_state(pair->client), FSZ_MECHANISM_READY);
    assert_int_equal(fsz_mechanism_state(pair->server), FSZ_MECHANISM_READY);
    assert_int_equal(fsz_mechanism_peer(pair->client)->type, FSZ_ZMTP_ROUTER);
    assert_int_equal(fsz_mechanism_peer(pair->server)->type, FSZ_ZMTP_DEALER);
    assert_false(fsz_mechanism_encrypts(pair->client));
    assert_int_equal(fsz_mechanism_overhead(pair->client), 0);
    has_nothing_to_send(pair->client);
    has_nothing_to_send(pair->server);
}

#define READY_DEALER "\5READY\x0BSocket-Type\0\0\0\6DEALER"
#define READY_ROUTER "\5READY\x0BSocket-Type\0\0\0\6ROUTER"
#define HELLO_ALICE "\5HELLO\5alice\6secret"

#endif
