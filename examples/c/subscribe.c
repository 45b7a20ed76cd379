/* SPDX-License-Identifier: MPL-2.0 */
/* Prints the switch's events, one JSON object per line.
 *
 *     gcc -O2 -Wall -o subscribe subscribe.c -lzmq          Debian: libzmq3-dev
 *     ./subscribe [endpoint [count]] */
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

int main(int argc, char **argv)
{
    const char *endpoint = argc > 1 ? argv[1] : "tcp://localhost:5556";
    long        count = argc > 2 ? strtol(argv[2], NULL, 10) : 100;
    int         heartbeat_ms = 1000; /* detects a connection that died silently (docs/clients.md) */

    void *context = zmq_ctx_new();
    void *socket = zmq_socket(context, ZMQ_SUB);
    zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0); /* every event: the empty prefix */
    zmq_setsockopt(socket, ZMQ_HEARTBEAT_IVL, &heartbeat_ms, sizeof heartbeat_ms);
    if (zmq_connect(socket, endpoint) != 0) { /* connects and reconnects in the background */
        fprintf(stderr, "%s: %s\n", endpoint, zmq_strerror(zmq_errno()));
        return 1;
    }
    fprintf(stderr, "listening to %s\n", endpoint);

    zmq_msg_t event; /* of any size; not terminated by a NUL */
    zmq_msg_init(&event);
    while (count-- > 0 && zmq_msg_recv(&event, socket, 0) >= 0) {
        printf("%.*s\n", (int)zmq_msg_size(&event), (const char *)zmq_msg_data(&event));
        fflush(stdout);
    }
    zmq_msg_close(&event);
    zmq_close(socket);
    zmq_ctx_term(context);
    return 0;
}
