/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/ipc_file.h"

#include "zmtp/address.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

void fsz_ipc_file_note(const char *path, struct fsz_ipc_file *ret_file)
{
    struct statx file;
    *ret_file = (struct fsz_ipc_file){.exists = false};
    if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME, &file) != 0) {
        return;
    }
    ret_file->exists = true;
    ret_file->device = (uint64_t)file.stx_dev_major << 32 | file.stx_dev_minor;
    ret_file->inode = file.stx_ino;
    if ((file.stx_mask & STATX_BTIME) != 0) {
        ret_file->born_ns = file.stx_btime.tv_sec * INT64_C(1000000000) + file.stx_btime.tv_nsec;
    }
}

bool fsz_ipc_file_is_at(const char *path, const struct fsz_ipc_file *file)
{
    struct fsz_ipc_file now;
    fsz_ipc_file_note(path, &now);
    return file->exists && now.exists && now.device == file->device && now.inode == file->inode &&
           now.born_ns == file->born_ns;
}

/* Returns 0 if no process listens there. EAGAIN (backlog full) and EPROTOTYPE (not a stream) mean
 * that the owner lives. */
static int file_probe(const char *path)
{
    char               why[FSZ_ADDRESS_WHY_BYTES];
    struct fsz_address address;
    struct stat        file;
    if (lstat(path, &file) != 0) {
        return errno == ENOENT ? 0 : errno;
    }
    if (!S_ISSOCK(file.st_mode)) {
        return ENOTSOCK;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || fsz_address_of_path(path, &address, why) != FSZ_OK) {
        int error = fd < 0 ? errno : ENAMETOOLONG;
        if (fd >= 0) {
            close(fd);
        }
        return error;
    }
    int error = connect(fd, &address.any, address.size) == 0 ? EADDRINUSE : errno;
    close(fd);
    if (error == ECONNREFUSED || error == ENOENT) {
        return 0;
    }
    return error == EAGAIN || error == EPROTOTYPE ? EADDRINUSE : error;
}

static void file_lock_name(const char *path, char ret_name[FSZ_ADDRESS_TEXT_BYTES])
{
    (void)snprintf(ret_name, FSZ_ADDRESS_TEXT_BYTES, "%s.lock", path);
}

/* The owner of the lock deletes the lock file. A lock on a deleted file is worthless: another
 * process may have locked a new one. */
static bool file_lock_is_current(const char *name, int lock)
{
    struct stat own, current;
    return fstat(lock, &own) == 0 && lstat(name, &current) == 0 && own.st_dev == current.st_dev &&
           own.st_ino == current.st_ino;
}

int fsz_ipc_file_lock(const char *path, int *ret_lock)
{
    char name[FSZ_ADDRESS_TEXT_BYTES];
    file_lock_name(path, name);
    int lock = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    if (lock < 0) {
        return errno;
    }
    int error = flock(lock, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
    if (error == EWOULDBLOCK || (error == 0 && !file_lock_is_current(name, lock))) {
        error = EADDRINUSE;
    }
    if (error != 0) {
        close(lock);
        return error;
    }
    *ret_lock = lock;
    return 0;
}

void fsz_ipc_file_unlock(const char *path, int lock)
{
    char name[FSZ_ADDRESS_TEXT_BYTES];
    file_lock_name(path, name);
    (void)unlink(name);
    close(lock);
}

int fsz_ipc_file_clear(const char *path)
{
    int error = file_probe(path);
    if (error == 0 && unlink(path) != 0 && errno != ENOENT) {
        error = errno;
    }
    return error;
}
