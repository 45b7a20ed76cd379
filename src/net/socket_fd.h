/* socket_fd.h - a socket of libzmq beside other descriptors in one poll(2). */
#ifndef FSZ_SOCKET_FD_H
#define FSZ_SOCKET_FD_H

#include <stdbool.h>

/* Readable when something may have come: it signals once only (ZMQ_FD in zmq_getsockopt(3)). */
int fsz_socket_fd(void *socket);
/* Has something come? To be asked before one sleeps on the descriptor. */
bool fsz_socket_pending(void *socket);

#endif
