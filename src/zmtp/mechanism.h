/* SPDX-License-Identifier: MPL-2.0 */
/* mechanism.h - a security mechanism: the commands of the handshake, and the encryption of frames
 * after it. NULL (RFC 23), PLAIN (RFC 24) and CURVE (RFC 25, RFC 26), each as client and server.
 *
 * It is a pure state machine without a clock, a descriptor or a callback: the connection passes
 * received commands to it and sends the commands that it produces. The handshake belongs to one
 * thread. After it, one thread may call seal() while another calls open(). */
#ifndef FSZ_ZMTP_MECHANISM_H
#define FSZ_ZMTP_MECHANISM_H

#include "base/buffer.h"
#include "zmtp/metadata.h"

struct fsz_mechanism;

enum {
    FSZ_MECHANISM_COMMAND_MAX = 8192,  /* of one handshake command, from either side */
    FSZ_MECHANISM_CREDENTIAL_MAX = 255 /* bytes of a PLAIN user name or password (RFC 24) */
};

/* The configuration of this side. fsz_mechanism_new() copies it; the copy is wiped when freed. */
struct fsz_mechanism_config {
    enum fsz_zmtp_mechanism_name name;
    bool                         as_server;
    enum fsz_zmtp_type           type; /* sent as the property Socket-Type */
    /* CURVE: this side's key pair and, for a client, the server's key. */
    uint8_t public_key[FSZ_ZMTP_KEY_BYTES], secret_key[FSZ_ZMTP_KEY_BYTES];
    uint8_t server_key[FSZ_ZMTP_KEY_BYTES];
    /* PLAIN, for a client: both end with a NUL. */
    char user[FSZ_MECHANISM_CREDENTIAL_MAX + 1], password[FSZ_MECHANISM_CREDENTIAL_MAX + 1];
};

/* What a peer has shown to a server. */
struct fsz_mechanism_credentials {
    /* PLAIN: texts without a NUL inside, which would be a protocol error. */
    char    user[FSZ_MECHANISM_CREDENTIAL_MAX + 1], password[FSZ_MECHANISM_CREDENTIAL_MAX + 1];
    uint8_t key[FSZ_ZMTP_KEY_BYTES]; /* CURVE: the long-term public key, whose secret key the peer
                                        has proved to have */
};

enum fsz_mechanism_state {
    FSZ_MECHANISM_WORKING, /* waits for the peer, or has a command to send */
    FSZ_MECHANISM_ASKING,  /* a server has seen credentials and waits for fsz_mechanism_judge() */
    FSZ_MECHANISM_READY,   /* both sides are done; nothing is left to send */
    FSZ_MECHANISM_FAILED   /* an ERROR command may be left to send */
};

/* FSZ_ENOMEM. FSZ_EINVALID: unknown mechanism. */
FSZ_NODISCARD fsz_err fsz_mechanism_new(const struct fsz_mechanism_config *config,
                                        struct fsz_mechanism             **ret_mechanism);
/* Wipes keys and credentials. Accepts NULL in *mechanism. */
void fsz_mechanism_free(struct fsz_mechanism **mechanism);

enum fsz_mechanism_state fsz_mechanism_state(const struct fsz_mechanism *mechanism);
/* Why it failed: PROTOCOL, CRYPTO, TYPE, REFUSED, DENIED, MEMORY. */
enum fsz_zmtp_ending fsz_mechanism_ending(const struct fsz_mechanism *mechanism);
/* The text of the peer's ERROR command, printable; empty: none. Valid as long as the mechanism. */
const char *fsz_mechanism_peer_reason(const struct fsz_mechanism *mechanism);

/* Processes a command of the peer: the body of a frame with flag COMMAND. FSZ_EINVALID: the state
 * is FAILED now. Must not be called in state ASKING. */
FSZ_NODISCARD fsz_err fsz_mechanism_take(struct fsz_mechanism *mechanism, const uint8_t *command,
                                         size_t size);
/* Appends the next command to send, as the body of one frame. False: there is none now. */
bool fsz_mechanism_next(struct fsz_mechanism *mechanism, struct fsz_buffer *out);

/* The peer's credentials, in state ASKING. */
const struct fsz_mechanism_credentials *
fsz_mechanism_credentials(const struct fsz_mechanism *mechanism);
/* Ends state ASKING. `status` is that of RFC 27: "200" admits the peer; any other is sent to it in
 * an ERROR command. Wipes the password. */
void fsz_mechanism_judge(struct fsz_mechanism *mechanism, const char *status);
/* Ends a handshake that is not READY with an ERROR command of that status. */
void fsz_mechanism_refuse(struct fsz_mechanism *mechanism, const char *status);

/* The peer's metadata, in state READY. */
const struct fsz_metadata *fsz_mechanism_peer(const struct fsz_mechanism *mechanism);

/* Are frames encrypted after the handshake? If not, frames are sent in the clear, and seal() and
 * open() must not be called. */
bool fsz_mechanism_encrypts(const struct fsz_mechanism *mechanism);
/* Bytes that sealing adds to a body. */
size_t fsz_mechanism_overhead(const struct fsz_mechanism *mechanism);
/* Encrypts one frame. `flags`: MORE and COMMAND of its header. `sealed` has room for `size` plus
 * the overhead, and becomes the body of a frame whose header has neither flag, as in libzmq.
 * FSZ_ELIMIT: the nonces are used up; the connection has to end. */
FSZ_NODISCARD fsz_err fsz_mechanism_seal(struct fsz_mechanism *mechanism, uint8_t flags,
                                         const uint8_t *body, size_t size, uint8_t *sealed);
/* Decrypts the body of a frame in place. FSZ_EINVALID: not a box from the peer, or its nonce does
 * not exceed the last one; the connection has to end with CRYPTO. */
FSZ_NODISCARD fsz_err fsz_mechanism_open(struct fsz_mechanism *mechanism, uint8_t *sealed,
                                         size_t size, uint8_t *ret_flags, uint8_t **ret_body,
                                         size_t *ret_size);

#endif
