#include "zmtp/ipc_file.h"

#include "zmtp/address.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
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

/* 0: nobody listens there. EAGAIN (its backlog is full) and EPROTOTYPE (it is no stream) come from
 * owners that live. */
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

/* Moves the file to a name that is free and no longer, so that it can still be connected to. */
static int file_move_aside(const char *path, char ret_aside[FSZ_ADDRESS_TEXT_BYTES])
{
    static const char endings[] = "~#%+=^,@";
    (void)snprintf(ret_aside, FSZ_ADDRESS_TEXT_BYTES, "%s", path);
    for (const char *ending = endings; *ending != '\0'; ending++) {
        ret_aside[strlen(path) - 1] = *ending;
        if (renameat2(AT_FDCWD, path, AT_FDCWD, ret_aside, RENAME_NOREPLACE) == 0) {
            return 0;
        }
        if (errno != EEXIST) {
            return errno;
        }
    }
    return EEXIST;
}

int fsz_ipc_file_clear(const char *path)
{
    char aside[FSZ_ADDRESS_TEXT_BYTES];
    int  error = file_probe(path);
    if (error != 0) {
        return error;
    }
    error = file_move_aside(path, aside);
    if (error == EINVAL || error == ENOSYS) { /* the file system cannot move without replacing */
        return unlink(path) == 0 || errno == ENOENT ? 0 : errno;
    }
    if (error != 0) {
        return error == ENOENT ? 0 : error;
    }
    error = file_probe(aside);
    if (error != 0) {
        return renameat2(AT_FDCWD, aside, AT_FDCWD, path, RENAME_NOREPLACE) == 0 ? error : errno;
    }
    return unlink(aside) == 0 || errno == ENOENT ? 0 : errno;
}
