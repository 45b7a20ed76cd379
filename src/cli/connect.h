/* connect.h - a client's socket that can say how its connections are doing.
 *
 * One thread. libzmq connects in the background and retries for ever without a word; a monitor
 * socket tells what happens, and each change for the worse (and back) is told once, on stderr, with
 * what to check. */
#ifndef FSZ_CONNECT_H
#define FSZ_CONNECT_H

#include "account.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FSZ_CONNECT_MAX = 64 }; /* endpoints of one command */

enum fsz_connect_state {
    FSZ_CONNECT_TRYING,   /* no attempt has ended yet */
    FSZ_CONNECT_ABSENT,   /* nothing listens there, or it cannot be reached */
    FSZ_CONNECT_OPEN,     /* connected, no handshake yet */
    FSZ_CONNECT_READY,    /* shook hands: events can come */
    FSZ_CONNECT_DENIED,   /* access control said no; libzmq does not try again */
    FSZ_CONNECT_STRANGER, /* what listens there does not speak ZeroMQ, or hangs up at once */
    FSZ_CONNECT_LOST,     /* was ready, and the connection ended */
};

struct fsz_connect_peer {
    const char            *endpoint;
    enum fsz_connect_state state;
    int64_t                opened_ns; /* CLOCK_MONOTONIC */
    bool                   checked;   /* by fsz_connect_check() */
    bool                   told;      /* trouble was told, so the way out of it is, too */
};

struct fsz_connect {
    void                   *socket; /* not connected to anything before fsz_connect_open() */
    void                   *monitor;
    const char             *program; /* starts each line on stderr */
    bool                    quiet;   /* tells nothing but what ends the program */
    struct fsz_connect_peer peers[FSZ_CONNECT_MAX];
    size_t                  count;
};

/* Makes the sockets in `context`, the one of `type` (ZMQ_SUB, ZMQ_DEALER) with the account's
 * credentials. Set options and subscriptions, then open. 0, or -1 with errno. */
int fsz_connect_init(struct fsz_connect *connect, void *context, int type,
                     const struct fsz_account *account, const char *program, bool quiet);
/* Connects to one more endpoint, which stays the caller's. 0, or -1 with the mistake told. */
int fsz_connect_open(struct fsz_connect *connect, const char *endpoint);
/* Takes what the monitor has and tells what is new. Call when `monitor` is readable. */
void fsz_connect_watch(struct fsz_connect *connect);
/* Looks into endpoints of which libzmq has told nothing for a while (a name that is not found, an
 * address that swallows everything). Call now and then; may block for a second for each, once. */
void fsz_connect_check(struct fsz_connect *connect);
/* Whether no endpoint is left from which events could ever come. */
bool fsz_connect_is_hopeless(const struct fsz_connect *connect);
/* Tells how each endpoint is doing, for when nothing came in time. */
void fsz_connect_explain(const struct fsz_connect *connect);
void fsz_connect_fini(struct fsz_connect *connect);

#endif
