/* SPDX-License-Identifier: MPL-2.0 */
#include "net/socket_fd.h"

#include <zmq.h>

int fsz_socket_fd(void *socket)
{
    int    fd = -1;
    size_t size = sizeof(fd);
    zmq_getsockopt(socket, ZMQ_FD, &fd, &size);
    return fd;
}

bool fsz_socket_pending(void *socket)
{
    int    events = 0;
    size_t size = sizeof(events);
    zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size);
    return (events & ZMQ_POLLIN) != 0;
}
