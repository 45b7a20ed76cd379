/* ipcpath.h - the files of ipc addresses: may one be bound, and is ours still there?
 *
 * zmq_bind() deletes whatever is at the path, a file as well as the socket of a living publisher,
 * whose subscribers come to the new one from then on. libzmq neither sees that the file of a socket
 * is deleted, nor deletes it at the end. Any thread; does not block. */
#ifndef FSZ_IPCPATH_H
#define FSZ_IPCPATH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* 0: nothing is there, or a socket on which nobody listens any more, or the address has no path.
 * ENOTSOCK: something else is there. EADDRINUSE: somebody listens. */
int fsz_ipcpath_check(const char *address);
/* The process that listens there; 0: none, or it can't be told. */
pid_t fsz_ipcpath_holder(const char *address);

/* A file that was at an address, to be known again: later there may be another one at its path. */
struct fsz_ipcpath_file {
    bool     is_there; /* false: none was, or the address has no path */
    uint64_t device, inode;
    int64_t  born_ns; /* 0: the file system does not tell */
};

/* What is there now. */
void fsz_ipcpath_note(const char *address, struct fsz_ipcpath_file *ret_file);
/* Was there a file, and is it gone? */
bool fsz_ipcpath_is_lost(const char *address, const struct fsz_ipcpath_file *file);
/* Deletes the file, if it is still there. */
void fsz_ipcpath_remove(const char *address, const struct fsz_ipcpath_file *file);

#endif
