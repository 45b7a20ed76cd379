/* SPDX-License-Identifier: MPL-2.0 */
/* `fszmq-bench raw`: a publisher with plain libzmq, as the baseline for other publishers.
 *
 * It is written like an ordinary program: for each event it calls zmq_msg_init_size() and memcpy(),
 * writes the stamps and calls zmq_msg_send(). One thread, one XPUB socket (XPUB because it reports
 * subscriptions; PUB uses the same code). Its processor time is counted from the first event until
 * libzmq has passed the last one to the system. */
#include "base/clock.h"
#include "cli/cli.h"
#include "cli/cli_options.h"
#include "fszmq/wire.h"
#include "tool/commands.h"
#include "tool/lines.h"
#include "tool/report.h"
#include "tool/stamp.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

enum {
    RAW_COUNT = 100000,
    RAW_WAIT_S = 30,       /* wait for subscribers */
    RAW_LINGER_MS = 30000, /* time to send what is queued at the end */
    RAW_HWM = 1000,        /* libzmq's default */
    RAW_SETTLE_MS = 200,   /* between the last subscription and the first event */
};

struct raw_options {
    const char *bind;
    const char *file;
    const char *rate;
    uint64_t    count;
    uint64_t    hwm;
    uint64_t    subscriptions;
    double      wait_s;
    bool        block;
    bool        json;
};

struct raw {
    struct raw_options     options;
    struct fsz_bench_lines lines;
    uint64_t               per_second; /* 0: as fast as possible */
    void                  *context;
    void                  *socket;
    uint64_t               bytes;
    uint64_t               late; /* events sent more than a millisecond behind the schedule */
    int64_t                send_ns;
    int64_t                total_ns;
    int64_t                cpu_us;
};

#define RAW_OPTION(member) offsetof(struct raw_options, member)

static const struct fsz_option raw_options[] = {
    {"bind", 'b', FSZ_OPTION_TEXT, RAW_OPTION(bind), "ENDPOINT",
     "where to publish (default " FSZMQ_ENDPOINT_BIND ")"},
    {"sizes-from", 's', FSZ_OPTION_TEXT, RAW_OPTION(file), "FILE",
     "events to send in turn, one JSON object per line"},
    {"rate", 'r', FSZ_OPTION_TEXT, RAW_OPTION(rate), "R", "events per second, or max (default)"},
    {"count", 'n', FSZ_OPTION_NUMBER, RAW_OPTION(count), "N", "events to send (default 100000)"},
    {"wait", 'w', FSZ_OPTION_NUMBER, RAW_OPTION(subscriptions), "N",
     "start after N subscriptions (default 1)"},
    {"wait-seconds", 0, FSZ_OPTION_SECONDS, RAW_OPTION(wait_s), "SECONDS",
     "how long to wait for them (default 30)"},
    {"hwm", 0, FSZ_OPTION_NUMBER, RAW_OPTION(hwm), "N",
     "messages queued per subscriber (default 1000; 0: no limit)"},
    {"block", 0, FSZ_OPTION_FLAG, RAW_OPTION(block), NULL,
     "wait when a queue is full, instead of dropping as PUB does"},
    {"json", 'j', FSZ_OPTION_FLAG, RAW_OPTION(json), NULL, "print the figures as one line of JSON"},
    {0},
};

static const struct fsz_usage raw_usage = {
    .program = "fszmq-bench raw",
    .arguments = "--sizes-from=FILE [OPTION...]",
    .summary = "Publishes events with plain libzmq and reports the cost.",
    .options = raw_options,
};

static int raw_configure(struct raw *raw)
{
    const struct raw_options *options = &raw->options;
    if (options->file == NULL) {
        return fsz_usage_error(&raw_usage, "--sizes-from=FILE is missing");
    }
    if (options->rate != NULL && strcmp(options->rate, "max") != 0) {
        char *end = NULL;
        raw->per_second = strtoull(options->rate, &end, 10);
        if (*end != '\0' || raw->per_second == 0 || raw->per_second > 100000000) {
            return fsz_usage_error(&raw_usage, "--rate: '%s' is neither a number nor max",
                                   options->rate);
        }
    }
    int error = fsz_bench_lines_read(&raw->lines, options->file);
    if (error != 0) {
        fprintf(stderr, "%s: %s: %s\n", raw_usage.program, options->file,
                error == EINVAL ? "has no events, or a line that is not a JSON object"
                                : strerror(error));
        return FSZ_EXIT_FAILED;
    }
    return FSZ_EXIT_OK;
}

static int raw_option(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value);
}

static int raw_open(struct raw *raw)
{
    raw->context = zmq_ctx_new();
    raw->socket = raw->context == NULL ? NULL : zmq_socket(raw->context, ZMQ_XPUB);
    if (raw->socket == NULL || raw_option(raw->socket, ZMQ_SNDHWM, (int)raw->options.hwm) != 0 ||
        raw_option(raw->socket, ZMQ_LINGER, RAW_LINGER_MS) != 0 ||
        raw_option(raw->socket, ZMQ_XPUB_VERBOSE, 1) != 0 ||
        raw_option(raw->socket, ZMQ_XPUB_NODROP, raw->options.block) != 0 ||
        raw_option(raw->socket, ZMQ_IPV6, strchr(raw->options.bind, '[') != NULL) != 0 ||
        zmq_bind(raw->socket, raw->options.bind) != 0) {
        fprintf(stderr, "%s: %s: %s\n", raw_usage.program, raw->options.bind, zmq_strerror(errno));
        return FSZ_EXIT_FAILED;
    }
    return FSZ_EXIT_OK;
}

static void raw_sleep_until(int64_t ns)
{
    struct timespec until = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static int raw_wait(struct raw *raw)
{
    int64_t  deadline = fsz_clock_monotonic_ns() + (int64_t)(raw->options.wait_s * 1e9);
    uint64_t subscriptions = 0;
    raw_option(raw->socket, ZMQ_RCVTIMEO, 100);
    while (subscriptions < raw->options.subscriptions && !fsz_signals_stopped()) {
        char first = 0;
        if (zmq_recv(raw->socket, &first, 1, 0) > 0 && first == 1) {
            subscriptions++;
        } else if (fsz_clock_monotonic_ns() > deadline) {
            fprintf(stderr, "%s: %" PRIu64 " of %" PRIu64 " subscriptions arrived in time\n",
                    raw_usage.program, subscriptions, raw->options.subscriptions);
            return FSZ_EXIT_NO_ANSWER;
        }
    }
    raw_sleep_until(fsz_clock_monotonic_ns() + RAW_SETTLE_MS * INT64_C(1000000));
    return FSZ_EXIT_OK;
}

static int raw_send_one(struct raw *raw, const struct fsz_bench_line *line, uint64_t number)
{
    zmq_msg_t message;
    if (zmq_msg_init_size(&message, line->size) != 0) {
        return -1;
    }
    char *text = zmq_msg_data(&message);
    memcpy(text, line->text, line->size);
    fsz_stamp_write(text, line->sequence_offset, number);
    fsz_stamp_write(text, line->time_offset, (uint64_t)fsz_clock_monotonic_ns());
    if (zmq_msg_send(&message, raw->socket, 0) < 0) {
        zmq_msg_close(&message);
        return -1;
    }
    raw->bytes += line->size;
    return 0;
}

/* The schedule is absolute, so that a late event does not delay the following ones. */
static void raw_pace(struct raw *raw, int64_t start_ns, uint64_t sent)
{
    int64_t due = start_ns + (int64_t)((double)sent * 1e9 / (double)raw->per_second);
    int64_t now = fsz_clock_monotonic_ns();
    if (now < due) {
        raw_sleep_until(due);
    } else if (now - due > 1000000) {
        raw->late++;
    }
}

static int raw_send(struct raw *raw, uint64_t *ret_sent)
{
    uint64_t sent = 0;
    int64_t  start_ns = fsz_clock_monotonic_ns();
    for (; sent < raw->options.count && !fsz_signals_stopped(); sent++) {
        if (raw->per_second > 0) {
            raw_pace(raw, start_ns, sent);
        }
        if (raw_send_one(raw, &raw->lines.lines[sent % raw->lines.count], sent + 1) != 0) {
            if (errno == EINTR) {
                break;
            }
            fprintf(stderr, "%s: %s\n", raw_usage.program, zmq_strerror(errno));
            return FSZ_EXIT_FAILED;
        }
    }
    *ret_sent = sent;
    return FSZ_EXIT_OK;
}

static void raw_close(struct raw *raw)
{
    if (raw->socket != NULL) {
        zmq_close(raw->socket);
    }
    if (raw->context != NULL) {
        zmq_ctx_term(raw->context);
    }
    raw->socket = NULL;
    raw->context = NULL;
}

static json_t *raw_figures(const struct raw *raw, uint64_t sent)
{
    double seconds = (double)raw->total_ns / 1e9;
    return json_pack(
        "{s:s, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:I}", "role", "raw", "messages",
        (json_int_t)sent, "bytes", (json_int_t)raw->bytes, "seconds", fsz_bench_ratio(seconds, 1),
        "send_seconds", fsz_bench_ratio((double)raw->send_ns, 1e9), "cpu_us_per_message",
        fsz_bench_ratio((double)raw->cpu_us, (double)sent), "rate_per_s",
        fsz_bench_ratio((double)sent, seconds), "mb_per_s",
        fsz_bench_ratio((double)raw->bytes / 1e6, seconds), "late", (json_int_t)raw->late);
}

static int raw_run(struct raw *raw)
{
    uint64_t sent = 0;
    int      result = raw_wait(raw);
    if (result != FSZ_EXIT_OK) {
        return result;
    }
    int64_t cpu_us = fsz_bench_cpu_us();
    int64_t start_ns = fsz_clock_monotonic_ns();
    result = raw_send(raw, &sent);
    raw->send_ns = fsz_clock_monotonic_ns() - start_ns;
    raw_close(raw); /* blocks until libzmq has sent what is queued */
    raw->total_ns = fsz_clock_monotonic_ns() - start_ns;
    raw->cpu_us = fsz_bench_cpu_us() - cpu_us;
    return result == FSZ_EXIT_OK ? fsz_bench_report(raw_figures(raw, sent), raw->options.json)
                                 : result;
}

int fsz_bench_raw_command(int argc, char **argv)
{
    struct raw raw = {.options = {.bind = FSZMQ_ENDPOINT_BIND,
                                  .count = RAW_COUNT,
                                  .hwm = RAW_HWM,
                                  .subscriptions = 1,
                                  .wait_s = RAW_WAIT_S}};
    int        result = FSZ_EXIT_OK;
    int        first = fsz_options_read(&raw_usage, argc, argv, &raw.options, &result);
    if (first < 0) {
        return result;
    }
    if (first < argc) {
        return fsz_usage_error(&raw_usage, "unexpected argument '%s'", argv[first]);
    }
    fsz_signals_catch();
    result = raw_configure(&raw);
    result = result == FSZ_EXIT_OK ? raw_open(&raw) : result;
    result = result == FSZ_EXIT_OK ? raw_run(&raw) : result;
    raw_close(&raw);
    fsz_bench_lines_fini(&raw.lines);
    return result;
}
