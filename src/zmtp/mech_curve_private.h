/* SPDX-License-Identifier: MPL-2.0 */
/* mech_curve_private.h - shared by both sides of CURVE: layout of the commands (RFC 26), boxes,
 * nonces and keys.
 *
 * Key names are those of the RFC: C and S are the long-term public keys of client and server, c and
 * s the secret keys; C', S', c', s' are those of one connection. A box is a MAC followed by the
 * encrypted bytes. */
#ifndef FSZ_ZMTP_MECH_CURVE_PRIVATE_H
#define FSZ_ZMTP_MECH_CURVE_PRIVATE_H

#include "zmtp/mechanism_private.h"

#include <sodium.h>

enum {
    CURVE_KEY = FSZ_ZMTP_KEY_BYTES,
    CURVE_MAC = crypto_box_MACBYTES,
    CURVE_SHORT_NONCE = 8, /* a counter, after a prefix of 16 bytes */
    CURVE_LONG_NONCE = 16  /* random, after a prefix of 8 bytes */
};

/* Encrypted with the key of the connection. */
struct curve_box {
    uint8_t nonce[CURVE_SHORT_NONCE], mac[CURVE_MAC];
    uint8_t bytes[]; /* encrypted */
};

/* The structs below follow the name of their command. */
struct curve_hello {
    uint8_t          version[2], padding[72], client[CURVE_KEY]; /* 1 0; zeros; C' */
    struct curve_box box;                                        /* 64 zeros (C'->S) */
};

struct curve_cookie {
    uint8_t nonce[CURVE_LONG_NONCE];
    uint8_t box[CURVE_MAC + 2 * CURVE_KEY]; /* curve_cookie_secret (t) */
};

struct curve_cookie_secret {
    uint8_t client[CURVE_KEY], server_secret[CURVE_KEY]; /* C', s' */
};

struct curve_welcome_secret {
    uint8_t             server[CURVE_KEY]; /* S' */
    struct curve_cookie cookie;
};

struct curve_welcome {
    uint8_t nonce[CURVE_LONG_NONCE];
    uint8_t box[CURVE_MAC + sizeof(struct curve_welcome_secret)]; /* (S->C') */
};

struct curve_vouch {
    uint8_t client[CURVE_KEY], server[CURVE_KEY]; /* C', S */
};

struct curve_initiate_secret {
    uint8_t client[CURVE_KEY]; /* C */
    uint8_t vouch_nonce[CURVE_LONG_NONCE];
    uint8_t vouch_box[CURVE_MAC + sizeof(struct curve_vouch)]; /* (C->S') */
    uint8_t metadata[];
};

struct curve_initiate {
    struct curve_cookie cookie;
    struct curve_box    box; /* curve_initiate_secret (C'->S') */
};

/* READY is a box of metadata (S'->C'). */

/* The body of a frame after the handshake. */
struct curve_message {
    uint8_t          name[8];
    struct curve_box box; /* flags, body */
};

enum {
    CURVE_HELLO_ZEROS = 64,  /* in HELLO's box */
    CURVE_MESSAGE_FLAGS = 1, /* before the body in a MESSAGE's box */
    CURVE_OVERHEAD = sizeof(struct curve_message) + CURVE_MESSAGE_FLAGS
};

_Static_assert(sizeof(struct curve_hello) + CURVE_HELLO_ZEROS == 194 &&
                   sizeof(struct curve_cookie) == 96 && sizeof(struct curve_welcome) == 160 &&
                   sizeof(struct curve_initiate) == 120 &&
                   sizeof(struct curve_initiate_secret) == 128 && CURVE_OVERHEAD == 33,
               "the layouts are those of RFC 26");

enum curve_step {
    CURVE_BEGIN, /* the client sends HELLO, the server waits for it */
    CURVE_WAIT_WELCOME,
    CURVE_SEND_INITIATE,
    CURVE_WAIT_READY,
    CURVE_SEND_WELCOME,
    CURVE_WAIT_INITIATE,
    CURVE_SEND_READY,
    CURVE_DONE
};

struct mech_curve {
    struct fsz_mechanism base;
    enum curve_step      step;
    uint64_t             sent;              /* our last short nonce; 0: none */
    uint64_t             least;             /* the smallest nonce that the peer may use next */
    uint8_t              key[CURVE_KEY];    /* shared by C' and S; since INITIATE, by C' and S' */
    uint8_t              client[CURVE_KEY]; /* C'; client: until INITIATE, server: until WELCOME */
    uint8_t              server[CURVE_KEY]; /* client: S', until INITIATE */
    uint8_t              secret[CURVE_KEY]; /* client: c', until WELCOME */
    uint8_t              cookie_key[CURVE_KEY]; /* server: t, until INITIATE */
    struct curve_cookie  cookie;                /* client: the server's, until INITIATE */
};

/* Append the command of the current step, or process the command that it waits for. */
fsz_err fsz_mech_curve_client_take(struct mech_curve              *curve,
                                   const struct fsz_frame_command *command);
bool    fsz_mech_curve_client_next(struct mech_curve *curve, struct fsz_buffer *out);
fsz_err fsz_mech_curve_server_take(struct mech_curve              *curve,
                                   const struct fsz_frame_command *command);
bool    fsz_mech_curve_server_next(struct mech_curve *curve, struct fsz_buffer *out);

/* Fail the mechanism and return FSZ_EINVALID. */
fsz_err fsz_mech_curve_malformed(struct mech_curve *curve);
fsz_err fsz_mech_curve_forged(struct mech_curve *curve);

/* Sets curve->key to the shared key of a public and a secret key. False: the public key is a point
 * of low order, with which anyone would get the same key. */
bool fsz_mech_curve_share(struct mech_curve *curve, const uint8_t public_key[CURVE_KEY],
                          const uint8_t secret_key[CURVE_KEY]);
/* Encrypts `size` bytes in place with curve->key and our next nonce. `prefix` has 16 bytes.
 * FSZ_ELIMIT: the nonces are used up. */
FSZ_NODISCARD fsz_err fsz_mech_curve_box(struct mech_curve *curve, const char *prefix,
                                         struct curve_box *box, size_t size);
/* Encrypts the bytes of `out` that start at `begin`; the header of the box directly precedes them.
 * Also true if `out` has failed: its owner reports that. */
bool fsz_mech_curve_box_end(struct mech_curve *curve, const char *prefix, struct fsz_buffer *out,
                            size_t begin);
/* Decrypts with curve->key; `ret_bytes` may be the box's own bytes. False: not a box of this key,
 * or its nonce does not exceed the peer's last one, or is the largest possible. */
bool fsz_mech_curve_unbox(struct mech_curve *curve, const char *prefix, const struct curve_box *box,
                          size_t size, uint8_t *ret_bytes);
/* Writes a nonce: a prefix of 8 bytes and a random rest. */
void fsz_mech_curve_long_nonce(uint8_t ret_nonce[crypto_box_NONCEBYTES], const char *prefix,
                               const uint8_t rest[CURVE_LONG_NONCE]);

/* See mechanism.h. */
fsz_err fsz_mech_curve_seal(struct fsz_mechanism *m, uint8_t flags, const uint8_t *body,
                            size_t size, uint8_t *sealed);
fsz_err fsz_mech_curve_open(struct fsz_mechanism *m, uint8_t *sealed, size_t size,
                            uint8_t *ret_flags, uint8_t **ret_body, size_t *ret_size);

#endif
