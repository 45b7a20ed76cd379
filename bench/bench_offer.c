/* SPDX-License-Identifier: MPL-2.0 */
/* bench_offer [FILE]: the cost of fsz_engine_offer() for the calling thread of a switch, in
 * nanoseconds of its processor time: without a subscriber, with a subscriber to another event type,
 * and with a subscriber to everything (encoding and queueing; another thread sends). Prints one
 * line of JSON. */
#include "bench/corpus.h"
#include "bench/raw_publisher.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

enum {
    OFFERS_CHEAP = 2000000,
    OFFERS_WANTED = 20000,
    PAUSE_EVERY = 32, /* wanted events: a pause, so that sending keeps up */
    PACE_NS = 2 * 1000 * 1000,
    WAIT_S = 10,
};

struct listener {
    void         *context;
    const char   *endpoint, *prefix;
    size_t        prefix_size;
    pthread_t     thread;
    _Atomic _Bool ending;
};

static void *listener_main(void *argument)
{
    struct listener *listener = argument;
    int              patience_ms = 50, none = 0;
    char             byte = 0;
    void            *socket = zmq_socket(listener->context, ZMQ_SUB);
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &patience_ms, sizeof(patience_ms));
    zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof(none));
    zmq_setsockopt(socket, ZMQ_SUBSCRIBE, listener->prefix, listener->prefix_size);
    zmq_connect(socket, listener->endpoint);
    while (!listener->ending) {
        zmq_recv(socket, &byte, sizeof(byte), 0);
    }
    zmq_close(socket);
    return NULL;
}

static void listener_stop(struct listener *listener)
{
    listener->ending = true;
    pthread_join(listener->thread, NULL);
    zmq_ctx_term(listener->context);
}

static double thread_ns(void)
{
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (double)used.tv_sec * 1e9 + (double)used.tv_nsec;
}

static double offer_ns(struct fsz_engine *engine, const struct corpus *corpus, size_t offers,
                       bool paced)
{
    double used_ns = 0;
    size_t done = 0;
    while (done < offers) {
        double start_ns = thread_ns();
        for (size_t i = 0; i < PAUSE_EVERY; i++, done++) {
            struct fsz_event event = corpus_event(&corpus->items[done % corpus->count]);
            (void)fsz_engine_offer(engine, &event);
        }
        used_ns += thread_ns() - start_ns;
        if (paced) {
            bench_sleep_until(bench_now_ns() + PACE_NS);
        }
    }
    return used_ns / (double)done;
}

static double offer_to_listener_ns(struct fsz_engine *engine, const struct corpus *corpus,
                                   struct listener *listener, size_t offers, bool paced)
{
    listener->context = zmq_ctx_new();
    pthread_create(&listener->thread, NULL, listener_main, listener);
    if (!publisher_wait(engine, 1, 1, WAIT_S)) {
        fputs("bench_offer: no subscriber in time\n", stderr);
        exit(1);
    }
    offer_ns(engine, corpus, corpus->count, true); /* the engine learns the event types */
    double ns = offer_ns(engine, corpus, offers, paced);
    listener_stop(listener);
    return ns;
}

int main(int argc, char **argv)
{
    static const char        nothing[] = "{\"Event-Name\":\"NO_SUCH_KIND\"";
    char                     endpoint[64];
    struct corpus            corpus = {0};
    struct publisher_options options = {.bind = endpoint, .framing = "json", .send_hwm = 100000};
    if (!corpus_load(&corpus, argc > 1 ? argv[1] : FSZ_BENCH_DATA "/calls.jsonl")) {
        return 1;
    }
    snprintf(endpoint, sizeof(endpoint), "ipc:///tmp/bench_offer.%d", (int)getpid());
    struct fsz_engine *engine = publisher_start(&options);
    struct listener    other = {
           .endpoint = endpoint, .prefix = nothing, .prefix_size = sizeof(nothing) - 1};
    struct listener all = {.endpoint = endpoint, .prefix = ""};
    double          nobody = offer_ns(engine, &corpus, OFFERS_CHEAP, false);
    double          unwanted = offer_to_listener_ns(engine, &corpus, &other, OFFERS_CHEAP, false);
    double          wanted = offer_to_listener_ns(engine, &corpus, &all, OFFERS_WANTED, true);
    printf("{\"nobody_ns\":%.1f,\"unwanted_ns\":%.1f,\"wanted_ns\":%.1f}\n", nobody, unwanted,
           wanted);
    publisher_stop(&engine);
    corpus_free(&corpus);
    return 0;
}
