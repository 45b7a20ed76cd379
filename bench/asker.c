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

static const struct asker_kind *asker_kind(const char *name)
{
    static const struct asker_kind *const kinds[] = {&asker_api, &asker_socket};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i]->name, name) == 0) {
            return kinds[i];
        }
    }
    errno = 0;
    asker_fail("--protocol is api or socket");
    return NULL;
}

void asker_open(struct asker *asker, const struct asker_options *options, void *context)
{
    asker->kind = asker_kind(options->protocol);
    asker->kind->open(asker, options, context);
}

void asker_close(struct asker *asker)
{
    asker->kind->close(asker);
}

void asker_ask(struct asker *asker, const char *command, const char *arg)
{
    asker->asked++;
    asker->start_ns[asker->asked % ASKER_WINDOW_MAX] = bench_now_ns();
    asker->kind->ask(asker, command, arg);
}

void asker_flush(struct asker *asker)
{
    if (asker->kind->flush != NULL) {
        asker->kind->flush(asker);
    }
}

void asker_take(struct asker *asker, asker_answer_fn answer, void *self)
{
    asker->kind->take(asker, answer, self);
    asker_flush(asker);
}

zmq_pollitem_t asker_pollitem(const struct asker *asker)
{
    return (zmq_pollitem_t){.socket = asker->socket, .fd = asker->fd, .events = ZMQ_POLLIN};
}
