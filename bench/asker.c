/* SPDX-License-Identifier: MPL-2.0 */
#include "bench/asker.h"

#include "bench/raw_publisher.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void asker_fail(const char *what)
{
    fprintf(stderr, "bench_api: %s%s%s\n", what, errno != 0 ? ": " : "",
            errno != 0 ? zmq_strerror(errno) : "");
    exit(1);
}

static const struct asker_type *asker_type(const char *name)
{
    static const struct asker_type *const types[] = {&asker_api, &asker_socket};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(types[i]->name, name) == 0) {
            return types[i];
        }
    }
    errno = 0;
    asker_fail("--protocol is api or socket");
    return NULL;
}

void asker_open(struct asker *asker, const struct asker_options *options, void *context)
{
    asker->type = asker_type(options->protocol);
    asker->type->open(asker, options, context);
}

void asker_close(struct asker *asker)
{
    asker->type->close(asker);
}

void asker_ask(struct asker *asker, const char *command, const char *arg)
{
    asker->asked++;
    asker->start_ns[asker->asked % ASKER_WINDOW_MAX] = bench_now_ns();
    asker->type->ask(asker, command, arg);
}

void asker_flush(struct asker *asker)
{
    if (asker->type->flush != NULL) {
        asker->type->flush(asker);
    }
}

void asker_take(struct asker *asker, asker_answer_fn answer, void *self)
{
    asker->type->take(asker, answer, self);
    asker_flush(asker);
}

zmq_pollitem_t asker_pollitem(const struct asker *asker)
{
    return (zmq_pollitem_t){.socket = asker->socket, .fd = asker->fd, .events = ZMQ_POLLIN};
}
