/* SPDX-License-Identifier: MPL-2.0 */
#include "host.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_up(void *self, struct fsz_conn *conn)
{
    struct link *link = self;
    host_print_conn("up", link->name, conn, NULL);
}

static void on_answer(void *self, const struct fsz_frames *frames)
{
    struct link *link = self;
    printf("{\"event\":\"answer\",\"socket\":\"%s\",\"frames\":[", link->name);
    for (size_t i = 0; i < frames->count; i++) {
        printf("%s", i ? "," : "");
        host_print_frame(&frames->frames[i]);
    }
    printf("]}\n");
}

static void on_down(void *self, struct fsz_conn *conn, enum fsz_zmtp_ending ending)
{
    struct link *link = self;
    (void)conn;
    printf("{\"event\":\"down\",\"socket\":\"%s\",\"ending\":\"%s\"}\n", link->name,
           fsz_zmtp_ending_word(ending));
}

static void on_failed(void *self, struct fsz_conn *conn, enum fsz_zmtp_ending ending)
{
    struct link *link = self;
    host_print_conn("failed", link->name, conn, &ending);
}

static const struct fsz_dealer_handler dealer_handler = {
    .up = on_up,
    .message = on_answer,
    .down = on_down,
    .failed = on_failed,
};

/* Begins with an empty frame, as REP and serving ROUTER peers expect. */
static void ask_peer(struct link *link, const void *body, size_t size)
{
    struct fsz_zmtp_message *message;
    struct fsz_frame         frames[] = {host_text_frame(""), {.data = body, .size = size}};
    if (fsz_zmtp_message_new(frames, 2, FSZ_ZMTP_HIGH, &message) != FSZ_OK) {
        return;
    }
    if (fsz_dealer_send(link->dealer, message) == FSZ_OK) {
        link->asked++;
    }
    fsz_zmtp_message_unref(message);
}

void host_ask_round(struct host *host)
{
    for (size_t i = 0; i < host->options.dealers; i++) {
        struct link *link = &host->links[i];
        char         body[32];
        snprintf(body, sizeof(body), "question-%" PRIu64, link->asked);
        ask_peer(link, body, strlen(body));
    }
}

void host_ask_large(struct host *host, size_t size)
{
    uint8_t *bytes = host_make_pattern(size);
    for (size_t i = 0; bytes && i < host->options.dealers; i++) {
        ask_peer(&host->links[i], bytes, size);
    }
    free(bytes);
}

static bool open_link(struct host *host, struct link *link, const char *endpoint)
{
    struct fsz_dealer_config config = {
        .endpoint = endpoint,
        .options = &host->options.client,
        .limits = &host->options.limits,
        .handler = &dealer_handler,
        .self = link,
    };
    char why[FSZ_ADDRESS_WHY_BYTES] = "";
    link->name = endpoint;
    if (fsz_dealer_new(host->loop, &config, &link->dealer, why) != FSZ_OK) {
        fprintf(stderr, "%s: %s\n", endpoint, why);
        return false;
    }
    return true;
}

bool host_ask_open(struct host *host)
{
    bool opened = true;
    host->options.client.mechanism.type = FSZ_ZMTP_DEALER;
    for (size_t i = 0; opened && i < host->options.dealers; i++) {
        opened = open_link(host, &host->links[i], host->options.dealer[i]);
    }
    return opened;
}
