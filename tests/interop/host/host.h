/* SPDX-License-Identifier: MPL-2.0 */
/* host.h - shared by the files of zmtp_host. Functions run on the loop's thread, except those named
 * …_round. */
#ifndef FSZ_INTEROP_HOST_H
#define FSZ_INTEROP_HOST_H

#include "options.h"
#include "zmtp/dealer.h"
#include "zmtp/pub.h"

#include <pthread.h>
#include <stdatomic.h>

enum { HOST_LINE_BYTES = 256 }; /* of stdin */

struct link { /* a DEALER */
    const char        *name;
    struct fsz_dealer *dealer;
    _Atomic uint64_t   asked;
};

struct host {
    struct host_options     options;
    struct fsz_loop        *loop;
    struct fsz_gate         gate;
    struct fsz_pub         *pub;
    struct fsz_zmtp_socket *router;
    struct link             links[HOST_ENDPOINTS_MAX];
    uint64_t                rounds, bursts; /* the next numbers of messages */
    struct fsz_loop_timer   round;
    pthread_t               sender; /* sends the rounds, with the option `threaded` */
    _Atomic bool            sender_stops;
    struct fsz_loop_watch   input;
    char                    line[HOST_LINE_BYTES];
    size_t                  line_size;
    unsigned                to_close; /* sockets that are still open */
    bool                    stopping;
};

/* print.c: prints lines of JSON. */
void host_print_frame(const struct fsz_frame *frame);
/* `ending`: NULL while the connection is open. */
void host_print_conn(const char *event, const char *name, struct fsz_conn *conn,
                     const enum fsz_zmtp_ending *ending);
void host_print_figures(struct host *host);
void host_print_round_trips(struct host *host);

/* publish.c: the XPUB. */
bool host_publish_open(struct host *host);
void host_publish_round(struct host *host);
void host_publish_burst(struct host *host, uint64_t count);
void host_publish_large(struct host *host, size_t size);

/* serve.c: the ROUTER. */
bool host_serve_open(struct host *host);

/* ask.c: the DEALERs. */
bool host_ask_open(struct host *host);
void host_ask_round(struct host *host);
void host_ask_large(struct host *host, size_t size);

/* Binds or connects an endpoint of a socket, and prints it. */
bool host_open_endpoint(struct fsz_zmtp_socket *socket, const char *name, const char *how,
                        const char *endpoint);
struct fsz_frame host_text_frame(const char *text);
/* Bytes of which byte i is i modulo 251; peers make the same. NULL: out of memory. */
uint8_t *host_make_pattern(size_t size);

#endif
