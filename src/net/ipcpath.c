#include "net/ipcpath.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
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
