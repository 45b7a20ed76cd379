/* SPDX-License-Identifier: MPL-2.0 */
/* bench_api: has a switch run `echo`, over an API socket or the Event Socket, and prints one line
 * of JSON: replies per second, their latency, and the switch's processor time.
 *
 *   --protocol api|socket --connect ADDRESS [--password WORD] [--key FILE --server-key FILE]
 *   --clients N --window N --count N   connections, commands in flight on each, commands in total
 *   --pace-us N                        one command at this interval, instead of a window
 *   --slow-ms N                        first sends `msleep N` on the first connection
 *   --pid N                            process id of the switch
 *   --echo ENDPOINT                    echoes requests until killed: the cost of libzmq alone
 *
 * Processor time is that of the whole switch during the run, minus that of the idle switch. */
#include "bench/asker.h"
#include "bench/raw_publisher.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    IDLE_MS = 300, /* for measuring the idle switch */
    SETTLE_MS = 200,
    WARM_COUNT = 50, /* commands of each connection before the measurement */
    CLIENTS_MAX = 1024,
    STUCK_MS = 5 * 1000, /* longest time without a reply */
};

struct options {
    struct asker_options asker;
    const char          *echo;
    uint64_t             clients, window, count, pace_us, slow_ms, pid;
};

struct load {
    const struct options *options;
    struct asker        **askers;
    zmq_pollitem_t       *items;
    uint64_t              count, asked, answered; /* of this part of the run */
    bool                  paced;
    bool                  slow; /* the first command of the first connection is slow */
    int64_t              *took_ns;
};

/* ---- options --------------------------------------------------------------------------------- */

static const struct option known[] = {
    {"protocol", required_argument, NULL, 'P'},
    {"connect", required_argument, NULL, 'C'},
    {"password", required_argument, NULL, 'p'},
    {"key", required_argument, NULL, 'k'},
    {"server-key", required_argument, NULL, 'K'},
    {"echo", required_argument, NULL, 'e'},
    {"clients", required_argument, NULL, 'c'},
    {"window", required_argument, NULL, 'w'},
    {"count", required_argument, NULL, 'n'},
    {"pace-us", required_argument, NULL, 'r'},
    {"slow-ms", required_argument, NULL, 's'},
    {"pid", required_argument, NULL, 'i'},
    {0},
};

static const char **option_text(struct options *o, int option)
{
    switch (option) {
    case 'P':
        return &o->asker.protocol;
    case 'C':
        return &o->asker.address;
    case 'p':
        return &o->asker.password;
    case 'k':
        return &o->asker.key_file;
    case 'K':
        return &o->asker.server_key_file;
    case 'e':
        return &o->echo;
    default:
        return NULL;
    }
}

static uint64_t *option_number(struct options *o, int option)
{
    switch (option) {
    case 'c':
        return &o->clients;
    case 'w':
        return &o->window;
    case 'n':
        return &o->count;
    case 'r':
        return &o->pace_us;
    case 's':
        return &o->slow_ms;
    default:
        return &o->pid;
    }
}

static void options_read(struct options *o, int argc, char **argv)
{
    for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        const char **text = option_text(o, option);
        if (text != NULL) {
            *text = optarg;
        } else {
            *option_number(o, option) = option == '?' ? 0 : strtoull(optarg, NULL, 10);
        }
        if (option == '?') {
            exit(2);
        }
    }
    bool sane = o->clients > 0 && o->clients <= CLIENTS_MAX && o->window > 0 && o->count > 0 &&
                o->window < ASKER_WINDOW_MAX && o->asker.protocol && o->asker.address;
    if (!sane && o->echo == NULL) {
        fputs("bench_api: --protocol, --connect, --clients, --window and --count are needed\n",
              stderr);
        exit(2);
    }
}

/* ---- the load -------------------------------------------------------------------------------- */

static void load_ask(struct load *load, struct asker *asker)
{
    load->asked++;
    asker_ask(asker, "echo", "hello");
}

static void load_answer(void *self, struct asker *asker, uint64_t number)
{
    struct load *load = self;
    if (load->slow && asker == load->askers[0] && number == WARM_COUNT + 1) {
        return;
    }
    load->took_ns[load->answered++] = bench_now_ns() - asker->start_ns[number % ASKER_WINDOW_MAX];
    if (!load->paced && load->asked < load->count) {
        load_ask(load, asker);
    }
}

/* Waits for replies and takes them. */
static void load_wait(struct load *load, long wait_ms)
{
    int clients = (int)load->options->clients;
    int ready = zmq_poll(load->items, clients, wait_ms);
    if (ready < 0 || (ready == 0 && wait_ms == STUCK_MS)) {
        asker_fail("no answer");
    }
    for (int i = 0; i < clients; i++) {
        if (load->items[i].revents != 0) {
            asker_take(load->askers[i], load_answer, load);
        }
    }
}

static void load_run(struct load *load, uint64_t count, uint64_t window)
{
    load->count = count;
    load->asked = load->answered = 0;
    for (uint64_t i = 0; i < load->options->clients * window && load->asked < count; i++) {
        load_ask(load, load->askers[i % load->options->clients]);
    }
    for (uint64_t i = 0; i < load->options->clients; i++) {
        asker_flush(load->askers[i]);
    }
    while (load->answered < count) {
        load_wait(load, STUCK_MS);
    }
}

static void load_run_paced(struct load *load)
{
    const struct options *o = load->options;
    int64_t               start_ns = bench_now_ns();
    load->count = o->count;
    load->asked = load->answered = 0;
    load->paced = true;
    if (o->slow_ms > 0) {
        char ms[24];
        snprintf(ms, sizeof(ms), "%" PRIu64, o->slow_ms);
        load->slow = true;
        asker_ask(load->askers[0], "msleep", ms);
    }
    while (load->answered < load->count) {
        int64_t due_ns = start_ns + (int64_t)((load->asked + 1) * o->pace_us * 1000);
        int64_t wait_ns = due_ns - bench_now_ns();
        if (load->asked < load->count && wait_ns <= 0) {
            load_ask(load, load->askers[load->asked % o->clients]);
            asker_flush(load->askers[(load->asked - 1) % o->clients]);
        }
        bool asks = load->asked < load->count;
        load_wait(load, asks ? (wait_ns > 0 ? (long)((wait_ns + 999999) / 1000000) : 0) : STUCK_MS);
    }
}

static void load_open(struct load *load, void *context)
{
    uint64_t clients = load->options->clients;
    load->askers = calloc(clients, sizeof(struct asker *));
    load->items = calloc(clients, sizeof(zmq_pollitem_t));
    load->took_ns = calloc(load->options->count + clients * WARM_COUNT, sizeof(int64_t));
    for (uint64_t i = 0; i < clients; i++) {
        load->askers[i] = calloc(1, sizeof(struct asker));
        asker_open(load->askers[i], &load->options->asker, context);
        load->items[i] = asker_pollitem(load->askers[i]);
    }
    load_run(load, clients * WARM_COUNT, 1);
}

static void load_close(struct load *load)
{
    for (uint64_t i = 0; i < load->options->clients; i++) {
        asker_close(load->askers[i]);
        free(load->askers[i]);
    }
    free(load->askers);
    free(load->items);
    free(load->took_ns);
}

/* ---- figures --------------------------------------------------------------------------------- */

/* The processor time of a process, including ended threads. */
static double process_us(uint64_t pid)
{
    clockid_t       clock;
    struct timespec used = {0};
    if (pid != 0 &&
        (clock_getcpuclockid((pid_t)pid, &clock) != 0 || clock_gettime(clock, &used) != 0)) {
        asker_fail("--pid");
    }
    return (double)used.tv_sec * 1e6 + (double)used.tv_nsec / 1e3;
}

/* The share of a processor that the idle switch uses. */
static double process_idle(uint64_t pid)
{
    double  before_us = process_us(pid);
    int64_t start_ns = bench_now_ns();
    bench_sleep_until(start_ns + IDLE_MS * INT64_C(1000000));
    return (process_us(pid) - before_us) / ((double)(bench_now_ns() - start_ns) / 1e3);
}

static int compare_ns(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static double quantile_us(const struct load *load, double part)
{
    uint64_t last = load->answered - 1;
    return (double)load->took_ns[(uint64_t)(part * (double)last)] / 1e3;
}

static void load_report(struct load *load, double seconds, double cpu_us, double own_us)
{
    double count = (double)load->answered;
    qsort(load->took_ns, load->answered, sizeof(int64_t), compare_ns);
    json_t *figures = json_pack(
        "{s:s, s:I, s:I, s:I, s:f, s:f, s:f, s:f, s:{s:f, s:f, s:f}}", "protocol",
        load->options->asker.protocol, "clients", (json_int_t)load->options->clients, "window",
        (json_int_t)load->options->window, "count", (json_int_t)load->answered, "seconds", seconds,
        "rate_per_s", count / seconds, "cpu_us_per_request", cpu_us / count,
        "own_cpu_us_per_request", own_us / count, "latency_us", "p50", quantile_us(load, 0.5),
        "p99", quantile_us(load, 0.99), "max", quantile_us(load, 1));
    json_dumpf(figures, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
    putchar('\n');
    json_decref(figures);
}

static void load_measure(struct load *load, void *context)
{
    uint64_t pid = load->options->pid;
    double   idle = process_idle(pid);
    load_open(load, context);
    bench_sleep_until(bench_now_ns() + SETTLE_MS * INT64_C(1000000));
    double  before_us = process_us(pid), own_us = (double)bench_cpu_us();
    int64_t start_ns = bench_now_ns();
    if (load->options->pace_us > 0) {
        load_run_paced(load);
    } else {
        load_run(load, load->options->count, load->options->window);
    }
    double seconds = (double)(bench_now_ns() - start_ns) / 1e9;
    double used_us = process_us(pid) - before_us - idle * seconds * 1e6;
    load_report(load, seconds, used_us, (double)bench_cpu_us() - own_us);
    load_close(load);
}

int main(int argc, char **argv)
{
    struct options options = {.clients = 1, .window = 1, .count = 10000};
    struct load    load = {.options = &options};
    options_read(&options, argc, argv);
    if (options.echo != NULL) {
        asker_echo(options.echo);
    }
    void *context = zmq_ctx_new();
    load_measure(&load, context);
    zmq_ctx_term(context);
    return 0;
}
