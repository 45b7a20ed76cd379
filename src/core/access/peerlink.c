#include "peerlink.h"

#include <fcntl.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

bool fsz_link_of(int fd, struct fsz_link *ret_link)
{
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0 || !S_ISSOCK(status.st_mode)) {
        return false;
    }
    *ret_link = (struct fsz_link){fd, status.st_dev, status.st_ino};
    return true;
}

static bool link_is(int fd, const struct fsz_link *link)
{
    struct fsz_link now;
    return fsz_link_of(fd, &now) && now.device == link->device && now.inode == link->inode;
}

bool fsz_link_is_open(const struct fsz_link *link)
{
    return link_is(link->fd, link);
}

/* A second descriptor for the same socket, which stays that socket whatever is closed meanwhile;
 * -1: it is gone. What is no socket is not even duplicated: to close a duplicate would drop the
 * locks that this process has on that file (fcntl(2)). */
static int link_hold(const struct fsz_link *link)
{
    int held = fsz_link_is_open(link) ? fcntl(link->fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (held >= 0 && !link_is(held, link)) {
        close(held);
        held = -1;
    }
    return held;
}

/* Is the other end of that socket where the message came from? */
static bool link_comes_from(int fd, const char *address)
{
    struct sockaddr_storage remote = {0};
    socklen_t               size = sizeof(remote);
    char                    text[FSZ_PEER_ADDRESS_BYTES];
    if (getpeername(fd, (struct sockaddr *)&remote, &size) != 0) {
        return false;
    }
    if (remote.ss_family == AF_UNIX) {
        return address[0] == '\0';
    }
    return getnameinfo((struct sockaddr *)&remote, size, text, sizeof(text), NULL, 0,
                       NI_NUMERICHOST) == 0 &&
           strcmp(fsz_peer_plain_address(text), address) == 0;
}

bool fsz_link_find(const struct fsz_peer *peer, struct fsz_link *ret_link)
{
    struct fsz_link link;
    int             held = fsz_link_of(peer->fd, &link) ? link_hold(&link) : -1;
    bool            found = held >= 0 && link_comes_from(held, peer->address);
    if (held >= 0) {
        close(held);
    }
    if (found) {
        *ret_link = link;
    }
    return found;
}

bool fsz_link_cut(const struct fsz_link *link)
{
    const struct linger reset = {.l_onoff = 1};
    int                 held = link_hold(link);
    if (held < 0) {
        return false;
    }
    /* A peer whose window is closed sees no other end. */
    setsockopt(held, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    shutdown(held, SHUT_RDWR); /* libzmq reads the end of it and closes its own */
    close(held);
    return true;
}
