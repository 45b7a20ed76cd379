/* SPDX-License-Identifier: MPL-2.0 */
/* connect.h - a client's socket that reports the state of its connections.
 *
 * One thread. libzmq connects in the background and retries for ever without reporting anything. So
 * a monitor socket is watched, and each change for the worse (and back) is reported once on stderr,
 * with hints on what to check. */
#ifndef FSZ_CONNECT_H
#define FSZ_CONNECT_H

#include "cli/cli_account.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FSZ_CONNECT_MAX = 64,            /* endpoints of one command */
    FSZ_CONNECT_DEAD_PATH_MS = 5000, /* a connection that is silent for this long is given up */
};

enum fsz_connect_state {
    FSZ_CONNECT_TRYING,   /* no attempt has ended yet */
    FSZ_CONNECT_ABSENT,   /* nothing listens there, or it cannot be reached */
    FSZ_CONNECT_OPEN,     /* connected, no handshake yet */
    FSZ_CONNECT_READY,    /* handshake done: events can arrive */
    FSZ_CONNECT_DENIED,   /* refused by access control; libzmq does not try again */
    FSZ_CONNECT_SECURITY, /* the endpoint requires other security than ours; libzmq gives up */
    FSZ_CONNECT_STRANGER, /* the peer does not speak ZeroMQ, or not with us */
    FSZ_CONNECT_TURNED,   /* closed before a greeting; the next connection may be accepted */
    FSZ_CONNECT_LOST,     /* was ready, and the connection ended */
};

struct fsz_connect_peer {
    const char            *endpoint;
    enum fsz_connect_state state;
    const char            *wants;   /* state SECURITY: "none", "plain" or "curve" */
    bool                   foreign; /* state STRANGER: the peer does not speak ZeroMQ */
    unsigned               greeted; /* successive probes answered, each after a failed connection */
    int64_t                opened_ns; /* CLOCK_MONOTONIC */
    bool                   checked;   /* by fsz_connect_check() */
    bool                   failed;    /* an attempt failed, and none has succeeded since */
    bool                   reported;  /* trouble was reported, so its end will be, too */
};

struct fsz_connect {
    void                   *socket; /* not connected to anything before fsz_connect_open() */
    void                   *monitor;
    const char             *program;  /* prefix of each line on stderr */
    const char             *security; /* of the account: "none", "plain" or "curve" */
    bool                    quiet;    /* report only errors that end the program */
    bool                    once;     /* the program ends if its first attempt fails */
    uint64_t                lost;     /* connections that ended after their handshake */
    struct fsz_connect_peer peers[FSZ_CONNECT_MAX];
    size_t                  count;
};

/* Makes the sockets in `context`: one of `type` (ZMQ_SUB, ZMQ_DEALER) with the account's
 * credentials, and its monitor. A DEALER does not queue messages while there is no connection, and
 * drops messages that it cannot deliver within FSZ_CONNECT_DEAD_PATH_MS (docs/clients.md). Set
 * options and subscriptions before opening. Returns 0, or -1 with errno. */
int fsz_connect_init(struct fsz_connect *connect, void *context, int type,
                     const struct fsz_account *account, const char *program, bool quiet);
/* Connects to one more endpoint, which the caller keeps. 0, or -1 after reporting the error. */
int fsz_connect_open(struct fsz_connect *connect, const char *endpoint);
/* Reads the monitor and reports changes. Call when `monitor` is readable. */
void fsz_connect_watch(struct fsz_connect *connect);
/* Probes endpoints that libzmq has not reported on for a while (an unknown host name, an address
 * that drops all packets). Call regularly; may block once for a second per endpoint. */
void fsz_connect_check(struct fsz_connect *connect);
/* Whether a connection has completed its handshake and not ended since, says the monitor. */
bool fsz_connect_is_ready(const struct fsz_connect *connect);
/* Whether the last attempt at every endpoint has failed. */
bool fsz_connect_has_failed(const struct fsz_connect *connect);
/* Whether every endpoint has failed for good. */
bool fsz_connect_is_hopeless(const struct fsz_connect *connect);
/* Reports the state of each endpoint, for use when nothing arrived in time. */
void fsz_connect_explain(const struct fsz_connect *connect);
void fsz_connect_fini(struct fsz_connect *connect);

#endif
