/* SPDX-License-Identifier: MPL-2.0 */
/* curve_rig.h - both sides of CURVE, and one side written by hand from RFC 26, byte by byte. Its
 * boxes share no code with ours: each computes its key again. */
#ifndef CURVE_RIG_H
#define CURVE_RIG_H

#include "zmtp/frame.h"
#include "zmtp/mechanism.h"

#include <endian.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    KEY = 32,
    HELLO_BYTES = 200,
    WELCOME_BYTES = 168,
    INITIATE_HEAD = 9 + 96 + 8,
    OVERHEAD = 33,
    RIG_COMMAND_MAX = 16384
};

struct rig_pair {
    uint8_t public_key[KEY], secret_key[KEY];
};

struct rig {
    struct rig_pair       client, server;     /* C c, S s */
    struct rig_pair       client_t, server_t; /* C' c', S' s' of the hand-written side */
    uint8_t               cookie[96];
    struct fsz_mechanism *ours_client, *ours_server;
    struct fsz_buffer     out;
};

static struct rig rig;

static inline struct fsz_mechanism *rig_mechanism_of(bool as_server, enum fsz_zmtp_type type)
{
    struct fsz_mechanism       *made = NULL;
    const struct rig_pair      *pair = as_server ? &rig.server : &rig.client;
    struct fsz_mechanism_config config = {
        .name = FSZ_ZMTP_CURVE, .as_server = as_server, .type = type};
    memcpy(config.public_key, pair->public_key, KEY);
    memcpy(config.secret_key, pair->secret_key, KEY);
    memcpy(config.server_key, rig.server.public_key, KEY);
    assert_int_equal(fsz_mechanism_new(&config, &made), FSZ_OK);
    return made;
}

static inline struct fsz_mechanism *rig_mechanism(bool as_server)
{
    return rig_mechanism_of(as_server, as_server ? FSZ_ZMTP_ROUTER : FSZ_ZMTP_DEALER);
}

static inline void rig_restart(void)
{
    fsz_mechanism_free(&rig.ours_client);
    fsz_mechanism_free(&rig.ours_server);
    rig.ours_client = rig_mechanism(false);
    rig.ours_server = rig_mechanism(true);
}

static inline int rig_begin(void **state)
{
    (void)state;
    memset(&rig, 0, sizeof(rig));
    assert_true(sodium_init() >= 0);
    crypto_box_keypair(rig.client.public_key, rig.client.secret_key);
    crypto_box_keypair(rig.server.public_key, rig.server.secret_key);
    crypto_box_keypair(rig.client_t.public_key, rig.client_t.secret_key);
    crypto_box_keypair(rig.server_t.public_key, rig.server_t.secret_key);
    fsz_buffer_init(&rig.out, RIG_COMMAND_MAX);
    rig_restart();
    return 0;
}

static inline int rig_end(void **state)
{
    (void)state;
    fsz_mechanism_free(&rig.ours_client);
    fsz_mechanism_free(&rig.ours_server);
    fsz_buffer_fini(&rig.out);
    return 0;
}

/* The next command of our side, in rig.out. */
static inline void rig_next(struct fsz_mechanism *from)
{
    rig.out.size = 0;
    assert_true(fsz_mechanism_next(from, &rig.out));
}

/* Passes bytes to `to` in memory of exactly their size, so that a read beyond them is detected. */
static inline fsz_err rig_take(struct fsz_mechanism *to, const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    fsz_err err = fsz_mechanism_take(to, copy, size);
    free(copy);
    return err;
}

static inline void rig_pass(struct fsz_mechanism *from, struct fsz_mechanism *to)
{
    rig_next(from);
    assert_int_equal(rig_take(to, rig.out.data, rig.out.size), FSZ_OK);
}

static inline void rig_shake(void)
{
    rig_pass(rig.ours_client, rig.ours_server);
    rig_pass(rig.ours_server, rig.ours_client);
    rig_pass(rig.ours_client, rig.ours_server);
    assert_int_equal(fsz_mechanism_state(rig.ours_server), FSZ_MECHANISM_ASKING);
    fsz_mechanism_judge(rig.ours_server, "200");
    rig_pass(rig.ours_server, rig.ours_client);
    assert_int_equal(fsz_mechanism_state(rig.ours_server), FSZ_MECHANISM_READY);
    assert_int_equal(fsz_mechanism_state(rig.ours_client), FSZ_MECHANISM_READY);
}

static inline void rig_expect_failure(struct fsz_mechanism *m, enum fsz_zmtp_ending ending)
{
    rig.out.size = 0;
    assert_int_equal(fsz_mechanism_state(m), FSZ_MECHANISM_FAILED);
    assert_int_equal(fsz_mechanism_ending(m), ending);
    assert_false(fsz_mechanism_next(m, &rig.out));
}

/* The hand-written side. */

static inline void hand_number(uint8_t at[8], uint64_t number)
{
    number = htobe64(number);
    memcpy(at, &number, 8);
}

/* A nonce of a text and a rest that fills it up to 24 bytes. */
static inline const uint8_t *hand_nonce(const char *prefix, const uint8_t *rest)
{
    static uint8_t nonce[24];
    memcpy(nonce, prefix, strlen(prefix));
    memcpy(nonce + strlen(prefix), rest, 24 - strlen(prefix));
    return nonce;
}

static inline size_t hand_hello(uint8_t command[HELLO_BYTES], uint64_t nonce)
{
    static const uint8_t zeros[64];
    memset(command, 0, HELLO_BYTES);
    memcpy(command, "\5HELLO\1\0", 8);
    memcpy(command + 80, rig.client_t.public_key, KEY);
    hand_number(command + 112, nonce);
    assert_int_equal(crypto_box_easy(command + 120, zeros, 64,
                                     hand_nonce("CurveZMQHELLO---", command + 112),
                                     rig.server.public_key, rig.client_t.secret_key),
                     0);
    return HELLO_BYTES;
}

/* Reads S' and the cookie. */
static inline bool hand_open_welcome(const uint8_t *command, size_t size)
{
    uint8_t plain[128];
    if (size != WELCOME_BYTES || memcmp(command, "\7WELCOME", 8) != 0 ||
        crypto_box_open_easy(plain, command + 24, 144, hand_nonce("WELCOME-", command + 8),
                             rig.server.public_key, rig.client_t.secret_key) != 0) {
        return false;
    }
    memcpy(rig.server_t.public_key, plain, KEY);
    memcpy(rig.cookie, plain + KEY, sizeof(rig.cookie));
    return true;
}

/* The content of a hand-written INITIATE, which a test may change. */
struct hand_initiate {
    uint64_t       nonce;
    const uint8_t *client, *client_secret; /* C; c signs the vouch */
    const uint8_t *vouched_client, *vouched_server;
    const uint8_t *metadata;
    size_t         metadata_size;
};

static const uint8_t dealer_metadata[] = "\x0bSocket-Type\0\0\0\6DEALER\x08Identity\0\0\0\0";

static inline struct hand_initiate hand_initiate_usual(void)
{
    return (struct hand_initiate){
        .nonce = 2,
        .client = rig.client.public_key,
        .client_secret = rig.client.secret_key,
        .vouched_client = rig.client_t.public_key,
        .vouched_server = rig.server.public_key,
        .metadata = dealer_metadata,
        .metadata_size = sizeof(dealer_metadata) - 1,
    };
}

static inline size_t hand_initiate(uint8_t                     command[RIG_COMMAND_MAX],
                                   const struct hand_initiate *say)
{
    uint8_t vouch[64], plain[RIG_COMMAND_MAX / 2];
    size_t  size = 128 + say->metadata_size;
    memcpy(vouch, say->vouched_client, KEY);
    memcpy(vouch + KEY, say->vouched_server, KEY);
    memcpy(plain, say->client, KEY);
    randombytes_buf(plain + KEY, 16);
    assert_int_equal(crypto_box_easy(plain + 48, vouch, 64, hand_nonce("VOUCH---", plain + KEY),
                                     rig.server_t.public_key, say->client_secret),
                     0);
    memcpy(plain + 128, say->metadata, say->metadata_size);
    memcpy(command, "\10INITIATE", 9);
    memcpy(command + 9, rig.cookie, 96);
    hand_number(command + 105, say->nonce);
    assert_int_equal(crypto_box_easy(command + INITIATE_HEAD, plain, size,
                                     hand_nonce("CurveZMQINITIATE", command + 105),
                                     rig.server_t.public_key, rig.client_t.secret_key),
                     0);
    return INITIATE_HEAD + 16 + size;
}

#endif
