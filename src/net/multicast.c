/* SPDX-License-Identifier: MPL-2.0 */
#include "net/multicast.h"

#include "base/closeonexec.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

enum {
    IP_PROTOCOL_PGM = 113, /* RFC 3208 */
    PGM_HEADER_BYTES = 16, /* RFC 3208, section 8 */
    UDP_HEADER_BYTES = 8,
};

struct multicast_target {
    const char    *scheme; /* "pgm", "epgm" */
    char           interface_name[64];
    struct in_addr interface, group;
    unsigned short port;
    char          *why;
    size_t         why_bytes;
};

static int multicast_fail(const struct multicast_target *t, int error, const char *what)
{
    snprintf(t->why, t->why_bytes, "%s: %s", what, strerror(error));
    return error;
}

/* Copies text[0..length) into a string of `size` bytes; false if it does not fit. */
static bool multicast_copy(char *to, size_t size, const char *text, size_t length)
{
    if (length >= size) {
        return false;
    }
    memcpy(to, text, length);
    to[length] = '\0';
    return true;
}

/* scheme://interface;group:port */
static int multicast_parse(struct multicast_target *t, const char *address)
{
    char        group[INET_ADDRSTRLEN];
    const char *start = strstr(address, "://") + 3;
    t->scheme = address[0] == 'e' ? "epgm" : "pgm";
    const char *semicolon = strchr(start, ';');
    const char *colon = strrchr(start, ':');
    bool        formed =
        semicolon && colon && colon > semicolon &&
        multicast_copy(t->interface_name, sizeof(t->interface_name), start,
                       (size_t)(semicolon - start)) &&
        multicast_copy(group, sizeof(group), semicolon + 1, (size_t)(colon - semicolon) - 1) &&
        inet_pton(AF_INET, group, &t->group) == 1;
    char *end = NULL;
    long  port = formed ? strtol(colon + 1, &end, 10) : 0;
    if (!formed || *end != '\0' || port < 1 || port > 65535 ||
        !IN_MULTICAST(ntohl(t->group.s_addr))) {
        return multicast_fail(
            t, EINVAL, "the address is not interface;group:port with an IPv4 multicast group");
    }
    t->port = (unsigned short)port;
    return 0;
}

/* Finds the address of the interface, given by name or by address. It must exist and be up. */
static int multicast_find_interface(struct multicast_target *t)
{
    struct ifaddrs *all = NULL;
    if (getifaddrs(&all) != 0) {
        return multicast_fail(t, errno, "cannot list the interfaces");
    }
    bool           by_address = inet_pton(AF_INET, t->interface_name, &t->interface) == 1;
    struct in_addr wanted = t->interface;
    bool           found = false;
    for (struct ifaddrs *each = all; each && !found; each = each->ifa_next) {
        if (!each->ifa_addr || each->ifa_addr->sa_family != AF_INET ||
            !(each->ifa_flags & IFF_UP)) {
            continue;
        }
        struct sockaddr_in ip;
        memcpy(&ip, each->ifa_addr, sizeof(ip));
        found = by_address ? ip.sin_addr.s_addr == wanted.s_addr
                           : strcmp(each->ifa_name, t->interface_name) == 0;
        t->interface = ip.sin_addr;
    }
    freeifaddrs(all);
    return found ? 0
                 : multicast_fail(t, ENODEV,
                                  "no interface with that name or address is up and has IPv4");
}

/* OpenPGM shares a UDP port only with sockets of this user that set SO_REUSEPORT. */
static bool multicast_share_port(int fd)
{
    int one = 1;
    return setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) == 0;
}

static int multicast_try_bind(const struct multicast_target *t, int fd)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(t->port)};
    struct ip_mreq     join = {.imr_multiaddr = t->group, .imr_interface = t->interface};
    if (t->scheme[0] == 'p') {
        any.sin_port = 0; /* pgm is an IP protocol without ports */
    } else if (!multicast_share_port(fd)) {
        return multicast_fail(t, errno, "cannot bind the UDP port");
    }
    if (bind(fd, (struct sockaddr *)&any, sizeof(any)) != 0) {
        return multicast_fail(t, errno, "cannot bind the UDP port");
    }
    if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &t->interface, sizeof(t->interface)) != 0 ||
        setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof(join)) != 0) {
        return multicast_fail(t, errno, "cannot join the group");
    }
    return 0;
}

static int multicast_option(void *socket, int option)
{
    int    value = 0;
    size_t size = sizeof(value);
    zmq_getsockopt(socket, option, &value, &size);
    return value;
}

/* OpenPGM does not check the rate and the window, and ends the process if it cannot provide them.
 */
static int multicast_check_window(const struct multicast_target *t, void *socket)
{
    int64_t rate_kbit = multicast_option(socket, ZMQ_RATE);
    int64_t recovery_ms = multicast_option(socket, ZMQ_RECOVERY_IVL);
    int64_t tpdu_bytes = multicast_option(socket, ZMQ_MULTICAST_MAXTPDU);
    if (rate_kbit > FSZ_MULTICAST_RATE_MAX || rate_kbit * 125 < tpdu_bytes) {
        return multicast_fail(
            t, EINVAL,
            "multicast-rate-kbit must be at least one packet a second and at most "
            "2147483");
    }
    if (rate_kbit / 8 * recovery_ms > FSZ_MULTICAST_WINDOW_MAX) {
        return multicast_fail(
            t, ENOMEM,
            "multicast-rate-kbit times multicast-recovery-ms is the memory needed, which "
            "must be at most 1 GiB");
    }
    return 0;
}

/* Without enough free descriptors the library fails half-way. */
static int multicast_check_descriptors(const struct multicast_target *t, int fd)
{
    int spare[FSZ_MULTICAST_DESCRIPTORS], count = 0, error = 0;
    while (count < FSZ_MULTICAST_DESCRIPTORS && error == 0) {
        spare[count] = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        if (spare[count] < 0) {
            error = multicast_fail(t, errno, "not enough free descriptors for the library");
        } else {
            count++;
        }
    }
    while (count > 0) {
        close(spare[--count]);
    }
    return error;
}

/* Does what the library will do in an I/O thread, where a failure would end the process. */
static int multicast_rehearse(const struct multicast_target *t)
{
    bool raw = strcmp(t->scheme, "pgm") == 0;
    int  fd = raw ? socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IP_PROTOCOL_PGM)
                  : socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return multicast_fail(
            t, errno,
            raw ? "cannot open a raw socket (pgm needs CAP_NET_RAW; epgm does not)"
                : "cannot open a socket");
    }
    int error = multicast_try_bind(t, fd);
    error = error ? error : multicast_check_descriptors(t, fd);
    close(fd);
    return error;
}

/* Writes the address as numbers. */
static void multicast_write(const struct multicast_target *t, char *text, size_t size)
{
    char interface[INET_ADDRSTRLEN], group[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &t->interface, interface, sizeof(interface));
    inet_ntop(AF_INET, &t->group, group, sizeof(group));
    snprintf(text, size, "%s://%s;%s:%u", t->scheme, interface, group, t->port);
}

/* OpenPGM reads an empty datagram as the end of the socket, and libzmq then ends the process
 * (pgm_socket.cpp, process_upstream). Any sender that reaches the port could cause that. So the
 * kernel drops datagrams that are shorter than a PGM header. */
static void multicast_shield(int fd, void *target)
{
    const struct multicast_target *t = target;
    struct sock_filter             code[] = {
                    BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
                    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, UDP_HEADER_BYTES + PGM_HEADER_BYTES, 1, 0),
                    BPF_STMT(BPF_RET | BPF_K, 0),
                    BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
    };
    struct sock_fprog  program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};
    struct sockaddr_in local = {0};
    socklen_t          size = sizeof(local);
    if (t->scheme[0] != 'p' && getsockname(fd, (struct sockaddr *)&local, &size) == 0 &&
        local.sin_family == AF_INET && ntohs(local.sin_port) == t->port) {
        setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
    }
}

int fsz_multicast_open(void *socket, const char *address, char *why, size_t why_bytes)
{
    struct multicast_target t = {.why = why, .why_bytes = why_bytes};
    char                    checked[256];
    int                     error = multicast_parse(&t, address);
    error = error ? error : multicast_find_interface(&t);
    error = error ? error : multicast_check_window(&t, socket);
    error = error ? error : multicast_rehearse(&t);
    if (error != 0) {
        return error;
    }
    multicast_write(&t, checked, sizeof(checked));
    struct fsz_closeonexec before;
    fsz_closeonexec_begin(&before);
    if (zmq_connect(socket, checked) !=
        0) { /* the same as zmq_bind() for these, but can be disconnected */
        return multicast_fail(&t, errno, "libzmq");
    }
    fsz_closeonexec_end(&before, FSZ_MULTICAST_SETTLE_MS, multicast_shield, &t);
    return 0;
}
