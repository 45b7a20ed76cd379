/* SPDX-License-Identifier: MPL-2.0 */
/* socket_fd.h - the descriptor of a libzmq socket, for poll(2) together with other descriptors. */
#ifndef FSZ_SOCKET_FD_H
#define FSZ_SOCKET_FD_H

#include <stdbool.h>

/* Readable when input may be waiting. It signals only once (ZMQ_FD in zmq_getsockopt(3)). */
int fsz_socket_fd(void *socket);
/* Whether input is waiting. Check this before sleeping on the descriptor. */
bool fsz_socket_pending(void *socket);

#endif
