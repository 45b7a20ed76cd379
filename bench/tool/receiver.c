/* SPDX-License-Identifier: MPL-2.0 */
#include "tool/receiver.h"

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/cli_message.h"
#include "tool/report.h"
#include "tool/stamp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RECEIVER_TICK_MS = 100, /* longest delay until an end is noticed */
    RECEIVER_BURST = 64,    /* messages read from one socket before the next socket */
};

#define RECEIVER_META_SEQ "\"seq\":"

/* Readers for the numbers and times of events; one pair per thread. */
struct receiver_readers {
    struct fsz_stamp_reader time;
    struct fsz_stamp_reader sequence;
};

int fsz_bench_receiver_init(struct fsz_bench_receiver *receiver, const struct fsz_bench_plan *plan,
                            size_t subscribers, size_t samples)
{
    *receiver = (struct fsz_bench_receiver){.plan = plan, .subscriber_count = subscribers};
    receiver->subscribers = calloc(subscribers, sizeof *receiver->subscribers);
    if (receiver->subscribers == NULL || fsz_bench_samples_init(&receiver->samples, samples) != 0) {
        fsz_bench_receiver_fini(receiver);
        return -1;
    }
    return 0;
}

void fsz_bench_receiver_fini(struct fsz_bench_receiver *receiver)
{
    free(receiver->subscribers);
    fsz_bench_samples_fini(&receiver->samples);
    *receiver = (struct fsz_bench_receiver){0};
}

static int receiver_subscribe(void *socket, const char *prefix)
{
    return zmq_setsockopt(socket, ZMQ_SUBSCRIBE, prefix, strlen(prefix));
}

/* Idle subscriptions come first: the publisher may start after the last subscription. */
static int receiver_subscribe_all(const struct fsz_bench_plan *plan, void *socket)
{
    uint64_t real = plan->prefixes->count > 0 ? plan->prefixes->count : 1;
    char     idle[64];
    for (uint64_t i = real; i < plan->subscriptions; i++) {
        snprintf(idle, sizeof idle, "{\"Event-Name\":\"NONE_%08u\"", (unsigned)i);
        if (receiver_subscribe(socket, idle) != 0) {
            return -1;
        }
    }
    for (uint64_t i = 0; i < real; i++) {
        const char *prefix = plan->prefixes->count > 0 ? plan->prefixes->items[i] : "";
        if (receiver_subscribe(socket, prefix) != 0) {
            return -1;
        }
    }
    return 0;
}

static int receiver_open_one(const struct fsz_bench_plan *plan, struct fsz_bench_subscriber *sub)
{
    int none = 0;
    sub->socket = zmq_socket(plan->context, ZMQ_SUB);
    if (sub->socket == NULL || zmq_setsockopt(sub->socket, ZMQ_LINGER, &none, sizeof none) != 0 ||
        zmq_setsockopt(sub->socket, ZMQ_RCVHWM, &plan->hwm, sizeof plan->hwm) != 0 ||
        fsz_account_apply(plan->account, sub->socket) != 0 ||
        receiver_subscribe_all(plan, sub->socket) != 0) {
        return errno;
    }
    for (size_t i = 0; i < plan->endpoints->count; i++) {
        if (zmq_connect(sub->socket, plan->endpoints->items[i]) != 0) {
            return errno;
        }
    }
    return 0;
}

static int receiver_open(struct fsz_bench_receiver *receiver, zmq_pollitem_t *items)
{
    for (size_t i = 0; i < receiver->subscriber_count; i++) {
        int error = receiver_open_one(receiver->plan, &receiver->subscribers[i]);
        if (error != 0) {
            return error;
        }
        items[i] =
            (zmq_pollitem_t){.socket = receiver->subscribers[i].socket, .events = ZMQ_POLLIN};
    }
    return 0;
}

static void receiver_close(struct fsz_bench_receiver *receiver)
{
    for (size_t i = 0; i < receiver->subscriber_count; i++) {
        if (receiver->subscribers[i].socket != NULL) {
            zmq_close(receiver->subscribers[i].socket);
            receiver->subscribers[i].socket = NULL;
        }
    }
}

/* The number after `"seq":` in a meta frame; 0 if there is none. */
static uint64_t receiver_meta_seq(struct fsz_message *message)
{
    zmq_msg_t  *frame = &message->frames[FSZMQ_FRAME_META];
    const char *text = zmq_msg_data(frame);
    size_t      size = zmq_msg_size(frame);
    const char *end = text + size;
    const char *at = memmem(text, size, RECEIVER_META_SEQ, sizeof RECEIVER_META_SEQ - 1);
    uint64_t    number = 0;
    if (at == NULL) {
        return 0;
    }
    at += sizeof RECEIVER_META_SEQ - 1;
    while (at < end && *at == ' ') {
        at++;
    }
    for (; at < end && *at >= '0' && *at <= '9'; at++) {
        number = number * 10 + (uint64_t)(*at - '0');
    }
    return number;
}

static void receiver_take(struct fsz_bench_receiver *receiver, struct fsz_bench_subscriber *sub,
                          struct receiver_readers *readers, struct fsz_message *message)
{
    size_t      size = 0;
    uint64_t    number = 0;
    uint64_t    sent_ns = 0;
    int64_t     now_ns = fsz_clock_monotonic_ns();
    const char *text = fsz_message_event(message, &size);
    if (receiver->received++ == 0) {
        receiver->first_ns = now_ns;
        receiver->cpu_start_us = fsz_bench_cpu_us();
    }
    receiver->last_ns = now_ns;
    receiver->bytes += message->bytes;
    sub->received++;
    if (!fsz_stamp_read(&readers->sequence, text, size, &number) && message->count > 1) {
        number = receiver_meta_seq(message);
    }
    if (number > 0) {
        sub->first_number = sub->first_number == 0 ? number : sub->first_number;
        sub->last_number = number;
    }
    if (receiver->plan->latency && fsz_stamp_read(&readers->time, text, size, &sent_ns) &&
        sent_ns <= (uint64_t)now_ns) {
        fsz_bench_samples_add(&receiver->samples, (uint64_t)now_ns - sent_ns);
    }
}

static int receiver_drain(struct fsz_bench_receiver *receiver, struct fsz_bench_subscriber *sub,
                          struct receiver_readers *readers, struct fsz_message *message)
{
    for (int i = 0; i < RECEIVER_BURST; i++) {
        if (fsz_message_receive(message, sub->socket, ZMQ_DONTWAIT) != 0) {
            return errno == EAGAIN || errno == EINTR ? 0 : errno;
        }
        if (message->kind == FSZ_MESSAGE_JSON || message->kind == FSZ_MESSAGE_ENVELOPE) {
            receiver_take(receiver, sub, readers, message);
        }
    }
    return 0;
}

static bool receiver_is_done(const struct fsz_bench_receiver *receiver)
{
    const struct fsz_bench_plan *plan = receiver->plan;
    int64_t                      now_ns = fsz_clock_monotonic_ns();
    if (fsz_signals_stopped() || (plan->deadline_ns > 0 && now_ns >= plan->deadline_ns)) {
        return true;
    }
    if (plan->count > 0 && receiver->received >= plan->count * receiver->subscriber_count) {
        return true;
    }
    return receiver->received > 0 && now_ns - receiver->last_ns >= plan->idle_ns;
}

static int receiver_loop(struct fsz_bench_receiver *receiver, zmq_pollitem_t *items)
{
    struct receiver_readers readers = {.time = {.member = FSZ_STAMP_TIME},
                                       .sequence = {.member = FSZ_STAMP_SEQUENCE}};
    struct fsz_message      message;
    int                     error = 0;
    int                     count = (int)receiver->subscriber_count;
    fsz_message_init(&message);
    while (error == 0 && !receiver_is_done(receiver)) {
        if (zmq_poll(items, count, RECEIVER_TICK_MS) < 0 && errno != EINTR) {
            error = errno;
        }
        for (int i = 0; i < count && error == 0; i++) {
            if (items[i].revents & ZMQ_POLLIN) {
                error = receiver_drain(receiver, &receiver->subscribers[i], &readers, &message);
            }
        }
    }
    fsz_message_fini(&message);
    return error;
}

void *fsz_bench_receiver_main(void *argument)
{
    struct fsz_bench_receiver *receiver = argument;
    zmq_pollitem_t            *items = calloc(receiver->subscriber_count, sizeof *items);
    if (items == NULL) {
        receiver->error = ENOMEM;
        return NULL;
    }
    receiver->error = receiver_open(receiver, items);
    if (receiver->error == 0) {
        receiver->error = receiver_loop(receiver, items);
    }
    receiver_close(receiver);
    free(items);
    return NULL;
}

static uint64_t receiver_expected(const struct fsz_bench_plan       *plan,
                                  const struct fsz_bench_subscriber *sub)
{
    if (plan->count > 0) {
        return plan->count;
    }
    return sub->first_number == 0 ? 0 : sub->last_number - sub->first_number + 1;
}

uint64_t fsz_bench_receiver_lost(const struct fsz_bench_receiver *receiver)
{
    uint64_t lost = 0;
    for (size_t i = 0; i < receiver->subscriber_count; i++) {
        const struct fsz_bench_subscriber *sub = &receiver->subscribers[i];
        uint64_t                           expected = receiver_expected(receiver->plan, sub);
        lost += expected > sub->received ? expected - sub->received : 0;
    }
    return lost;
}
