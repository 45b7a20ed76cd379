/* SPDX-License-Identifier: MPL-2.0 */
#include "host.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void send_all(struct host *host, const char *topic, const struct fsz_frame *frames,
                     size_t count)
{
    struct fsz_zmtp_message *message;
    if (fsz_zmtp_message_new(frames, count, FSZ_ZMTP_HIGH, &message) == FSZ_OK) {
        fsz_pub_queue(host->pub, topic, strlen(topic), message);
        fsz_zmtp_message_unref(message);
    }
}

/* Odd numbers: topic, number, an empty frame, a body. Even numbers: one frame with topic and
 * number. */
static void publish_numbered(struct host *host, const char *topic, uint64_t number)
{
    char head[64], digits[24], body[48];
    snprintf(digits, sizeof(digits), "%" PRIu64, number);
    snprintf(body, sizeof(body), "body-%s", digits);
    snprintf(head, sizeof(head), "%s%s", topic, number % 2 ? "" : digits);
    struct fsz_frame frames[] = {host_text_frame(head), host_text_frame(digits),
                                 host_text_frame(""), host_text_frame(body)};
    send_all(host, head, frames, number % 2 ? 4 : 1);
}

void host_publish_round(struct host *host)
{
    fsz_pub_lock(host->pub);
    for (unsigned i = 0; i < host->options.topics; i++) {
        char topic[24];
        snprintf(topic, sizeof(topic), "t%u.", i);
        publish_numbered(host, topic, host->rounds);
    }
    fsz_pub_flush(host->pub);
    fsz_pub_unlock(host->pub);
}

void host_publish_burst(struct host *host, uint64_t count)
{
    fsz_pub_lock(host->pub);
    for (uint64_t i = 0; i < count; i++) {
        publish_numbered(host, "burst.", host->bursts++);
    }
    fsz_pub_flush(host->pub);
    fsz_pub_unlock(host->pub);
}

void host_publish_large(struct host *host, size_t size)
{
    uint8_t *bytes = host_make_pattern(size);
    if (bytes) {
        struct fsz_frame frames[] = {
            host_text_frame("large."), {.data = bytes, .size = size}, host_text_frame("")};
        fsz_pub_lock(host->pub);
        send_all(host, "large.", frames, 3);
        fsz_pub_flush(host->pub);
        fsz_pub_unlock(host->pub);
    }
    free(bytes);
}

static void on_joined(void *self, struct fsz_subscriber *subscriber)
{
    (void)self;
    host_print_conn("ready", "pub", subscriber->conn, NULL);
}

static void on_left(void *self, struct fsz_subscriber *subscriber, enum fsz_zmtp_ending ending)
{
    (void)self;
    host_print_conn("ended", "pub", subscriber->conn, &ending);
}

static void on_pub_failed(void *self, struct fsz_conn *conn, enum fsz_zmtp_ending ending)
{
    (void)self;
    host_print_conn("failed", "pub", conn, &ending);
}

static void on_changed(void *self, bool wanted, const void *prefix, size_t size)
{
    (void)self;
    struct fsz_frame frame = {.data = prefix, .size = size};
    printf("{\"event\":\"%s\",\"prefix\":", wanted ? "wanted" : "unwanted");
    host_print_frame(&frame);
    printf("}\n");
}

static void on_lost(void *self, struct fsz_subscriber *subscriber,
                    const struct fsz_zmtp_message *message)
{
    (void)self;
    (void)message;
    host_print_conn("lost", "pub", subscriber->conn, NULL);
}

static const struct fsz_pub_handler pub_handler = {
    .joined = on_joined,
    .left = on_left,
    .changed = on_changed,
    .lost = on_lost,
    .failed = on_pub_failed,
};

bool host_publish_open(struct host *host)
{
    static const struct fsz_pub_limits limits = {
        .subscriptions = 1000,
        .subscription_bytes = 1 << 16,
        .all_subscriptions = 100000,
        .all_subscription_bytes = 1 << 22,
        .prefix_bytes = 1 << 12,
    };
    struct host_options *o = &host->options;
    if (o->pubs == 0) {
        return true;
    }
    o->server.mechanism.type = FSZ_ZMTP_XPUB;
    bool opened = fsz_pub_new(host->loop, &o->server, &o->limits, &limits, &pub_handler, host,
                              &host->gate, &host->pub) == FSZ_OK;
    for (size_t i = 0; opened && i < o->pubs; i += 2) {
        opened = host_open_endpoint(fsz_pub_socket(host->pub), "pub", o->pub[i], o->pub[i + 1]);
    }
    return opened;
}
