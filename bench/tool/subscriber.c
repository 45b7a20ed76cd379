/* SPDX-License-Identifier: MPL-2.0 */
/* `fszmq-bench subscriber`: runs a set of subscribers and reports what they received. */
#include "base/clock.h"
#include "cli/cli.h"
#include "cli/cli_account.h"
#include "fszmq/wire.h"
#include "tool/commands.h"
#include "tool/receiver.h"
#include "tool/report.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

enum {
    SUBSCRIBERS_MAX = 1000, /* libzmq allows 1023 sockets per context by default */
    THREADS_MAX = 64,
    IO_THREADS_MAX = 16,
    SAMPLES_MAX = 1000000, /* latencies kept, for all threads together */
    IDLE_S = 2,
};

struct subscriber_options {
    struct fsz_account_options account;
    struct fsz_option_list     connect;
    struct fsz_option_list     prefixes;
    uint64_t                   subscriptions;
    uint64_t                   subscribers;
    uint64_t                   threads;
    uint64_t                   io_threads;
    uint64_t                   hwm;
    uint64_t                   count;
    double                     seconds;
    double                     idle_s;
    bool                       latency;
    bool                       json;
};

#define SUBSCRIBER_OPTION(member) offsetof(struct subscriber_options, member)

static const struct fsz_option subscriber_options[] = {
    {"connect", 'c', FSZ_OPTION_LIST, SUBSCRIBER_OPTION(connect), "ENDPOINT",
     "publisher (default " FSZMQ_ENDPOINT_CONNECT "); repeatable"},
    {"subscribers", 'k', FSZ_OPTION_NUMBER, SUBSCRIBER_OPTION(subscribers), "K",
     "SUB sockets (default 1)"},
    {"threads", 0, FSZ_OPTION_NUMBER, SUBSCRIBER_OPTION(threads), "T",
     "threads for the sockets (default 1)"},
    {"io-threads", 0, FSZ_OPTION_NUMBER, SUBSCRIBER_OPTION(io_threads), "T",
     "libzmq's I/O threads (default 1)"},
    {"prefix", 'p', FSZ_OPTION_LIST, SUBSCRIBER_OPTION(prefixes), "PREFIX",
     "subscription, as sent over the wire (default: all); repeatable"},
    {"subscriptions", 0, FSZ_OPTION_NUMBER, SUBSCRIBER_OPTION(subscriptions), "N",
     "add subscriptions that match nothing, up to N per subscriber"},
    {"count", 'n', FSZ_OPTION_NUMBER, SUBSCRIBER_OPTION(count), "N",
     "end when each subscriber has N events; missing ones are lost"},
    {"seconds", 's', FSZ_OPTION_SECONDS, SUBSCRIBER_OPTION(seconds), "S", "end after S seconds"},
    {"idle", 0, FSZ_OPTION_SECONDS, SUBSCRIBER_OPTION(idle_s), "S",
     "end after S seconds without an event, after the first (default 2)"},
    {"latency", 'l', FSZ_OPTION_FLAG, SUBSCRIBER_OPTION(latency), NULL,
     "measure latency from the time stamps in the events"},
    {"hwm", 0, FSZ_OPTION_NUMBER, SUBSCRIBER_OPTION(hwm), "N",
     "messages queued per subscriber (default 0: no limit)"},
    FSZ_ACCOUNT_OPTIONS(struct subscriber_options, account),
    {"json", 'j', FSZ_OPTION_FLAG, SUBSCRIBER_OPTION(json), NULL,
     "print the figures as one line of JSON"},
    {0},
};

static const struct fsz_usage subscriber_usage = {
    .program = "fszmq-bench subscriber",
    .arguments = "[OPTION...]",
    .summary = "Receives events with many subscribers. Reports rate, loss and latency.",
    .options = subscriber_options,
};

static int subscriber_check(struct subscriber_options *options)
{
    if (options->subscribers < 1 || options->subscribers > SUBSCRIBERS_MAX) {
        return fsz_usage_error(&subscriber_usage, "--subscribers: 1 to %d", SUBSCRIBERS_MAX);
    }
    if (options->threads < 1 || options->threads > THREADS_MAX ||
        options->threads > options->subscribers) {
        return fsz_usage_error(&subscriber_usage,
                               "--threads: 1 to %d, and not more than --subscribers", THREADS_MAX);
    }
    if (options->io_threads < 1 || options->io_threads > IO_THREADS_MAX) {
        return fsz_usage_error(&subscriber_usage, "--io-threads: 1 to %d", IO_THREADS_MAX);
    }
    if (options->hwm > INT32_MAX) {
        return fsz_usage_error(&subscriber_usage, "--hwm: 0 to %d", INT32_MAX);
    }
    return FSZ_EXIT_OK;
}

static int subscriber_start(struct fsz_bench_receiver *receivers, pthread_t *threads,
                            const struct fsz_bench_plan *plan, size_t count, size_t subscribers)
{
    size_t started = 0;
    int    error = 0;
    for (; started < count && error == 0; started++) {
        size_t share = subscribers / count + (started < subscribers % count);
        error = fsz_bench_receiver_init(&receivers[started], plan, share, SAMPLES_MAX / count) != 0
                    ? ENOMEM
                    : pthread_create(&threads[started], NULL, fsz_bench_receiver_main,
                                     &receivers[started]);
        if (error != 0) {
            break;
        }
    }
    for (size_t i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
        error = error == 0 ? receivers[i].error : error;
    }
    return error;
}

/* Merges a receiver into the first one: totals, earliest and latest arrival, all latencies. */
static void subscriber_merge(struct fsz_bench_receiver *into, const struct fsz_bench_receiver *from)
{
    if (from->received == 0) {
        return;
    }
    if (into->received == 0 || from->first_ns < into->first_ns) {
        into->first_ns = from->first_ns;
        into->cpu_start_us = from->cpu_start_us;
    }
    if (from->last_ns > into->last_ns) {
        into->last_ns = from->last_ns;
    }
    into->received += from->received;
    into->bytes += from->bytes;
    fsz_bench_samples_merge(&into->samples, &from->samples);
}

static json_t *subscriber_latency(struct fsz_bench_samples *samples)
{
    fsz_bench_samples_sort(samples);
    return json_pack(
        "{s:o, s:o, s:o, s:o}", "p50",
        fsz_bench_ratio((double)fsz_bench_samples_percentile(samples, 50), 1000), "p90",
        fsz_bench_ratio((double)fsz_bench_samples_percentile(samples, 90), 1000), "p99",
        fsz_bench_ratio((double)fsz_bench_samples_percentile(samples, 99), 1000), "max",
        fsz_bench_ratio((double)samples->max, 1000));
}

static json_t *subscriber_figures(struct fsz_bench_receiver       *sum,
                                  const struct subscriber_options *options, uint64_t lost)
{
    double  seconds = (double)(sum->last_ns - sum->first_ns) / 1e9;
    int64_t cpu_us = sum->received == 0 ? 0 : fsz_bench_cpu_us() - sum->cpu_start_us;
    json_t *figures = json_pack(
        "{s:s, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "role", "subscriber", "subscribers",
        (json_int_t)options->subscribers, "received", (json_int_t)sum->received, "lost",
        (json_int_t)lost, "bytes", (json_int_t)sum->bytes, "seconds", fsz_bench_ratio(seconds, 1),
        "events_per_s", fsz_bench_ratio((double)sum->received, seconds), "mb_per_s",
        fsz_bench_ratio((double)sum->bytes / 1e6, seconds), "cpu_us_per_event",
        fsz_bench_ratio((double)cpu_us, (double)sum->received));
    if (options->latency) {
        json_object_set_new(figures, "latency_us", subscriber_latency(&sum->samples));
    }
    return figures;
}

static int subscriber_report(struct fsz_bench_receiver *receivers, size_t count,
                             const struct subscriber_options *options)
{
    uint64_t lost = 0;
    for (size_t i = 0; i < count; i++) {
        lost += fsz_bench_receiver_lost(&receivers[i]);
        if (i > 0) {
            subscriber_merge(&receivers[0], &receivers[i]);
        }
    }
    bool none = receivers[0].received == 0;
    int  result = fsz_bench_report(subscriber_figures(&receivers[0], options, lost), options->json);
    return result == FSZ_EXIT_OK && none ? FSZ_EXIT_NO_ANSWER : result;
}

static int subscriber_run(const struct subscriber_options *options,
                          const struct fsz_account *account, void *context)
{
    struct fsz_bench_receiver receivers[THREADS_MAX] = {0};
    pthread_t                 threads[THREADS_MAX];
    int64_t                   end_ns = fsz_clock_monotonic_ns() + (int64_t)(options->seconds * 1e9);
    const struct fsz_bench_plan plan = {.context = context,
                                        .account = account,
                                        .endpoints = &options->connect,
                                        .prefixes = &options->prefixes,
                                        .subscriptions = options->subscriptions,
                                        .count = options->count,
                                        .deadline_ns = options->seconds > 0 ? end_ns : 0,
                                        .idle_ns = (int64_t)(options->idle_s * 1e9),
                                        .hwm = (int)options->hwm,
                                        .latency = options->latency};

    int result = FSZ_EXIT_FAILED;
    int error = subscriber_start(receivers, threads, &plan, options->threads, options->subscribers);
    if (error != 0) {
        fprintf(stderr, "%s: %s\n", subscriber_usage.program, zmq_strerror(error));
    } else {
        result = subscriber_report(receivers, options->threads, options);
    }
    for (size_t i = 0; i < options->threads; i++) {
        fsz_bench_receiver_fini(&receivers[i]);
    }
    return result;
}

int fsz_bench_subscriber_command(int argc, char **argv)
{
    struct subscriber_options options = {
        .subscribers = 1, .threads = 1, .io_threads = 1, .idle_s = IDLE_S};
    struct fsz_account account = {0};
    int                result = FSZ_EXIT_OK;
    int                first = fsz_options_read(&subscriber_usage, argc, argv, &options, &result);
    if (first < 0) {
        return result;
    }
    if (first < argc) {
        return fsz_usage_error(&subscriber_usage, "unexpected argument '%s'; try --connect",
                               argv[first]);
    }
    result = subscriber_check(&options);
    if (result == FSZ_EXIT_OK) {
        result = fsz_account_read(&account, subscriber_usage.program, &options.account);
    }
    if (options.connect.count == 0) {
        options.connect.items[options.connect.count++] = account.events;
    }
    void *context = result == FSZ_EXIT_OK ? zmq_ctx_new() : NULL;
    if (context != NULL) {
        zmq_ctx_set(context, ZMQ_IO_THREADS, (int)options.io_threads);
        fsz_signals_catch();
        result = subscriber_run(&options, &account, context);
        zmq_ctx_term(context);
    } else if (result == FSZ_EXIT_OK) {
        result = FSZ_EXIT_FAILED;
    }
    fsz_account_forget(&account);
    return result;
}
