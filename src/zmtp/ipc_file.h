/* ipc_file.h - the files of ipc endpoints: may a path be bound, and is the file still ours?
 *
 * bind(2) creates the file and fails if there is one, so a stale file has to be deleted first, and
 * nothing deletes a file only if it is still that one. So whoever binds holds a lock file beside
 * the path from before bind(2) until after listen(2): a file that refuses connections meanwhile has
 * no owner. The lock goes with its process. Programs that do not know of the lock, such as those of
 * libzmq, which deletes whatever it finds, are not held off. Any thread; does not wait. */
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
/* Returns 0, or an errno: EADDRINUSE: another process is binding there. */
int  fsz_ipc_file_lock(const char *path, int *ret_lock);
void fsz_ipc_file_unlock(const char *path, int lock);
/* Makes room at the path, under the lock. Returns 0, or an errno: EADDRINUSE: a process listens
 * there; ENOTSOCK: something else is there, and is left alone; EACCES and others: whether a process
 * listens there is not known, or the file cannot be deleted. */
int fsz_ipc_file_clear(const char *path);

#endif
