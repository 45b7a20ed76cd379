/* ipc_file.h - the files of ipc endpoints: may a path be bound, and is the file still ours?
 *
 * bind(2) creates the file or fails, so a path that is free needs no check. A socket file at which
 * nobody listens is moved aside, looked at once more, and deleted; one whose owner has begun to
 * listen meanwhile is moved back. The owner, after listen(2), sees whether its file is still in
 * place. So of two processes that bind one path at the same time, one gets it. A file that is
 * bound under a temporary name and renamed would do the same, but ss(8) and getpeername(2) show the
 * name that was bound. Any thread. */
#ifndef FSZ_ZMTP_IPC_FILE_H
#define FSZ_ZMTP_IPC_FILE_H

#include <stdbool.h>
#include <stdint.h>

/* Which file it is: later there may be another one at its path. */
struct fsz_ipc_file {
    bool     exists;
    uint64_t device, inode;
    int64_t  born_ns; /* an inode's number is given again. 0: the file system does not know */
};

void fsz_ipc_file_note(const char *path, struct fsz_ipc_file *ret_file);
bool fsz_ipc_file_is_at(const char *path, const struct fsz_ipc_file *file);
/* Makes room at the path. Returns 0, or an errno: EADDRINUSE: a process listens there; ENOTSOCK:
 * something else is there, and is left alone; EACCES and others: it cannot be known or deleted. */
int fsz_ipc_file_clear(const char *path);

#endif
