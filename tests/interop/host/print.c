/* SPDX-License-Identifier: MPL-2.0 */
#include "host.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN_BYTES = 48 };

static void print_bytes(const uint8_t *bytes, size_t size)
{
    putchar('"');
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '"' || bytes[i] == '\\' || bytes[i] < ' ' || bytes[i] > '~') {
            printf("\\u%04x", bytes[i]);
        } else {
            putchar(bytes[i]);
        }
    }
    putchar('"');
}

static void print_text(const char *key, const char *text)
{
    printf(",\"%s\":", key);
    print_bytes((const uint8_t *)text, strlen(text));
}

static uint32_t crc32(const uint8_t *bytes, size_t size)
{
    uint32_t crc = ~0U;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ (0xEDB88320U & (0U - (crc & 1U)));
        }
    }
    return ~crc;
}

/* A large frame is printed as `#SIZE:SUM`, with a CRC-32. */
void host_print_frame(const struct fsz_frame *frame)
{
    if (frame->size <= SHOWN_BYTES) {
        print_bytes(frame->data, frame->size);
    } else {
        printf("\"#%zu:%08x\"", frame->size, crc32(frame->data, frame->size));
    }
}

void host_print_conn(const char *event, const char *name, struct fsz_conn *conn,
                     const enum fsz_zmtp_ending *ending)
{
    static const char *const     versions[] = {"", "2.0", "3.0", "3.1"};
    const struct fsz_conn_facts *facts = fsz_conn_facts(conn);
    printf("{\"event\":\"%s\",\"socket\":\"%s\",\"id\":%" PRIu64, event, name, facts->id);
    printf(",\"version\":\"%s\",\"type\":\"%s\",\"dialed\":%s", versions[facts->version],
           fsz_zmtp_type_name(facts->type), facts->dialed ? "true" : "false");
    print_text("mechanism", facts->mechanism_text);
    print_text("peer", facts->peer);
    if (ending) {
        printf(",\"ready\":%s", fsz_conn_is_ready(conn) ? "true" : "false");
        print_text("ending", fsz_zmtp_ending_word(*ending));
        print_text("reason", fsz_conn_peer_reason(conn));
    } else {
        print_text("user", fsz_zmtp_socket_identity(conn).user);
    }
    printf("}\n");
}

static void print_figures(const char *name, struct fsz_zmtp_socket *socket)
{
    struct fsz_zmtp_figures f;
    fsz_zmtp_socket_figures(socket, &f);
    printf("{\"event\":\"figures\",\"socket\":\"%s\",\"open\":%" PRIu64 ",\"ready\":%" PRIu64, name,
           f.open_now, f.ready_now);
    printf(",\"messages_in\":%" PRIu64 ",\"messages_out\":%" PRIu64 ",\"output_bytes\":%" PRIu64,
           f.messages_in, f.messages_out, f.output_bytes);
    printf(",\"input_bytes\":%" PRIu64 ",\"endings\":{", f.input_bytes);
    for (int i = 0; i < FSZ_ZMTP_ENDING_COUNT; i++) {
        printf("%s\"%s\":%" PRIu64, i ? "," : "", fsz_zmtp_ending_word((enum fsz_zmtp_ending)i),
               f.endings[i]);
    }
    printf("}}\n");
}

void host_print_figures(struct host *host)
{
    if (host->pub) {
        print_figures("pub", fsz_pub_socket(host->pub));
    }
    if (host->router) {
        print_figures("router", host->router);
    }
    for (size_t i = 0; i < host->options.dealers; i++) {
        print_figures(host->links[i].name, fsz_dealer_socket(host->links[i].dealer));
    }
}

static bool print_round_trip(void *argument, struct fsz_conn *conn)
{
    const char            **separator = argument;
    struct fsz_conn_figures figures;
    fsz_conn_figures(conn, &figures);
    printf("%s%" PRId64, *separator, figures.round_trip_us);
    *separator = ",";
    return true;
}

void host_print_round_trips(struct host *host)
{
    const char *separator = "";
    printf("{\"event\":\"peers\",\"round_trip_us\":[");
    if (host->pub) {
        fsz_zmtp_socket_each(fsz_pub_socket(host->pub), print_round_trip, &separator);
    }
    if (host->router) {
        fsz_zmtp_socket_each(host->router, print_round_trip, &separator);
    }
    for (size_t i = 0; i < host->options.dealers; i++) {
        fsz_zmtp_socket_each(fsz_dealer_socket(host->links[i].dealer), print_round_trip,
                             &separator);
    }
    printf("]}\n");
}
