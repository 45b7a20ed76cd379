/* SPDX-License-Identifier: MPL-2.0 */
/* A peer for the tests in this folder, on libzmq; README.md lists its options and output. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

enum { PREFIXES_MAX = 1000, SHOWN_BYTES = 48 };

static struct {
    const char *pattern, *endpoint, *mechanism, *user, *password, *public_key, *secret_key,
        *server_key, *then;
    const char *prefixes[PREFIXES_MAX];
    size_t      prefix_count, size;
    int         bind, heartbeat, pace, timeout, window;
    long        switch_after;
} options = {.mechanism = "NULL", .pace = 20, .timeout = 2000, .window = 10, .switch_after = -1};

static void read_option(const char *argument)
{
    const char *value = strchr(argument, '=');
    struct {
        const char  *key;
        const char **text;
        int         *number;
    } rows[] = {
        {"mechanism=", &options.mechanism, NULL}, {"user=", &options.user, NULL},
        {"password=", &options.password, NULL},   {"public=", &options.public_key, NULL},
        {"secret=", &options.secret_key, NULL},   {"server=", &options.server_key, NULL},
        {"then=", &options.then, NULL},           {"bind=", NULL, &options.bind},
        {"heartbeat=", NULL, &options.heartbeat}, {"pace=", NULL, &options.pace},
        {"timeout=", NULL, &options.timeout},     {"window=", NULL, &options.window},
    };
    for (size_t i = 0; value && i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strncmp(argument, rows[i].key, strlen(rows[i].key)) == 0) {
            if (rows[i].text) {
                *rows[i].text = value + 1;
            } else {
                *rows[i].number = atoi(value + 1);
            }
        }
    }
    if (strncmp(argument, "subscribe=", 10) == 0) {
        options.prefixes[options.prefix_count++ % PREFIXES_MAX] = value + 1;
    } else if (strncmp(argument, "size=", 5) == 0) {
        options.size = strtoul(value + 1, NULL, 10);
    } else if (strncmp(argument, "switch-after=", 13) == 0) {
        options.switch_after = strtol(value + 1, NULL, 10);
    }
}

static void check(int rc, const char *what)
{
    if (rc < 0) {
        fprintf(stderr, "%s: %s\n", what, zmq_strerror(zmq_errno()));
        exit(1);
    }
}

static void set_number(void *socket, int option, int value)
{
    check(zmq_setsockopt(socket, option, &value, sizeof(value)), "zmq_setsockopt");
}

static void set_text(void *socket, int option, const char *value)
{
    check(zmq_setsockopt(socket, option, value, strlen(value)), "zmq_setsockopt");
}

static void secure(void *socket)
{
    if (strcmp(options.mechanism, "PLAIN") == 0) {
        set_text(socket, ZMQ_PLAIN_USERNAME, options.user);
        set_text(socket, ZMQ_PLAIN_PASSWORD, options.password);
    } else if (strcmp(options.mechanism, "CURVE") == 0) {
        set_text(socket, ZMQ_CURVE_PUBLICKEY, options.public_key);
        set_text(socket, ZMQ_CURVE_SECRETKEY, options.secret_key);
        if (options.server_key) {
            set_text(socket, ZMQ_CURVE_SERVERKEY, options.server_key);
        } else {
            set_number(socket, ZMQ_CURVE_SERVER, 1);
        }
    }
}

static void subscribe(void *socket, int xsub, int on, const char *prefix)
{
    if (xsub) {
        char   message[256] = {(char)on};
        size_t size = strlen(prefix);
        memcpy(message + 1, prefix, size);
        check(zmq_send(socket, message, size + 1, 0), "zmq_send");
    } else {
        set_text(socket, on ? ZMQ_SUBSCRIBE : ZMQ_UNSUBSCRIBE, prefix);
    }
}

static void *open_socket(void *context, int type)
{
    void *socket = zmq_socket(context, type);
    set_number(socket, ZMQ_LINGER, 0);
    set_number(socket, ZMQ_RCVHWM, 0);
    set_number(socket, ZMQ_SNDHWM, 0);
    set_number(socket, ZMQ_RECONNECT_IVL, 50);
    if (options.heartbeat) {
        set_number(socket, ZMQ_HEARTBEAT_IVL, options.heartbeat);
    }
    secure(socket);
    for (size_t i = 0; type == ZMQ_SUB && i < options.prefix_count; i++) {
        subscribe(socket, 0, 1, options.prefixes[i]);
    }
    if (options.bind) {
        check(zmq_bind(socket, options.endpoint), "zmq_bind");
    } else {
        check(zmq_connect(socket, options.endpoint), "zmq_connect");
    }
    for (size_t i = 0; type == ZMQ_XSUB && i < options.prefix_count; i++) {
        subscribe(socket, 1, 1, options.prefixes[i]);
    }
    return socket;
}

static uint32_t crc32(const unsigned char *bytes, size_t size)
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

static void print_frame(zmq_msg_t *frame)
{
    size_t size = zmq_msg_size(frame);
    if (size == 0) {
        printf(" -");
    } else if (size <= SHOWN_BYTES) {
        printf(" %.*s", (int)size, (char *)zmq_msg_data(frame));
    } else {
        printf(" #%zu:%08x", size, crc32(zmq_msg_data(frame), size));
    }
}

/* Prints one message, and sends it to `echo` unless that is NULL; 0: none came in time. */
static int take_message(void *socket, void *echo)
{
    int more = 0, count = 0;
    do {
        zmq_msg_t frame;
        zmq_msg_init(&frame);
        if (zmq_msg_recv(&frame, socket, 0) < 0) {
            zmq_msg_close(&frame);
            return 0;
        }
        printf("%s", count++ ? "" : "message");
        print_frame(&frame);
        more = zmq_msg_more(&frame);
        if (echo) {
            check(zmq_msg_send(&frame, echo, more ? ZMQ_SNDMORE : 0), "zmq_msg_send");
        }
        zmq_msg_close(&frame);
    } while (more);
    printf("\n");
    return 1;
}

static void run_subscriber(void *context, int xsub)
{
    void *socket = open_socket(context, xsub ? ZMQ_XSUB : ZMQ_SUB);
    printf("started\n");
    for (long count = 0;; count++) {
        if (count == options.switch_after) {
            subscribe(socket, xsub, 0, options.prefixes[0]);
            subscribe(socket, xsub, 1, options.then);
            printf("switched\n");
        }
        take_message(socket, NULL);
    }
}

static void run_server(void *context, int type)
{
    void *socket = open_socket(context, type);
    printf("started\n");
    while (take_message(socket, socket)) {
    }
}

static void send_request(void *socket, long number, int dealer)
{
    char text[64];
    if (dealer) {
        snprintf(text, sizeof(text), "env-%ld", number);
        check(zmq_send(socket, text, strlen(text), ZMQ_SNDMORE), "zmq_send");
        check(zmq_send(socket, "", 0, ZMQ_SNDMORE), "zmq_send");
    }
    if (options.size) {
        unsigned char *bytes = malloc(options.size);
        for (size_t i = 0; i < options.size; i++) {
            bytes[i] = (unsigned char)(i % 251);
        }
        check(zmq_send(socket, bytes, options.size, 0), "zmq_send");
        free(bytes);
    } else {
        snprintf(text, sizeof(text), "request-%ld", number);
        check(zmq_send(socket, text, strlen(text), 0), "zmq_send");
    }
}

static void run_client(void *context, int dealer)
{
    void *socket = NULL;
    long  number = 0;
    int   window = dealer ? options.window : 1;
    for (;; usleep((useconds_t)options.pace * 1000)) {
        if (!socket) {
            socket = open_socket(context, dealer ? ZMQ_DEALER : ZMQ_REQ);
            set_number(socket, ZMQ_RCVTIMEO, options.timeout);
            printf("started\n");
        }
        for (int i = 0; i < window; i++) {
            send_request(socket, number++, dealer);
        }
        for (int i = 0; i < window && socket; i++) {
            if (!take_message(socket, NULL)) {
                printf("timeout %ld\n", number);
                zmq_close(socket);
                socket = NULL;
            }
        }
    }
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 3; i < argc; i++) {
        read_option(argv[i]);
    }
    options.pattern = argv[1];
    options.endpoint = argv[2];
    void *context = zmq_ctx_new();
    if (strcmp(argv[1], "sub") == 0 || strcmp(argv[1], "xsub") == 0) {
        run_subscriber(context, argv[1][0] == 'x');
    } else if (strcmp(argv[1], "rep") == 0 || strcmp(argv[1], "router") == 0) {
        run_server(context, strcmp(argv[1], "rep") == 0 ? ZMQ_REP : ZMQ_ROUTER);
    } else {
        run_client(context, strcmp(argv[1], "dealer") == 0);
    }
    return 1;
}
