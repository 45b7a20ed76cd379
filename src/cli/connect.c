/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/connect.h"

#include "base/clock.h"
#include "cli/connect_tell.h"
#include "cli/probe.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

enum {
    CONNECT_HWM = 100000, /* messages queued while we are slow; then the publisher drops messages */
    CONNECT_RETRY_MAX_MS = 2000,   /* longest pause between two attempts */
    CONNECT_HANDSHAKE_MS = 5000,   /* after this, the peer is taken not to speak ZeroMQ */
    CONNECT_KEEPALIVE_IDLE_S = 30, /* for peers without heartbeats (ZMTP 3.0) */
    CONNECT_HEARTBEAT_MS = 1000,
    CONNECT_PROBE_MS = 1000,
    CONNECT_ADDRESS_BYTES = 512,
    CONNECT_SILENCE_MS = 700, /* without a report from libzmq; then we probe the endpoint */
    CONNECT_GREETED_MAX = 3,  /* so many probes answered, but never libzmq: not by accident */
};

static int connect_option(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value);
}

/* A request never waits for a connection: it would run when the switch comes back. The kernel drops
 * a request that TCP cannot deliver in time, even after the socket has been closed. */
static int connect_request_options(void *socket)
{
    return connect_option(socket, ZMQ_IMMEDIATE, 1) == 0 &&
                   connect_option(socket, ZMQ_TCP_MAXRT, FSZ_CONNECT_DEAD_PATH_MS) == 0
               ? 0
               : -1;
}

/* libzmq silently drops subscriptions beyond the send high-water mark, so a SUB socket has none. */
static int connect_type_options(void *socket, int type)
{
    return type == ZMQ_SUB ? connect_option(socket, ZMQ_SNDHWM, 0)
                           : connect_request_options(socket);
}

static int connect_options(void *socket, int type)
{
    return connect_type_options(socket, type) == 0 && connect_option(socket, ZMQ_LINGER, 0) == 0 &&
                   connect_option(socket, ZMQ_RCVHWM, CONNECT_HWM) == 0 &&
                   connect_option(socket, ZMQ_RECONNECT_IVL_MAX, CONNECT_RETRY_MAX_MS) == 0 &&
                   connect_option(socket, ZMQ_HANDSHAKE_IVL, CONNECT_HANDSHAKE_MS) == 0 &&
                   connect_option(socket, ZMQ_HEARTBEAT_IVL, CONNECT_HEARTBEAT_MS) == 0 &&
                   connect_option(socket, ZMQ_HEARTBEAT_TIMEOUT, FSZ_CONNECT_DEAD_PATH_MS) == 0 &&
                   connect_option(socket, ZMQ_TCP_KEEPALIVE, 1) == 0 &&
                   connect_option(socket, ZMQ_TCP_KEEPALIVE_IDLE, CONNECT_KEEPALIVE_IDLE_S) == 0
               ? 0
               : -1;
}

static const char *connect_security(const struct fsz_account *account)
{
    if (account->server_key[0] != '\0') {
        return "curve";
    }
    return account->user[0] != '\0' ? "plain" : "none";
}

int fsz_connect_init(struct fsz_connect *connect, void *context, int type,
                     const struct fsz_account *account, const char *program, bool quiet)
{
    static unsigned made; /* libzmq frees a name only some time after its socket is closed */
    char            address[64];
    *connect = (struct fsz_connect){
        .program = program, .quiet = quiet, .security = connect_security(account)};
    snprintf(address, sizeof address, "inproc://monitor-%u", made++);
    connect->socket = zmq_socket(context, type);
    connect->monitor = zmq_socket(context, ZMQ_PAIR);
    if (connect->socket == NULL || connect->monitor == NULL ||
        connect_options(connect->socket, type) != 0 ||
        fsz_account_apply(account, connect->socket) != 0 ||
        zmq_socket_monitor(connect->socket, address, ZMQ_EVENT_ALL) != 0 ||
        connect_option(connect->monitor, ZMQ_LINGER, 0) != 0 ||
        zmq_connect(connect->monitor, address) != 0) {
        int error = errno;
        fsz_connect_fini(connect);
        errno = error;
        return -1;
    }
    return 0;
}

void fsz_connect_fini(struct fsz_connect *connect)
{
    if (connect->socket != NULL) {
        zmq_socket_monitor(connect->socket, NULL, 0);
        zmq_close(connect->socket);
    }
    if (connect->monitor != NULL) {
        zmq_close(connect->monitor);
    }
    *connect = (struct fsz_connect){0};
}

int fsz_connect_open(struct fsz_connect *connect, const char *endpoint)
{
    if (connect->count == FSZ_CONNECT_MAX) {
        fprintf(stderr, "%s: more than %d endpoints\n", connect->program, FSZ_CONNECT_MAX);
        return -1;
    }
    /* Only for IPv6 addresses: with this option, names would be looked up as IPv6 first. */
    connect_option(connect->socket, ZMQ_IPV6, strchr(endpoint, '[') != NULL);
    if (zmq_connect(connect->socket, endpoint) != 0) {
        fprintf(stderr, "%s: %s: %s; an endpoint has the form tcp://HOST:PORT or ipc://PATH\n",
                connect->program, endpoint, zmq_strerror(errno));
        return -1;
    }
    connect->peers[connect->count++] =
        (struct fsz_connect_peer){.endpoint = endpoint, .opened_ns = fsz_clock_monotonic_ns()};
    return 0;
}

static void connect_absent_detail(const struct fsz_connect *connect, const char *endpoint,
                                  char *ret_text, size_t size)
{
    const char *why = NULL;
    int         error = fsz_probe(endpoint, CONNECT_PROBE_MS, &why);
    snprintf(ret_text, size, " (%s)%s", error == 0 ? "until just now" : why,
             connect->once ? "" : "; trying again until something does");
}

/* In these states libzmq does not reconnect, and it would be of no use. */
static bool connect_is_final(enum fsz_connect_state state)
{
    return state == FSZ_CONNECT_DENIED || state == FSZ_CONNECT_SECURITY;
}

/* Changes the state of a peer and reports it; the only place that does. */
static void connect_become(struct fsz_connect *connect, struct fsz_connect_peer *peer,
                           enum fsz_connect_state state)
{
    char detail[128] = "";
    bool bad = state != FSZ_CONNECT_OPEN && state != FSZ_CONNECT_READY;
    if (peer->state == state) {
        return;
    }
    connect->lost += peer->state == FSZ_CONNECT_READY;
    peer->state = state;
    if (state == FSZ_CONNECT_OPEN || (!bad && !peer->reported) ||
        (state == FSZ_CONNECT_TURNED && connect->once) ||
        (connect->quiet && !connect_is_final(state))) {
        return;
    }
    if (state == FSZ_CONNECT_TURNED || (state == FSZ_CONNECT_LOST && !connect->once)) {
        snprintf(detail, sizeof detail, "; trying again");
    } else if (state == FSZ_CONNECT_ABSENT) {
        connect_absent_detail(connect, peer->endpoint, detail, sizeof detail);
    }
    fsz_connect_tell(connect, peer, detail);
    if (bad && state != FSZ_CONNECT_LOST) {
        fsz_connect_hint(state);
    }
    peer->reported = bad;
}

static enum fsz_connect_state connect_after_close(enum fsz_connect_state state)
{
    switch (state) {
    case FSZ_CONNECT_TRYING:
    case FSZ_CONNECT_TURNED:
        return FSZ_CONNECT_ABSENT;
    case FSZ_CONNECT_READY:
        return FSZ_CONNECT_LOST;
    default:
        return state; /* reported before */
    }
}

static bool connect_is_settled(const struct fsz_connect_peer *peer)
{
    return peer->state == FSZ_CONNECT_STRANGER || connect_is_final(peer->state);
}

/* The peer greets the probe but has ended libzmq's connection. Either it rejects our security, or
 * the switch had just reached a limit. */
static enum fsz_connect_state connect_greeted(const struct fsz_connect *connect,
                                              struct fsz_connect_peer *peer, const char *mechanism)
{
    static const struct {
        const char *mechanism, *security;
    } known[] = {{"NULL", "none"}, {"PLAIN", "plain"}, {"CURVE", "curve"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i].mechanism, mechanism) == 0 &&
            strcmp(known[i].security, connect->security) != 0) {
            peer->wants = known[i].security;
            return FSZ_CONNECT_SECURITY;
        }
    }
    return ++peer->greeted < CONNECT_GREETED_MAX ? FSZ_CONNECT_OPEN : FSZ_CONNECT_STRANGER;
}

/* Probes the endpoint, because libzmq does not say what the other side wants. */
static enum fsz_connect_state connect_probe(const struct fsz_connect *connect,
                                            struct fsz_connect_peer  *peer)
{
    char                  mechanism[FSZ_PROBE_MECHANISM_BYTES] = "";
    enum fsz_probe_answer answer = fsz_probe_greet(peer->endpoint, CONNECT_PROBE_MS, mechanism);
    peer->foreign = answer == FSZ_PROBE_FOREIGN;
    peer->greeted = answer == FSZ_PROBE_GREETED ? peer->greeted : 0;
    switch (answer) {
    case FSZ_PROBE_GREETED:
        return connect_greeted(connect, peer, mechanism);
    case FSZ_PROBE_CLOSED:
        return FSZ_CONNECT_TURNED;
    default:
        return FSZ_CONNECT_STRANGER;
    }
}

/* The other side made the handshake fail; libzmq gives up. */
static void connect_refused(struct fsz_connect *connect, struct fsz_connect_peer *peer)
{
    peer->failed = true;
    if (!connect_is_settled(peer)) {
        enum fsz_connect_state state = connect_probe(connect, peer);
        connect_become(connect, peer, state == FSZ_CONNECT_SECURITY ? state : FSZ_CONNECT_STRANGER);
    }
}

/* A connection, or an attempt to make one, has ended. libzmq tries again. */
static void connect_ended(struct fsz_connect *connect, struct fsz_connect_peer *peer)
{
    if (peer->state == FSZ_CONNECT_OPEN) {
        connect_become(connect, peer, connect_probe(connect, peer));
        peer->failed = connect_is_settled(peer);
    } else {
        peer->failed = true;
        connect_become(connect, peer, connect_after_close(peer->state));
    }
}

static void connect_event(struct fsz_connect *connect, struct fsz_connect_peer *peer,
                          uint16_t event)
{
    bool turned = peer->state == FSZ_CONNECT_TURNED;
    switch (event) {
    case ZMQ_EVENT_CONNECTED:
        if (!connect_is_settled(peer) && !turned) { /* those accept every attempt */
            connect_become(connect, peer, FSZ_CONNECT_OPEN);
        }
        break;
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        peer->failed = false;
        peer->greeted = 0;
        connect_become(connect, peer, FSZ_CONNECT_READY);
        break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        peer->failed = true;
        connect_become(connect, peer, FSZ_CONNECT_DENIED);
        break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        connect_refused(connect, peer);
        break;
    case ZMQ_EVENT_DISCONNECTED: /* also after HANDSHAKE_FAILED_NO_DETAIL */
        if (!turned) {
            connect_ended(connect, peer);
        }
        break;
    case ZMQ_EVENT_CLOSED: /* the system refused the connection: nothing listens there */
        connect_ended(connect, peer);
        break;
    default:
        break;
    }
}

/* Finds a peer. libzmq's name of an endpoint may differ from ours (resolved host, source). */
static struct fsz_connect_peer *connect_peer(struct fsz_connect *connect, const char *address)
{
    for (size_t i = 0; i < connect->count; i++) {
        if (strcmp(connect->peers[i].endpoint, address) == 0) {
            return &connect->peers[i];
        }
    }
    return connect->count == 1 ? &connect->peers[0] : NULL;
}

static bool connect_watch_one(struct fsz_connect *connect)
{
    uint8_t  head[6];
    char     address[CONNECT_ADDRESS_BYTES];
    uint16_t event = 0;
    int      size = zmq_recv(connect->monitor, head, sizeof head, ZMQ_DONTWAIT);
    if (size < (int)sizeof event) {
        return false;
    }
    memcpy(&event, head, sizeof event);
    size = zmq_recv(connect->monitor, address, sizeof address - 1, ZMQ_DONTWAIT);
    if (size < 0) {
        return false;
    }
    address[size < (int)sizeof address ? size : (int)sizeof address - 1] = '\0';
    struct fsz_connect_peer *peer = connect_peer(connect, address);
    if (peer != NULL) {
        connect_event(connect, peer, event);
    }
    return true;
}

void fsz_connect_watch(struct fsz_connect *connect)
{
    while (connect_watch_one(connect)) {
    }
}

void fsz_connect_check(struct fsz_connect *connect)
{
    for (size_t i = 0; i < connect->count; i++) {
        struct fsz_connect_peer *peer = &connect->peers[i];
        int64_t                  silent_ms = (fsz_clock_monotonic_ns() - peer->opened_ns) / 1000000;
        const char              *why = NULL;
        if (peer->state == FSZ_CONNECT_TRYING && !peer->checked &&
            silent_ms >= CONNECT_SILENCE_MS) {
            peer->checked = true;
            int error = fsz_probe(peer->endpoint, CONNECT_PROBE_MS, &why);
            if (error != 0 && error != EPROTONOSUPPORT) {
                peer->failed |= error != ETIMEDOUT; /* libzmq waits longer than the probe */
                connect_become(connect, peer, FSZ_CONNECT_ABSENT);
            }
        }
    }
}

bool fsz_connect_is_ready(const struct fsz_connect *connect)
{
    for (size_t i = 0; i < connect->count; i++) {
        if (connect->peers[i].state == FSZ_CONNECT_READY) {
            return true;
        }
    }
    return false;
}

bool fsz_connect_has_failed(const struct fsz_connect *connect)
{
    for (size_t i = 0; i < connect->count; i++) {
        if (!connect->peers[i].failed) {
            return false;
        }
    }
    return connect->count > 0;
}

bool fsz_connect_is_hopeless(const struct fsz_connect *connect)
{
    for (size_t i = 0; i < connect->count; i++) {
        if (!connect_is_final(connect->peers[i].state)) {
            return false;
        }
    }
    return connect->count > 0;
}

void fsz_connect_explain(const struct fsz_connect *connect)
{
    for (size_t i = 0; i < connect->count; i++) {
        const struct fsz_connect_peer *peer = &connect->peers[i];
        fsz_connect_tell(connect, peer, "");
        if (!peer->reported) { /* otherwise the hint was printed before */
            fsz_connect_hint(peer->state);
        }
    }
}
