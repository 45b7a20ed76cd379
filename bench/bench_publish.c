/* SPDX-License-Identifier: MPL-2.0 */
/* bench_publish: the engine as a publisher, to compare with `fszmq-bench raw`: the same file,
 * stamps and figures, for the same `fszmq-bench subscriber`.
 *
 * Events are offered as a switch's linked list of headers, so the figures include encoding (raw has
 * its JSON ready). Processor time is that of the whole process from the first offer until the
 * system has the last event.
 *
 * At full rate nothing is lost: an event that the queue refuses is offered again later with the
 * same Bench-Sequence (`refused` counts these), and with --backlog the offering waits while more
 * than that many events are queued or wait for a connection. This corresponds to `fszmq-bench raw
 * --block
 * --hwm`, since the engine itself never waits for a subscriber. */
#include "base/blocks.h"
#include "bench/corpus.h"
#include "bench/raw_publisher.h"
#include "stream/message.h"

#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    THREADS_MAX = 16,
    WAIT_S = 30,
    PAUSE_NS = 1000 * 1000,
    BACKLOG_EVERY = 64,    /* events between two checks of the blocks in use */
    BLOCK_SMALLEST = 1024, /* blocks.h: sizes are powers of two */
    LATE_NS = 1000 * 1000,
};

struct options {
    struct publisher_options publisher;
    const char              *file;
    uint64_t                 rate; /* events per second; 0: as fast as possible */
    uint64_t                 count, wait, subscriptions, threads;
    uint64_t                 backlog; /* events; 0: no limit */
};

struct run {
    struct options    *options;
    struct fsz_engine *engine;
    int64_t            start_ns;
    size_t             backlog_bytes;
    long               memory_kb; /* peak resident memory when all events were offered */
    _Atomic uint64_t   next, refused, late;
};

struct offerer {
    struct run   *run;
    struct corpus corpus; /* not shared: stamps are written into it */
    pthread_t     thread;
};

/* ---- options --------------------------------------------------------------------------------- */

static uint64_t option_number(const char *name, const char *text)
{
    char    *end = NULL;
    uint64_t number = strtoull(text, &end, 10);
    if (*text == '\0' || *end != '\0') {
        fprintf(stderr, "bench_publish: --%s: '%s' is not a number\n", name, text);
        exit(2);
    }
    return number;
}

static void option_take(struct options *o, int option, const char *name, const char *value)
{
    switch (option) {
    case 'b':
        o->publisher.bind = value;
        break;
    case 'F':
        o->publisher.framing = value;
        break;
    case 'C':
        o->publisher.curve = value;
        break;
    case 's':
        o->file = value;
        break;
    case 'r':
        o->rate = strcmp(value, "max") == 0 ? 0 : option_number(name, value);
        break;
    case 'h':
        o->publisher.send_hwm = option_number(name, value);
        break;
    case 'n':
        o->count = option_number(name, value);
        break;
    case 'B':
        o->backlog = option_number(name, value);
        break;
    case 'w':
        o->wait = option_number(name, value);
        break;
    case 'S':
        o->subscriptions = option_number(name, value);
        break;
    default:
        o->threads = option_number(name, value);
        break;
    }
}

static void options_read(struct options *o, int argc, char **argv)
{
    static const struct option known[] = {
        {"bind", required_argument, NULL, 'b'},          {"file", required_argument, NULL, 's'},
        {"rate", required_argument, NULL, 'r'},          {"count", required_argument, NULL, 'n'},
        {"wait", required_argument, NULL, 'w'},          {"hwm", required_argument, NULL, 'h'},
        {"framing", required_argument, NULL, 'F'},       {"curve", required_argument, NULL, 'C'},
        {"threads", required_argument, NULL, 't'},       {"backlog", required_argument, NULL, 'B'},
        {"subscriptions", required_argument, NULL, 'S'}, {0},
    };
    int index = 0;
    for (int option; (option = getopt_long(argc, argv, "", known, &index)) != -1;) {
        if (option == '?') {
            fputs(
                "usage: bench_publish [--file LINES] [--bind ENDPOINT] [--rate N|max] [--count N]\n"
                "       [--wait SUBSCRIBERS] [--subscriptions OF-EACH] [--hwm N]\n"
                "       [--framing json|envelope] [--curve FOLDER] [--threads N]\n"
                "       [--backlog EVENTS]\n",
                stderr);
            exit(2);
        }
        option_take(o, option, known[index].name, optarg);
    }
    if (o->threads < 1 || o->threads > THREADS_MAX) {
        fprintf(stderr, "bench_publish: --threads: 1 to %d\n", THREADS_MAX);
        exit(2);
    }
}

/* ---- offering -------------------------------------------------------------------------------- */

/* The schedule is absolute, as in raw, so that a late event does not delay the following ones. */
static void run_pace(struct run *run, uint64_t number)
{
    int64_t due_ns = run->start_ns + (int64_t)((double)number * 1e9 / (double)run->options->rate);
    int64_t now_ns = bench_now_ns();
    if (now_ns < due_ns) {
        bench_sleep_until(due_ns);
    } else if (now_ns - due_ns > LATE_NS) {
        atomic_fetch_add(&run->late, 1);
    }
}

/* Like libzmq at its high-water mark, which continues when half of it has been sent. */
static void run_wait_backlog(const struct run *run)
{
    if (fsz_blocks_used_bytes() <= run->backlog_bytes) {
        return;
    }
    do {
        bench_sleep_until(bench_now_ns() + PAUSE_NS);
    } while (fsz_blocks_used_bytes() > run->backlog_bytes / 2);
}

static void offerer_offer(struct offerer *offerer, uint64_t number)
{
    struct run         *run = offerer->run;
    struct corpus_item *item = &offerer->corpus.items[number % offerer->corpus.count];
    if (run->options->rate > 0) {
        run_pace(run, number);
    }
    if (run->backlog_bytes > 0 && number % BACKLOG_EVERY == 0) {
        run_wait_backlog(run);
    }
    for (;;) {
        struct fsz_event event = corpus_event(item);
        corpus_stamp(item, (uint64_t)bench_now_ns(), number + 1);
        fsz_err err = fsz_engine_offer(run->engine, &event);
        if (err == FSZ_OK) {
            return;
        }
        if (err != FSZ_EFULL) {
            fprintf(stderr, "bench_publish: %s\n", fsz_err_text(err));
            exit(1);
        }
        atomic_fetch_add(&run->refused, 1);
        bench_sleep_until(bench_now_ns() + PAUSE_NS);
    }
}

static void *offerer_main(void *argument)
{
    struct offerer *offerer = argument;
    for (uint64_t number;
         (number = atomic_fetch_add(&offerer->run->next, 1)) < offerer->run->options->count;) {
        offerer_offer(offerer, number);
    }
    return NULL;
}

static void offerers_load(struct offerer *offerers, struct run *run)
{
    for (size_t i = 0; i < run->options->threads; i++) {
        offerers[i].run = run;
        if (!corpus_load(&offerers[i].corpus, run->options->file)) {
            fprintf(stderr, "bench_publish: no events in %s\n", run->options->file);
            exit(1);
        }
        corpus_add_stamps(&offerers[i].corpus);
    }
}

static size_t item_bytes(const struct corpus_item *item)
{
    size_t bytes = 0;
    for (const struct corpus_node *node = item->first; node != NULL; node = node->next) {
        bytes +=
            strlen(node->name) + (node->value ? strlen(node->value) : 0) + strlen(",\"\":\"\"");
    }
    return bytes + (item->body ? strlen(item->body) : 0);
}

/* The memory of a message: its bytes and header, rounded up to a block. */
static size_t block_bytes(size_t json_bytes)
{
    size_t block = BLOCK_SMALLEST;
    while (block < json_bytes + sizeof(struct fsz_message)) {
        block *= 2;
    }
    return block;
}

static size_t corpus_mean_block_bytes(const struct corpus *corpus)
{
    size_t bytes = 0;
    for (size_t i = 0; i < corpus->count; i++) {
        bytes += block_bytes(item_bytes(&corpus->items[i]));
    }
    return bytes / corpus->count;
}

static void offerers_run(struct offerer *offerers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (pthread_create(&offerers[i].thread, NULL, offerer_main, &offerers[i]) != 0) {
            perror("bench_publish: thread");
            exit(1);
        }
    }
    for (size_t i = 0; i < count; i++) {
        pthread_join(offerers[i].thread, NULL);
    }
}

/* ---- figures --------------------------------------------------------------------------------- */

static json_t *ratio(double a, double b)
{
    return json_real(b > 0 ? round(a / b * 1000) / 1000 : 0);
}

static void run_report(const struct run *run, int64_t offered_ns, int64_t total_ns, int64_t cpu_us)
{
    double  count = (double)run->options->count, seconds = (double)total_ns / 1e9;
    json_t *figures = json_pack("{s:s, s:I, s:o, s:o, s:o, s:o, s:I, s:I, s:I}", "role", "engine",
                                "messages", (json_int_t)run->options->count, "seconds",
                                ratio(seconds, 1), "send_seconds", ratio((double)offered_ns, 1e9),
                                "cpu_us_per_message", ratio((double)cpu_us, count), "rate_per_s",
                                ratio(count, seconds), "late", (json_int_t)run->late, "refused",
                                (json_int_t)run->refused, "memory_kb", (json_int_t)run->memory_kb);
    json_dumpf(figures, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
    putchar('\n');
    json_decref(figures);
}

static void run_measure(struct run *run, struct offerer *offerers)
{
    run->backlog_bytes = run->options->backlog * corpus_mean_block_bytes(&offerers[0].corpus);
    int64_t cpu_us = bench_cpu_us();
    run->start_ns = bench_now_ns();
    offerers_run(offerers, run->options->threads);
    int64_t offered_ns = bench_now_ns() - run->start_ns;
    run->memory_kb = bench_memory_kb();
    publisher_stop(&run->engine);
    int64_t total_ns = bench_now_ns() - run->start_ns;
    run_report(run, offered_ns, total_ns, bench_cpu_us() - cpu_us);
}

int main(int argc, char **argv)
{
    static struct offerer offerers[THREADS_MAX];
    struct options        options = {.publisher = {.bind = "tcp://*:5556", .framing = "json"},
                                     .file = FSZ_BENCH_DATA "/calls.jsonl",
                                     .count = 100000,
                                     .wait = 1,
                                     .subscriptions = 1,
                                     .threads = 1};
    struct run            run = {.options = &options};
    options_read(&options, argc, argv);
    offerers_load(offerers, &run);
    run.engine = publisher_start(&options.publisher);
    if (!publisher_wait(run.engine, options.wait, options.subscriptions, WAIT_S)) {
        fprintf(stderr,
                "bench_publish: fewer than %" PRIu64 " subscribers or %" PRIu64
                " subscriptions in time\n",
                options.wait, options.subscriptions);
        fsz_engine_free(&run.engine);
        return 3;
    }
    run_measure(&run, offerers);
    for (size_t i = 0; i < options.threads; i++) {
        corpus_free(&offerers[i].corpus);
    }
    return 0;
}
