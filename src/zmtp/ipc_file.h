/* SPDX-License-Identifier: MPL-2.0 */
/* ipc_file.h - the files of ipc endpoints: may a path be bound, and is the file still ours?
 *
 * bind(2) creates the file and fails if it exists, so a stale file has to be deleted first. No
 * system call deletes a file only if it is still the same file. So a process that binds holds a
 * lock file next to the path from before bind(2) until after listen(2): a file that refuses
 * connections during that time has no owner. The lock ends with its process. Programs that do not
 * know the lock are not kept out; libzmq, for one, deletes any file that it finds. Any thread; does
 * not wait. */
#ifndef FSZ_ZMTP_IPC_FILE_H
#define FSZ_ZMTP_IPC_FILE_H

#include <stdbool.h>
#include <stdint.h>

/* Identifies a file: another one may appear at its path later. */
struct fsz_ipc_file {
    bool     exists;
    uint64_t device, inode;
    int64_t  born_ns; /* inode numbers are reused. 0: the file system does not record it */
};

void fsz_ipc_file_note(const char *path, struct fsz_ipc_file *ret_file);
bool fsz_ipc_file_is_at(const char *path, const struct fsz_ipc_file *file);
/* Returns 0 or an errno. EADDRINUSE: another process is binding there. */
int  fsz_ipc_file_lock(const char *path, int *ret_lock);
void fsz_ipc_file_unlock(const char *path, int lock);
/* Deletes a stale file at the path, under the lock. Returns 0 or an errno. EADDRINUSE: a process
 * listens there. ENOTSOCK: it is not a socket, and stays. EACCES and others: it is not known
 * whether a process listens there, or the file cannot be deleted. */
int fsz_ipc_file_clear(const char *path);

#endif
