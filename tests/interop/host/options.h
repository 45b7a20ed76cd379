/* SPDX-License-Identifier: MPL-2.0 */
/* options.h - the command line of zmtp_host, and its gate. */
#ifndef FSZ_INTEROP_OPTIONS_H
#define FSZ_INTEROP_OPTIONS_H

#include "zmtp/zmtp_socket.h"

enum { HOST_ENDPOINTS_MAX = 16 };

struct host_options {
    const char             *pub[HOST_ENDPOINTS_MAX]; /* `bind` or `connect`, then an endpoint */
    const char             *router[HOST_ENDPOINTS_MAX];
    const char             *dealer[HOST_ENDPOINTS_MAX]; /* endpoints to connect to */
    size_t                  pubs, routers, dealers;
    struct fsz_zmtp_options server, client; /* of pub and router; of the dealers */
    struct fsz_zmtp_limits  limits;
    const char             *user, *password; /* the credentials that are admitted; NULL: any */
    bool                    one_key;         /* only `admitted_key` is admitted */
    uint8_t                 admitted_key[FSZ_ZMTP_KEY_BYTES];
    int64_t                 pace_ms;  /* between two rounds of messages and requests */
    unsigned                topics;   /* messages in a round: t0. t1. … */
    uint64_t                first;    /* number of the first round */
    bool                    threaded; /* a separate thread sends the rounds, not the loop */
};

/* Reads `key=value` arguments. False: an argument is wrong, which it prints. */
bool host_options_read(int argc, char **argv, struct host_options *ret_options);
/* The gate's `ask`; `self` is a struct host_options. */
void host_options_admit(void *self, struct fsz_admission *admission);

#endif
