/* SPDX-License-Identifier: MPL-2.0 */
/* zmtp_host - talks to peers through src/zmtp only, for the tests in this folder.
 *
 *     zmtp_host [key=value]...        keys: options.c
 *
 * An XPUB publishes rounds of numbered messages, a ROUTER sends each request back, and each DEALER
 * sends its peer one numbered request a round. Events are printed as lines of JSON. Lines on stdin:
 *
 *     burst COUNT          publishes COUNT messages of topic `burst.` at once
 *     large BYTES          publishes a message of topic `large.` with a body of that size
 *     ask BYTES            sends each peer a request of that size
 *     figures              prints the figures of each socket
 *     peers                prints the round-trip time of each connection's last heartbeat
 *
 * It ends when stdin ends. */
#include "host.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINGER_MS = 500, TURN_NS = 100000000 };

struct fsz_frame host_text_frame(const char *text)
{
    return (struct fsz_frame){.data = (const uint8_t *)text, .size = strlen(text)};
}

uint8_t *host_make_pattern(size_t size)
{
    uint8_t *bytes = malloc(size ? size : 1);
    for (size_t i = 0; bytes && i < size; i++) {
        bytes[i] = (uint8_t)(i % 251);
    }
    return bytes;
}

bool host_open_endpoint(struct fsz_zmtp_socket *socket, const char *name, const char *how,
                        const char *endpoint)
{
    char        why[FSZ_ADDRESS_WHY_BYTES] = "";
    const char *bound = endpoint;
    int         number = 0;
    fsz_err     err = strcmp(how, "bind") == 0
                          ? fsz_zmtp_socket_bind(socket, endpoint, &bound, &number, why)
                          : fsz_zmtp_socket_connect(socket, endpoint, why);
    if (err != FSZ_OK) {
        fprintf(stderr, "%s: %s: %s\n", endpoint, fsz_err_text(err), why);
        return false;
    }
    printf("{\"event\":\"open\",\"socket\":\"%s\",\"endpoint\":\"%s\"}\n", name, bound);
    return true;
}

static void send_round(struct host *host)
{
    if (host->pub) {
        host_publish_round(host);
    }
    host_ask_round(host);
    host->rounds++;
}

static void on_round(void *argument)
{
    struct host *host = argument;
    send_round(host);
    fsz_loop_set_timer(host->loop, &host->round,
                       fsz_loop_now_ms(host->loop) + host->options.pace_ms);
}

static void *run_sender(void *argument)
{
    struct host *host = argument;
    while (!atomic_load(&host->sender_stops)) {
        usleep((useconds_t)host->options.pace_ms * 1000);
        send_round(host);
    }
    return NULL;
}

static bool start_rounds(struct host *host)
{
    if (host->options.threaded) {
        return pthread_create(&host->sender, NULL, run_sender, host) == 0;
    }
    return fsz_loop_set_timer(host->loop, &host->round,
                              fsz_loop_now_ms(host->loop) + host->options.pace_ms) == FSZ_OK;
}

static void stop_rounds(struct host *host)
{
    if (host->options.threaded) {
        atomic_store(&host->sender_stops, true);
        pthread_join(host->sender, NULL);
    } else {
        fsz_loop_cancel_timer(host->loop, &host->round);
    }
}

static void take_line(struct host *host, char *line)
{
    char    *space = strchr(line, ' ');
    uint64_t number = space ? strtoull(space + 1, NULL, 10) : 0;
    if (space) {
        *space = '\0';
    }
    if (strcmp(line, "burst") == 0 && host->pub) {
        host_publish_burst(host, number);
    } else if (strcmp(line, "large") == 0 && host->pub) {
        host_publish_large(host, number);
    } else if (strcmp(line, "ask") == 0) {
        host_ask_large(host, number);
    } else if (strcmp(line, "figures") == 0) {
        host_print_figures(host);
    } else if (strcmp(line, "peers") == 0) {
        host_print_round_trips(host);
    } else {
        printf("{\"event\":\"unknown\"}\n");
    }
}

static void on_input(void *argument, uint32_t events)
{
    struct host *host = argument;
    char         byte;
    (void)events;
    if (read(STDIN_FILENO, &byte, 1) != 1) {
        host->stopping = true;
        fsz_loop_remove(host->loop, &host->input);
    } else if (byte == '\n') {
        host->line[host->line_size] = '\0';
        host->line_size = 0;
        take_line(host, host->line);
    } else if (host->line_size < HOST_LINE_BYTES - 1) {
        host->line[host->line_size++] = byte;
    }
}

static void on_closed(void *argument)
{
    ((struct host *)argument)->to_close--;
}

static void close_all(struct host *host)
{
    stop_rounds(host);
    for (size_t i = 0; i < host->options.dealers; i++) {
        fsz_dealer_free(&host->links[i].dealer);
    }
    if (host->router) {
        host->to_close++;
        fsz_zmtp_socket_close(&host->router, LINGER_MS, on_closed, host);
    }
    if (host->pub) {
        host->to_close++;
        fsz_pub_close(&host->pub, LINGER_MS, on_closed, host);
    }
    while (host->to_close > 0) {
        fsz_loop_turn(host->loop, TURN_NS);
    }
}

static bool start(struct host *host)
{
    host->rounds = host->options.first;
    host->gate = (struct fsz_gate){.ask = host_options_admit, .self = &host->options};
    host->input = (struct fsz_loop_watch){.fd = STDIN_FILENO, .ready = on_input, .argument = host};
    host->round = (struct fsz_loop_timer){.fire = on_round, .argument = host};
    return fsz_loop_new(&host->loop) == FSZ_OK &&
           fsz_loop_add(host->loop, &host->input, EPOLLIN) == FSZ_OK && host_publish_open(host) &&
           host_serve_open(host) && host_ask_open(host) && start_rounds(host);
}

int main(int argc, char **argv)
{
    static struct host host;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (sodium_init() < 0 || !host_options_read(argc, argv, &host.options) || !start(&host)) {
        return 1;
    }
    printf("{\"event\":\"started\"}\n");
    while (!host.stopping) {
        fsz_loop_turn(host.loop, TURN_NS);
    }
    close_all(&host);
    fsz_loop_free(&host.loop);
    printf("{\"event\":\"stopped\"}\n");
    return 0;
}
