/* SPDX-License-Identifier: MPL-2.0 */
/* asker.h - a connection to a switch's API socket or Event Socket that sends commands; for the
 * benchmarks. Failures end the program. One thread. */
#ifndef BENCH_ASKER_H
#define BENCH_ASKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

enum {
    ASKER_WINDOW_MAX = 4096, /* commands in flight on one connection */
    ASKER_BYTES = 64 << 10,  /* read or written at once */
};

struct asker_options {
    const char *protocol; /* "api" or "socket" */
    const char *address;  /* an endpoint, or HOST:PORT */
    const char *password; /* of the Event Socket */
    const char *key_file; /* a certificate with our secret key, for CURVE; or NULL */
    const char *server_key_file;
};

struct asker {
    const struct asker_type *type;
    void                    *socket; /* of libzmq, or NULL */
    int                      fd;     /* of the Event Socket */
    uint64_t                 asked, answered;
    int64_t                  start_ns[ASKER_WINDOW_MAX]; /* by number */
    size_t                   in_size, out_size;
    char                     in[ASKER_BYTES], out[ASKER_BYTES]; /* for the Event Socket */
};

/* Called for the reply to command `number`, counted from 1. */
typedef void (*asker_answer_fn)(void *self, struct asker *asker, uint64_t number);

void asker_open(struct asker *asker, const struct asker_options *options, void *context);
void asker_close(struct asker *asker);
/* Sends a command; it is written at asker_flush() at the latest. */
void asker_ask(struct asker *asker, const char *command, const char *arg);
void asker_flush(struct asker *asker);
/* Takes all replies that have arrived. Does not wait. */
void           asker_take(struct asker *asker, asker_answer_fn answer, void *self);
zmq_pollitem_t asker_pollitem(const struct asker *asker);

/* Echoes messages until the process is killed: the cost of libzmq alone. */
void asker_echo(const char *endpoint);

/* The operations of each protocol: asker_api.c and asker_socket.c. */
struct asker_type {
    const char *name;
    void (*open)(struct asker *asker, const struct asker_options *options, void *context);
    void (*close)(struct asker *asker);
    void (*ask)(struct asker *asker, const char *command, const char *arg);
    void (*flush)(struct asker *asker); /* or NULL */
    void (*take)(struct asker *asker, asker_answer_fn answer, void *self);
};
extern const struct asker_type asker_api, asker_socket;
void                           asker_fail(const char *what);

#endif
