#include "monitor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

enum {
    MONITOR_FAILED = ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                     ZMQ_EVENT_HANDSHAKE_FAILED_AUTH,
    MONITOR_OPENED = ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_CONNECTED,
    MONITOR_EVENTS = MONITOR_FAILED | MONITOR_OPENED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                     ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED,
};

void *fsz_monitor_new(void *context, void *socket, const char *name)
{
    char address[128];
    int  unbounded = 0, linger = 0;
    snprintf(address, sizeof(address), "inproc://fszmq.monitor.%s.%p", name, socket);
    void *monitor = zmq_socket(context, ZMQ_PAIR);
    if (monitor == NULL) {
        return NULL;
    }
    /* Without a bound an I/O thread never waits for us to read. */
    zmq_setsockopt(monitor, ZMQ_RCVHWM, &unbounded, sizeof(unbounded));
    zmq_setsockopt(monitor, ZMQ_LINGER, &linger, sizeof(linger));
    if (zmq_socket_monitor(socket, address, MONITOR_EVENTS) != 0 ||
        zmq_connect(monitor, address) != 0) {
        zmq_socket_monitor(socket, NULL, 0);
        zmq_close(monitor);
        return NULL;
    }
    return monitor;
}

void fsz_monitor_free(void **monitor, void *socket)
{
    if (*monitor != NULL) {
        zmq_socket_monitor(socket, NULL, 0);
        zmq_close(*monitor);
        *monitor = NULL;
    }
}

/* libzmq ends every connection with DISCONNECTED, also one whose handshake failed; only the others
 * were subscribers. */
static void monitor_count(struct fsz_connections *c, unsigned event, int32_t value)
{
    if (event & MONITOR_OPENED) {
        c->accepted++;
        c->open++;
        c->given_up = false;
    } else if (event & MONITOR_FAILED) {
        c->handshakes_failed++;
        c->broken_off += event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
        c->mismatched += event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL &&
                         value == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH;
    } else if (event & ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
        c->subscribers++;
    } else if (event & ZMQ_EVENT_DISCONNECTED) {
        c->disconnected++;
        c->open -= c->open > 0;
        c->subscribers = c->subscribers < c->open ? c->subscribers : c->open;
        c->given_up = true; /* unless it says otherwise, which it does at once */
    } else if (event & ZMQ_EVENT_CONNECT_RETRIED) {
        c->given_up = false;
    }
}

struct monitor_event {
    uint16_t event;
    int32_t  value; /* of those that open and close: the descriptor; of failures: why */
};

static bool monitor_next(void *monitor, struct monitor_event *ret_event)
{
    unsigned char frame[6], address[512];
    int           size = zmq_recv(monitor, frame, sizeof(frame), ZMQ_DONTWAIT);
    if (size < (int)sizeof(frame)) {
        return false;
    }
    zmq_recv(monitor, address, sizeof(address), ZMQ_DONTWAIT);
    memcpy(&ret_event->event, frame, sizeof(ret_event->event));
    memcpy(&ret_event->value, frame + sizeof(ret_event->event), sizeof(ret_event->value));
    return true;
}

void fsz_monitor_read(void *monitor, struct fsz_connections *connections, struct fsz_inflow *inflow)
{
    struct monitor_event event;
    while (monitor && monitor_next(monitor, &event)) {
        monitor_count(connections, event.event, event.value);
        if (event.event & MONITOR_OPENED) {
            fsz_inflow_open(inflow, event.value);
        }
    }
}
