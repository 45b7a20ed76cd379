/* mechanism.h - a security mechanism: the commands of a handshake, and what encrypts the frames
 * after it. NULL (RFC 23), PLAIN (RFC 24), CURVE (RFC 25, RFC 26), each for client and server.
 *
 * A pure state machine without a clock, a descriptor or a callback: the connection feeds it the
 * commands that come and sends the ones that it writes. The handshake belongs to one thread. After
 * it, seal() and open() may run on two threads at once, each of them on one thread at a time. */
#ifndef FSZ_ZMTP_MECHANISM_H
#define FSZ_ZMTP_MECHANISM_H

#include "base/buffer.h"
#include "zmtp/metadata.h"

struct fsz_mechanism;

enum {
    FSZ_MECHANISM_COMMAND_MAX = 8192,  /* bytes of one command of a handshake, from either side */
    FSZ_MECHANISM_CREDENTIAL_MAX = 255 /* bytes of a PLAIN user name or password (RFC 24) */
};

/* What this side uses. Copied by fsz_mechanism_new(); wiped when freed. */
struct fsz_mechanism_config {
    enum fsz_zmtp_mechanism_name name;
    bool                         as_server;
    enum fsz_zmtp_type           type; /* goes out as the property Socket-Type */
    /* CURVE: this side's pair, and as a client the key of the server. */
    uint8_t public_key[FSZ_ZMTP_KEY_BYTES], secret_key[FSZ_ZMTP_KEY_BYTES];
    uint8_t server_key[FSZ_ZMTP_KEY_BYTES];
    /* PLAIN, as a client: both end with a NUL. */
    char user[FSZ_MECHANISM_CREDENTIAL_MAX + 1], password[FSZ_MECHANISM_CREDENTIAL_MAX + 1];
};

/* What a peer has shown a server. */
struct fsz_mechanism_credentials {
    /* PLAIN: texts without a NUL inside; a peer that sends one is a protocol error. */
    char user[FSZ_MECHANISM_CREDENTIAL_MAX + 1], password[FSZ_MECHANISM_CREDENTIAL_MAX + 1];
    uint8_t
        key[FSZ_ZMTP_KEY_BYTES]; /* CURVE: the long-term public key, which the peer has proved */
};

enum fsz_mechanism_state {
    FSZ_MECHANISM_WORKING, /* waits for the peer, or has a command to send */
    FSZ_MECHANISM_ASKING,  /* a server that has seen credentials waits for fsz_mechanism_judge() */
    FSZ_MECHANISM_READY,   /* both sides are done; nothing is left to send */
    FSZ_MECHANISM_FAILED   /* what is left to send is an ERROR command, if any */
};

/* FSZ_ENOMEM. FSZ_EINVALID: there is no such mechanism. */
FSZ_NODISCARD fsz_err fsz_mechanism_new(const struct fsz_mechanism_config *config,
                                        struct fsz_mechanism             **ret_mechanism);
/* Wipes keys and credentials. Accepts NULL in *mechanism. */
void fsz_mechanism_free(struct fsz_mechanism **mechanism);

enum fsz_mechanism_state fsz_mechanism_state(const struct fsz_mechanism *mechanism);
/* Why it failed: PROTOCOL, CRYPTO, TYPE, REFUSED, DENIED, MEMORY. */
enum fsz_zmtp_ending fsz_mechanism_ending(const struct fsz_mechanism *mechanism);
/* What the peer's ERROR command said, a printable text; empty: nothing. Valid while it lives. */
const char *fsz_mechanism_peer_reason(const struct fsz_mechanism *mechanism);

/* A command of the peer: the body of a frame with flag COMMAND. FSZ_EINVALID: it is FAILED now.
 * Never to be called in state ASKING. */
FSZ_NODISCARD fsz_err fsz_mechanism_take(struct fsz_mechanism *mechanism, const uint8_t *command,
                                         size_t size);
/* Appends the next command that is to be sent, as the body of one frame. False: there is none now.
 */
bool fsz_mechanism_next(struct fsz_mechanism *mechanism, struct fsz_buffer *out);

/* What the peer has shown; in state ASKING. */
const struct fsz_mechanism_credentials *
fsz_mechanism_credentials(const struct fsz_mechanism *mechanism);
/* Ends state ASKING. `status` is that of RFC 27: "200" admits; another one goes to the peer in an
 * ERROR command. Wipes the credentials' password. */
void fsz_mechanism_judge(struct fsz_mechanism *mechanism, const char *status);
/* Ends a handshake in any state before READY with an ERROR command of that status. */
void fsz_mechanism_refuse(struct fsz_mechanism *mechanism, const char *status);

/* What the peer said of itself. In state READY. */
const struct fsz_metadata *fsz_mechanism_peer(const struct fsz_mechanism *mechanism);

/* Are frames encrypted after the handshake? False: they are sent as they are, and seal() and open()
 * are not to be called. */
bool fsz_mechanism_encrypts(const struct fsz_mechanism *mechanism);
/* Bytes that sealing adds to a body. */
size_t fsz_mechanism_overhead(const struct fsz_mechanism *mechanism);
/* Encrypts one frame. `flags`: those of its head, MORE and COMMAND. `sealed` has room for `size`
 * and the overhead; it becomes the body of a frame whose head has neither flag, as libzmq sends it.
 * FSZ_ELIMIT: the nonces are used up; the connection has to end. */
FSZ_NODISCARD fsz_err fsz_mechanism_seal(struct fsz_mechanism *mechanism, uint8_t flags,
                                         const uint8_t *body, size_t size, uint8_t *sealed);
/* Decrypts the body of a frame in place. FSZ_EINVALID: not a box of the peer's, or its nonce is not
 * larger than the last one; the connection has to end with CRYPTO. */
FSZ_NODISCARD fsz_err fsz_mechanism_open(struct fsz_mechanism *mechanism, uint8_t *sealed,
                                         size_t size, uint8_t *ret_flags, uint8_t **ret_body,
                                         size_t *ret_size);

#endif
