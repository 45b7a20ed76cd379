#include "ipcpath.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char ipcpath_transport[] = "ipc://";

/* NULL: it has none. */
static const char *ipcpath_of(const char *address)
{
    size_t length = sizeof(ipcpath_transport) - 1;
    return strncmp(address, ipcpath_transport, length) == 0 && address[length] == '/'
               ? address + length
               : NULL;
}

/* A socket, connected unless *ret_error says why not; -1: there is none. */
static int ipcpath_connect(const char *path, int *ret_error)
{
    struct sockaddr_un peer = {.sun_family = AF_UNIX};
    int                fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    snprintf(peer.sun_path, sizeof(peer.sun_path), "%s", path);
    *ret_error = 0;
    if (fd < 0 || connect(fd, (const struct sockaddr *)&peer, sizeof(peer)) != 0) {
        *ret_error = errno;
    }
    return fd;
}

static void ipcpath_close(int fd)
{
    if (fd >= 0) {
        close(fd);
    }
}

/* EAGAIN: its backlog is full; EPROTOTYPE: it is no stream. Both have an owner who lives. */
int fsz_ipcpath_check(const char *address)
{
    struct stat file;
    const char *path = ipcpath_of(address);
    int         error = 0;
    if (path == NULL || lstat(path, &file) != 0) {
        return 0;
    }
    if (!S_ISSOCK(file.st_mode)) {
        return ENOTSOCK;
    }
    ipcpath_close(ipcpath_connect(path, &error));
    return error == 0 || error == EAGAIN || error == EPROTOTYPE ? EADDRINUSE : 0;
}

pid_t fsz_ipcpath_holder(const char *address)
{
    const char  *path = ipcpath_of(address);
    struct ucred holder = {.pid = 0};
    socklen_t    size = sizeof(holder);
    int          error = 0;
    int          fd = path != NULL ? ipcpath_connect(path, &error) : -1;
    if (fd >= 0 && error == 0 && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &holder, &size) != 0) {
        holder.pid = 0;
    }
    ipcpath_close(fd);
    return holder.pid > 0 ? holder.pid : 0;
}

void fsz_ipcpath_note(const char *address, struct fsz_ipcpath_file *ret_file)
{
    struct statx file;
    const char  *path = ipcpath_of(address);
    *ret_file = (struct fsz_ipcpath_file){.is_there = false};
    if (path == NULL ||
        statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME, &file) != 0) {
        return;
    }
    ret_file->is_there = true;
    ret_file->device = (uint64_t)file.stx_dev_major << 32 | file.stx_dev_minor;
    ret_file->inode = file.stx_ino;
    if ((file.stx_mask & STATX_BTIME) != 0) {
        ret_file->born_ns = file.stx_btime.tv_sec * INT64_C(1000000000) + file.stx_btime.tv_nsec;
    }
}

/* An inode's number may be given again, so its time of birth counts too. */
static bool ipcpath_is_at(const char *address, const struct fsz_ipcpath_file *file)
{
    struct fsz_ipcpath_file now;
    fsz_ipcpath_note(address, &now);
    return file->is_there && now.is_there && now.device == file->device &&
           now.inode == file->inode && now.born_ns == file->born_ns;
}

bool fsz_ipcpath_is_lost(const char *address, const struct fsz_ipcpath_file *file)
{
    return file->is_there && !ipcpath_is_at(address, file);
}

void fsz_ipcpath_remove(const char *address, const struct fsz_ipcpath_file *file)
{
    if (ipcpath_is_at(address, file)) {
        unlink(ipcpath_of(address));
    }
}
