/* SPDX-License-Identifier: MPL-2.0 */
/* zmtp.h - the map of this folder, and what all of it shares: versions, socket types, mechanisms,
 * and the reasons why a connection ends.
 *
 * The folder implements ZMTP 3.1, 3.0 and 2.0 over tcp and ipc (RFC 37, RFC 23, RFC 15). It knows
 * nothing of switches or events. Each layer uses only those above it in this list:
 *
 *   frame, greeting, metadata    parse and write the bytes of the protocol; pure functions
 *   zmtp_message                 an outgoing message, shared by its connections
 *   mechanism, mech_null,        the handshake and the encryption, as state machines
 *     mech_plain, mech_curve*
 *   loop                         descriptors, timers and tasks of one thread, on epoll
 *   address, resolver            endpoints to socket addresses; lookups of names
 *   descriptor, ipc_file,        accept and connect; hand over descriptors
 *     listener, dialer
 *   origin, rates                which peers count as one address, and how fast they may connect
 *   conn*                        one connection: conn_private.h lists its files
 *   zmtp_socket*, admission      the connections of a socket: endpoints, limits, access
 *   prefixes*                    the tree of subscriptions
 *   pub*, router, dealer         the patterns: XPUB, ROUTER and DEALER (RFC 28, RFC 29)
 *
 * The way of received bytes, and of a message to be sent:
 *
 *   listener or dialer -> zmtp_socket_endpoints.c -> conn_input.c -> conn_handshake.c, and after
 *     the handshake conn_message.c -> zmtp_socket_members.c -> the handler of the pattern
 *   pub_send.c, dealer.c or a caller -> conn_output.c (queue) -> conn_write.c (socket)
 *
 * Headers named *_private.h are used only inside the folder and by its tests.
 *
 * Threads: a loop and everything created on it belong to the thread that turns the loop, except
 * where a function says "any thread". No function waits for a peer. */
#ifndef FSZ_ZMTP_H
#define FSZ_ZMTP_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fsz_zmtp_version {
    FSZ_ZMTP_UNKNOWN, /* the greeting is incomplete */
    FSZ_ZMTP_2_0,     /* RFC 15: NULL only, no commands */
    FSZ_ZMTP_3_0,     /* RFC 23 */
    FSZ_ZMTP_3_1,     /* RFC 37: SUBSCRIBE, CANCEL, PING, PONG as commands */
};

/* The values are those of ZMTP 2.0's greeting (RFC 15). */
enum fsz_zmtp_type {
    FSZ_ZMTP_PAIR,
    FSZ_ZMTP_PUB,
    FSZ_ZMTP_SUB,
    FSZ_ZMTP_REQ,
    FSZ_ZMTP_REP,
    FSZ_ZMTP_DEALER,
    FSZ_ZMTP_ROUTER,
    FSZ_ZMTP_PULL,
    FSZ_ZMTP_PUSH,
    FSZ_ZMTP_XPUB,
    FSZ_ZMTP_XSUB,
    FSZ_ZMTP_TYPES /* the number of types */
};

/* "XPUB", as in the property Socket-Type. Static storage. Any thread. */
const char *fsz_zmtp_type_name(enum fsz_zmtp_type type);
/* FSZ_ENOTFOUND: unknown type. `name` need not end with a NUL. Any thread. */
FSZ_NODISCARD fsz_err fsz_zmtp_type_find(const void *name, size_t size,
                                         enum fsz_zmtp_type *ret_type);
/* May a socket of type `own` talk to one of type `peer` (RFC 23, section "Socket types")? */
bool fsz_zmtp_types_match(enum fsz_zmtp_type own, enum fsz_zmtp_type peer);

enum fsz_zmtp_mechanism_name {
    FSZ_ZMTP_NULL,
    FSZ_ZMTP_PLAIN,     /* RFC 24 */
    FSZ_ZMTP_CURVE,     /* RFC 26 */
    FSZ_ZMTP_MECHANISMS /* the number of mechanisms; as a value: an unknown one */
};

/* "CURVE", as in the greeting; "other" for an unknown one. */
const char *fsz_zmtp_mechanism_text(enum fsz_zmtp_mechanism_name name);

/* Why a connection ended or was not established: enumerator, word for logs and JSON, sentence. */
#define FSZ_ZMTP_ENDINGS(X)                                                                        \
    X(PEER, "closed", "the peer closed the connection")                                            \
    X(SYSTEM, "system", "the operating system reported an error")                                  \
    X(PROTOCOL, "protocol", "the peer sent bytes that are not valid ZMTP")                         \
    X(VERSION, "version", "the peer speaks an unsupported version of ZMTP")                        \
    X(MECHANISM, "mechanism", "the peer uses another security mechanism")                          \
    X(TYPE, "socket-type", "the peer's socket type does not match ours")                           \
    X(CRYPTO, "crypto", "decryption failed: wrong key, or altered bytes")                          \
    X(REFUSED, "refused", "access was refused")                                                    \
    X(DENIED, "denied", "the peer refused access")                                                 \
    X(HANDSHAKE_TIMEOUT, "handshake-timeout", "the handshake took too long")                       \
    X(HEARTBEAT_TIMEOUT, "heartbeat-timeout", "the peer did not reply to a heartbeat in time")     \
    X(MESSAGE_BYTES, "message-bytes", "a message was larger than allowed")                         \
    X(MESSAGE_FRAMES, "message-frames", "a message had more frames than allowed")                  \
    X(INPUT_BYTES, "input-bytes", "incomplete messages of all peers used too much memory")         \
    X(OUTPUT_BYTES, "output-bytes", "messages that peers did not read used too much memory")       \
    X(CONNECTIONS, "connections", "too many connections")                                          \
    X(ADDRESS_CONNECTIONS, "address-connections", "too many connections from one address")         \
    X(ADDRESS_RATE, "address-rate", "too many new connections a second from one address")          \
    X(DESCRIPTORS, "descriptors", "no file descriptor was left")                                   \
    X(MEMORY, "memory", "out of memory")                                                           \
    X(KICKED, "kicked", "it was disconnected on request")                                          \
    X(STOPPED, "stopped", "the socket was closed")

enum fsz_zmtp_ending {
#define FSZ_ZMTP_ENDING_NAME(name, word, text) FSZ_ZMTP_END_##name,
    FSZ_ZMTP_ENDINGS(FSZ_ZMTP_ENDING_NAME)
#undef FSZ_ZMTP_ENDING_NAME
        FSZ_ZMTP_ENDING_COUNT
};

const char *fsz_zmtp_ending_word(enum fsz_zmtp_ending ending);
const char *fsz_zmtp_ending_text(enum fsz_zmtp_ending ending);

enum {
    FSZ_ZMTP_KEY_BYTES = 32,      /* a Curve25519 key */
    FSZ_ZMTP_ROUTING_ID_MAX = 255 /* bytes of the property Identity */
};

#endif
