/* ipcpath.h - whether the path of an ipc address may be bound.
 *
 * zmq_bind() deletes whatever is at the path, a file as well as the socket of a living publisher,
 * whose subscribers come to the new one from then on. Any thread; does not block. */
#ifndef FSZ_IPCPATH_H
#define FSZ_IPCPATH_H

#include <sys/types.h>

/* 0: nothing is there, or a socket on which nobody listens any more, or the address has no path.
 * ENOTSOCK: something else is there. EADDRINUSE: somebody listens. */
int fsz_ipcpath_check(const char *address);
/* The process that listens there; 0: none, or it can't be told. */
pid_t fsz_ipcpath_holder(const char *address);

#endif
