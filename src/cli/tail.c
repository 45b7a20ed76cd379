/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/tail.h"

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

enum {
    TAIL_TICK_MS = 250,     /* longest delay until a signal is noticed */
    TAIL_BURST = 1000,      /* messages read before output is flushed and the time is checked */
    TAIL_HINT_S = 5,        /* silence on a good connection before the hint */
    TAIL_OUTPUT_FAILED = -1 /* standard output accepts no more; main() reports why */
};

#define TAIL_SECOND_NS 1e9

/* Flushes standard output first, so that a report comes after the events before it. */
static FILE *tail_notice(struct fsz_tail *tail)
{
    fflush(stdout);
    fsz_rate_clear(&tail->rate, stderr);
    return stderr;
}

static void tail_report_gap(void *context, const struct fsz_gap *gap)
{
    struct fsz_tail *tail = context;
    json_int_t       count = gap->last - gap->first + 1;
    if (tail->options->quiet) {
        return;
    }
    FILE *out = tail_notice(tail);
    fputs("fszmq tail: ", out);
    if (gap->type == FSZ_GAP_EPOCH) {
        fputs("stream ", out);
        fsz_text_puts(out, gap->stream);
        fputs(" was restarted\n", out);
        return;
    }
    fprintf(out, "lost %" JSON_INTEGER_FORMAT " event%s of stream ", count, count == 1 ? "" : "s");
    fsz_text_puts(out, gap->stream);
    fputs(", type ", out);
    fsz_text_puts(out, gap->event_type);
    fprintf(out, " (type_seq %" JSON_INTEGER_FORMAT, gap->first);
    if (count > 1) {
        fprintf(out, "%s%" JSON_INTEGER_FORMAT, tail->show.pretty.utf8 ? "–" : "-", gap->last);
    }
    fputs(")\n", out);
}

static void tail_foreign(struct fsz_tail *tail, const char *what)
{
    if (tail->foreign++ == 0 && !tail->options->quiet) {
        fprintf(tail_notice(tail),
                "fszmq tail: a message of %zu frame(s), %zu bytes, is not an event (%s); such "
                "messages are skipped\n",
                tail->message.count, tail->message.bytes, what);
    }
}

static void tail_take_event(struct fsz_tail *tail, json_t *meta)
{
    size_t      size = 0;
    const char *text = fsz_message_event(&tail->message, &size);
    json_t     *event = json_loadb(text, size, 0, NULL);
    if (!json_is_object(event)) {
        tail_foreign(tail, "not a JSON object");
    } else if (fsz_choose_matches(&tail->options->choose, event)) {
        fsz_rate_clear(&tail->rate, stderr);
        fsz_show_event(&tail->show, stdout, &tail->message, event, meta);
        tail->shown++;
        tail->last_ns = fsz_clock_monotonic_ns();
    }
    json_decref(event);
}

static void tail_take_bye(struct fsz_tail *tail, const json_t *meta)
{
    const char *stream = json_string_value(json_object_get(meta, FSZMQ_META_STREAM));
    if (!tail->options->quiet) {
        FILE *out = tail_notice(tail);
        fputs("fszmq tail: stream ", out);
        fsz_text_puts(out, stream == NULL ? "?" : stream);
        fputs(" is being stopped (.bye/)\n", out);
    }
}

static json_int_t tail_lost_of(const json_t *meta, const char *class)
{
    return json_integer_value(json_object_get(json_object_get(meta, FSZMQ_META_LOST), class));
}

static void tail_take_lost(struct fsz_tail *tail, const json_t *meta)
{
    if (!tail->options->quiet) {
        FILE *out = tail_notice(tail);
        fprintf(out,
                "fszmq tail: the switch dropped messages because this subscriber read too slowly: "
                "%" JSON_INTEGER_FORMAT " of low priority, %" JSON_INTEGER_FORMAT
                " normal, %" JSON_INTEGER_FORMAT " high (.lost/)\n",
                tail_lost_of(meta, "low"), tail_lost_of(meta, "normal"),
                tail_lost_of(meta, "high"));
    }
}

static bool tail_is_own(enum fsz_message_kind kind)
{
    return kind == FSZ_MESSAGE_BEAT || kind == FSZ_MESSAGE_BYE || kind == FSZ_MESSAGE_LOST;
}

static void tail_take(struct fsz_tail *tail)
{
    json_t *meta = fsz_message_meta(&tail->message);
    bool    own = tail_is_own(tail->message.kind);
    if (meta != NULL) {
        fsz_gaps_see(tail->gaps, meta, own);
        tail->rate.lost = (uint64_t)fsz_gaps_lost(tail->gaps);
    }
    if (tail->message.kind == FSZ_MESSAGE_OTHER) {
        tail_foreign(tail, tail->message.count > FSZMQ_FRAME_COUNT
                               ? "several messages in one: the end of one was lost in transit"
                               : "neither 1 frame nor 3");
    } else if (!own) {
        tail->rate.events++;
        tail->rate.bytes += tail->message.bytes;
        tail_take_event(tail, meta);
    } else if (tail->message.kind == FSZ_MESSAGE_BYE) {
        tail_take_bye(tail, meta);
    } else if (tail->message.kind == FSZ_MESSAGE_LOST) {
        tail_take_lost(tail, meta);
    }
    json_decref(meta);
}

static bool tail_is_done(const struct fsz_tail *tail)
{
    return tail->options->count > 0 && tail->shown >= tail->options->count;
}

/* Handles the messages that have arrived. Returns 0, TAIL_OUTPUT_FAILED, or an errno. */
static int tail_drain(struct fsz_tail *tail)
{
    for (int i = 0; i < TAIL_BURST && !tail_is_done(tail); i++) {
        if (fsz_message_receive(&tail->message, tail->connect.socket, ZMQ_DONTWAIT) != 0) {
            if (errno != EAGAIN && errno != EINTR) {
                return errno;
            }
            break;
        }
        tail_take(tail);
    }
    return fsz_output_flush() ? 0 : TAIL_OUTPUT_FAILED;
}

static bool tail_is_overdue(const struct fsz_tail *tail)
{
    double silent_s = (double)(fsz_clock_monotonic_ns() - tail->last_ns) / TAIL_SECOND_NS;
    return tail->options->timeout_s > 0 && silent_s >= tail->options->timeout_s;
}

/* Reports once that a good connection is silent, with hints on what to check. */
static void tail_hint(struct fsz_tail *tail)
{
    double silent_s = (double)(fsz_clock_monotonic_ns() - tail->last_ns) / TAIL_SECOND_NS;
    if (tail->hinted || tail->options->quiet || tail->shown > 0 || silent_s < TAIL_HINT_S) {
        return;
    }
    tail->hinted = true;
    for (size_t i = 0; i < tail->connect.count; i++) {
        if (tail->connect.peers[i].state == FSZ_CONNECT_READY) {
            fprintf(tail_notice(tail), "fszmq tail: no event yet%s\n",
                    tail->rate.events > 0 ? " that matches --uuid and --where" : "");
            fsz_connect_explain(&tail->connect);
            return;
        }
    }
}

static int tail_wait_ms(const struct fsz_tail *tail)
{
    int wait_ms = TAIL_TICK_MS;
    if (tail->options->timeout_s > 0) {
        double left_s = tail->options->timeout_s -
                        (double)(fsz_clock_monotonic_ns() - tail->last_ns) / TAIL_SECOND_NS;
        int left_ms = left_s <= 0 ? 0 : left_s > 1 ? 1000 : (int)(left_s * 1000) + 1;
        wait_ms = left_ms < wait_ms ? left_ms : wait_ms;
    }
    if (tail->rate_on && fsz_rate_wait_ms(&tail->rate) < wait_ms) {
        wait_ms = fsz_rate_wait_ms(&tail->rate);
    }
    return wait_ms;
}

/* Waits for input and handles it. Returns 0, TAIL_OUTPUT_FAILED, or an errno. */
static int tail_turn(struct fsz_tail *tail)
{
    /* Standard output is polled only to notice that its reader has closed the pipe. */
    zmq_pollitem_t items[] = {
        {.socket = tail->connect.socket, .events = ZMQ_POLLIN},
        {.socket = tail->connect.monitor, .events = ZMQ_POLLIN},
        {.fd = STDOUT_FILENO, .events = ZMQ_POLLERR},
    };
    if (zmq_poll(items, 3, tail_wait_ms(tail)) < 0 && errno != EINTR) {
        return errno;
    }
    if (items[2].revents & ZMQ_POLLERR) {
        return TAIL_OUTPUT_FAILED;
    }
    if (items[1].revents != 0) {
        tail_notice(tail);
        fsz_connect_watch(&tail->connect);
    }
    int error = items[0].revents != 0 ? tail_drain(tail) : 0;
    if (tail->rate_on) {
        fsz_rate_tick(&tail->rate, stderr);
    }
    fsz_connect_check(&tail->connect);
    tail_hint(tail);
    return error;
}

static int tail_loop(struct fsz_tail *tail)
{
    while (!fsz_signals_stopped() && !tail_is_done(tail)) {
        int error = tail_turn(tail);
        if (error == TAIL_OUTPUT_FAILED) {
            return FSZ_EXIT_FAILED;
        }
        if (error != 0) {
            fprintf(tail_notice(tail), "fszmq tail: %s\n", zmq_strerror(error));
            return FSZ_EXIT_FAILED;
        }
        if (fsz_connect_is_hopeless(&tail->connect)) {
            return FSZ_EXIT_FAILED;
        }
        if (tail_is_overdue(tail)) {
            bool answered = tail->shown > 0 && tail->options->count == 0;
            return answered ? FSZ_EXIT_OK : FSZ_EXIT_NO_ANSWER;
        }
    }
    return FSZ_EXIT_OK;
}

int fsz_tail_run(struct fsz_tail *tail)
{
    tail->gaps = fsz_gaps_new(tail->subscribe.topic, tail->subscribe.count, tail_report_gap, tail);
    if (tail->gaps == NULL) {
        fprintf(stderr, "fszmq tail: %s\n", strerror(ENOMEM));
        return FSZ_EXIT_FAILED;
    }
    fsz_rate_start(&tail->rate, isatty(STDERR_FILENO));
    tail->last_ns = fsz_clock_monotonic_ns();
    int result = tail_loop(tail);
    tail_notice(tail);
    if (result == FSZ_EXIT_NO_ANSWER && !tail->options->quiet) {
        fprintf(stderr, "fszmq tail: no event for %g seconds (%" PRIu64 " before)\n",
                tail->options->timeout_s, tail->shown);
        fsz_connect_explain(&tail->connect);
    }
    fsz_gaps_free(&tail->gaps);
    return result;
}
