/* connect.h - a client's socket that can say how its connections are doing.
 *
 * One thread. libzmq connects in the background and retries for ever without a word; a monitor
 * socket tells what happens, and each change for the worse (and back) is told once, on stderr, with
 * what to check. */
#ifndef FSZ_CONNECT_H
#define FSZ_CONNECT_H

#include "cli/cli_account.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FSZ_CONNECT_MAX = 64,            /* endpoints of one command */
    FSZ_CONNECT_DEAD_PATH_MS = 5000, /* a path on which nothing comes for so long is given up */
};

enum fsz_connect_state {
    FSZ_CONNECT_TRYING,   /* no attempt has ended yet */
    FSZ_CONNECT_ABSENT,   /* nothing listens there, or it cannot be reached */
    FSZ_CONNECT_OPEN,     /* connected, no handshake yet */
    FSZ_CONNECT_READY,    /* shook hands: events can come */
    FSZ_CONNECT_DENIED,   /* access control said no; libzmq does not try again */
    FSZ_CONNECT_SECURITY, /* it has another security than the account's; libzmq gives up as well */
    FSZ_CONNECT_STRANGER, /* what listens there does not speak ZeroMQ, or not with us */
    FSZ_CONNECT_TURNED,   /* it closes connections before a greeting; the next one may be taken */
    FSZ_CONNECT_LOST,     /* was ready, and the connection ended */
};

struct fsz_connect_peer {
    const char            *endpoint;
    enum fsz_connect_state state;
    const char            *wants;     /* state SECURITY: "none", "plain" or "curve" */
    bool                   foreign;   /* state STRANGER: what listens there speaks no ZeroMQ */
    unsigned               greeted;   /* probes in a row, each after a connection that was ended */
    int64_t                opened_ns; /* CLOCK_MONOTONIC */
    bool                   checked;   /* by fsz_connect_check() */
    bool                   failed;    /* an attempt came to nothing, and none has succeeded since */
    bool                   reported;  /* trouble was told, so the way out of it is, too */
};

struct fsz_connect {
    void                   *socket; /* not connected to anything before fsz_connect_open() */
    void                   *monitor;
    const char             *program;  /* starts each line on stderr */
    const char             *security; /* of the account: "none", "plain" or "curve" */
    bool                    quiet;    /* prints only what ends the program */
    bool                    once;     /* the program ends when its first attempt fails */
    uint64_t                lost;     /* connections that ended after their handshake */
    struct fsz_connect_peer peers[FSZ_CONNECT_MAX];
    size_t                  count;
};

/* Makes the sockets in `context`, the one of `type` (ZMQ_SUB, ZMQ_DEALER) with the account's
 * credentials. A DEALER keeps no message for a connection that does not exist yet, and drops what
 * it could not hand over within FSZ_CONNECT_DEAD_PATH_MS (docs/clients.md). Set options and
 * subscriptions, then open. 0, or -1 with errno. */
int fsz_connect_init(struct fsz_connect *connect, void *context, int type,
                     const struct fsz_account *account, const char *program, bool quiet);
/* Connects to one more endpoint, which stays the caller's. 0, or -1 with the mistake told. */
int fsz_connect_open(struct fsz_connect *connect, const char *endpoint);
/* Takes what the monitor has and tells what is new. Call when `monitor` is readable. */
void fsz_connect_watch(struct fsz_connect *connect);
/* Looks into endpoints of which libzmq has told nothing for a while (a name that is not found, an
 * address that swallows everything). Call now and then; may block for a second for each, once. */
void fsz_connect_check(struct fsz_connect *connect);
/* Whether a connection has shaken hands and not ended since, as far as the monitor has reported. */
bool fsz_connect_is_ready(const struct fsz_connect *connect);
/* Whether the last attempt at every endpoint came to nothing. */
bool fsz_connect_has_failed(const struct fsz_connect *connect);
/* Whether no endpoint is left from which events could ever come. */
bool fsz_connect_is_hopeless(const struct fsz_connect *connect);
/* Tells how each endpoint is doing, for when nothing came in time. */
void fsz_connect_explain(const struct fsz_connect *connect);
void fsz_connect_fini(struct fsz_connect *connect);

#endif
