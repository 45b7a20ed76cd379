/* SPDX-License-Identifier: MPL-2.0 */
/* CURVE with arbitrary bytes, both sides. Two real sides shake hands and exchange messages; the
 * input says what happens to each command or message in transit. An altered one must be refused,
 * and an unaltered one accepted. A side that gets raw bytes instead must not read beyond their end.
 *
 * Input: for each step a byte of action, and the data of the action. The generator of random
 * numbers is reset for each input, so that a crash can be repeated. */
#include "zmtp/mechanism.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 16, BYTES_MAX = 8300, OVERHEAD = 33 };

enum action {
    DELIVER,  /* unchanged */
    FLIP,     /* two bytes of position, one of bits */
    TRUNCATE, /* two bytes of size */
    REPLACE,  /* two bytes of size, then bytes that replace the real ones */
    AGAIN,    /* twice */
    SWAP,     /* the previous one in the same direction instead */
    PATCH,    /* two bytes of position, one of size, then bytes that overwrite the real ones */
    ACTIONS
};

struct input {
    const uint8_t *at;
    size_t         left;
};

struct bytes {
    uint8_t data[BYTES_MAX];
    size_t  size;
};

static struct bytes now, last[2];
static uint32_t     random_counter;

static void require(bool held)
{
    if (!held) {
        abort();
    }
}

static const char *random_name(void)
{
    return "counted";
}

static void random_fill(void *const bytes, const size_t size)
{
    static const uint8_t seed_key[randombytes_SEEDBYTES] = {1};
    uint8_t              seed[randombytes_SEEDBYTES];
    memcpy(seed, seed_key, sizeof(seed));
    memcpy(seed + 4, &random_counter, sizeof(random_counter));
    random_counter++;
    randombytes_buf_deterministic(bytes, size, seed);
}

static uint32_t random_word(void)
{
    uint32_t word = 0;
    random_fill(&word, sizeof(word));
    return word;
}

static size_t input_number(struct input *input, size_t bytes)
{
    size_t number = 0;
    for (; bytes > 0 && input->left > 0; bytes--, input->at++, input->left--) {
        number = number << 8 | *input->at;
    }
    return number;
}

static size_t input_bytes(struct input *input, uint8_t *to, size_t size)
{
    size = size < input->left ? size : input->left;
    if (size > 0) {
        memcpy(to, input->at, size);
    }
    input->at += size;
    input->left -= size;
    return size;
}

static void now_patch(struct input *input)
{
    size_t at = input_number(input, 2), size = input_number(input, 1);
    if (at < now.size) {
        input_bytes(input, now.data + at, size < now.size - at ? size : now.size - at);
    }
}

static void now_flip(struct input *input)
{
    size_t at = input_number(input, 2);
    if (now.size > 0) {
        now.data[at % now.size] ^= (uint8_t)input_number(input, 1);
    }
}

static void now_alter(struct input *input, enum action action, const struct bytes *before)
{
    if (action == FLIP) {
        now_flip(input);
    } else if (action == TRUNCATE) {
        size_t size = input_number(input, 2);
        now.size = size < now.size ? size : now.size;
    } else if (action == REPLACE) {
        size_t size = input_number(input, 2);
        now.size = input_bytes(input, now.data, size < BYTES_MAX ? size : BYTES_MAX);
    } else if (action == SWAP) {
        now = *before;
    } else if (action == PATCH) {
        now_patch(input);
    }
}

static struct fsz_mechanism *side_new(bool as_server, const uint8_t keys[4][32])
{
    struct fsz_mechanism       *made = NULL;
    struct fsz_mechanism_config config = {.name = FSZ_ZMTP_CURVE,
                                          .as_server = as_server,
                                          .type = as_server ? FSZ_ZMTP_XPUB : FSZ_ZMTP_SUB};
    memcpy(config.public_key, keys[as_server ? 2 : 0], 32);
    memcpy(config.secret_key, keys[as_server ? 3 : 1], 32);
    memcpy(config.server_key, keys[2], 32);
    require(fsz_mechanism_new(&config, &made) == FSZ_OK);
    return made;
}

/* In memory of exactly that size, so that the sanitizer detects reads beyond the end. */
static fsz_err side_take(struct fsz_mechanism *to, const struct bytes *bytes)
{
    uint8_t *copy = malloc(bytes->size > 0 ? bytes->size : 1);
    require(copy != NULL);
    memcpy(copy, bytes->data, bytes->size);
    fsz_err err = fsz_mechanism_take(to, copy, bytes->size);
    free(copy);
    require((err == FSZ_OK) == (fsz_mechanism_state(to) != FSZ_MECHANISM_FAILED));
    return err;
}

/* True if only the highest bit of C' in HELLO was changed: it is not part of the number. */
static bool is_unused_bit(const struct bytes *real)
{
    struct bytes copy = *real;
    if (real->size != 200 || memcmp(real->data, "\5HELLO", 6) != 0) {
        return false;
    }
    copy.data[111] ^= 0x80;
    return now.size == copy.size && memcmp(now.data, copy.data, copy.size) == 0;
}

/* Delivers one command. False: the handshake has ended. */
static bool command_pass(struct input *input, struct fsz_mechanism *from, struct fsz_mechanism *to,
                         struct bytes *before)
{
    static struct bytes real;
    struct fsz_buffer   out;
    fsz_buffer_init(&out, BYTES_MAX);
    bool some = fsz_mechanism_next(from, &out);
    if (some) {
        memcpy(now.data, out.data, out.size);
        now.size = out.size;
    }
    fsz_buffer_fini(&out);
    if (!some) {
        return false;
    }
    real = now;
    enum action action = input_number(input, 1) % ACTIONS;
    now_alter(input, action, before);
    *before = real;
    bool whole = now.size == real.size && memcmp(now.data, real.data, real.size) == 0;
    bool taken = side_take(to, &now) == FSZ_OK;
    require(whole ? taken : !taken || is_unused_bit(&real));
    if (!whole) {
        return false;
    }
    if (action == AGAIN && fsz_mechanism_state(to) != FSZ_MECHANISM_ASKING) {
        require(side_take(to, &now) != FSZ_OK);
        return false;
    }
    if (fsz_mechanism_state(to) == FSZ_MECHANISM_ASKING) {
        fsz_mechanism_judge(to, "200");
    }
    return true;
}

static fsz_err side_open(struct fsz_mechanism *to, const struct bytes *bytes,
                         const uint8_t *expected, size_t expected_size, uint8_t expected_flags)
{
    uint8_t flags = 0xff, *body = NULL, *copy = malloc(bytes->size > 0 ? bytes->size : 1);
    size_t  size = 0;
    require(copy != NULL);
    memcpy(copy, bytes->data, bytes->size);
    fsz_err err = fsz_mechanism_open(to, copy, bytes->size, &flags, &body, &size);
    if (err == FSZ_OK) {
        require(flags == expected_flags && size == expected_size &&
                memcmp(body, expected, size) == 0);
    }
    free(copy);
    return err;
}

static void message_pass(struct input *input, struct fsz_mechanism *from, struct fsz_mechanism *to,
                         struct bytes *before)
{
    static uint8_t      body[BYTES_MAX - OVERHEAD];
    static struct bytes real;
    uint8_t             flags = (uint8_t)input_number(input, 1) & 5;
    size_t              size = input_bytes(input, body, input_number(input, 1));
    require(fsz_mechanism_seal(from, flags, body, size, now.data) == FSZ_OK);
    now.size = size + OVERHEAD;
    real = now;
    enum action action = input_number(input, 1) % ACTIONS;
    now_alter(input, action, before);
    *before = real;
    bool whole = now.size == real.size && memcmp(now.data, real.data, real.size) == 0;
    require((side_open(to, &now, body, size, flags) == FSZ_OK) == whole);
    bool has_come = whole;
    require((side_open(to, &real, body, size, flags) == FSZ_OK) == !has_come);
}

static void begin(void)
{
    static randombytes_implementation counted = {
        .implementation_name = random_name, .random = random_word, .buf = random_fill};
    static bool begun;
    if (!begun) {
        require(randombytes_set_implementation(&counted) == 0 && sodium_init() >= 0);
        begun = true;
    }
    random_counter = 0;
    last[0].size = last[1].size = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    uint8_t      keys[4][32];
    begin();
    crypto_box_keypair(keys[0], keys[1]);
    crypto_box_keypair(keys[2], keys[3]);
    struct fsz_mechanism *sides[2] = {side_new(false, keys), side_new(true, keys)};
    int                   turn = 0;
    while (turn < 4 &&
           command_pass(&input, sides[turn % 2], sides[(turn + 1) % 2], &last[turn % 2])) {
        turn++;
    }
    bool ready = turn == 4;
    require(ready == (fsz_mechanism_state(sides[0]) == FSZ_MECHANISM_READY));
    for (int step = 0; ready && step < STEPS_MAX && input.left > 0; step++) {
        size_t from = input_number(&input, 1) % 2;
        message_pass(&input, sides[from], sides[1 - from], &last[from]);
    }
    fsz_mechanism_free(&sides[0]);
    fsz_mechanism_free(&sides[1]);
    return 0;
}
