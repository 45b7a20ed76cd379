#include "net/port_owner.h"

#include "net/ipcpath.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    TCP_STATE_LISTEN = 0x0a, /* as /proc/net/tcp has it */
    PORT_OWNER_HOST_BYTES = 256,
    PORT_OWNER_WANTED_MAX = 16, /* addresses of an interface */
};

/* What could not be bound: a port, and addresses of which each is IPv6, or IPv4 as IPv6 has it. */
struct port_owner_wanted {
    unsigned        port;
    size_t          count;
    struct in6_addr list[PORT_OWNER_WANTED_MAX];
};

/* How well a listener fits, the best last. */
enum port_owner_fit { PORT_OWNER_NONE, PORT_OWNER_WILDCARD, PORT_OWNER_EXACT };

static struct in6_addr port_owner_map(struct in_addr four)
{
    struct in6_addr six = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
    memcpy(&six.s6_addr[12], &four, sizeof(four));
    return six;
}

static bool port_owner_is_wildcard(const struct in6_addr *address)
{
    static const struct in6_addr any_four = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
    return IN6_IS_ADDR_UNSPECIFIED(address) || memcmp(address, &any_four, sizeof(any_four)) == 0;
}

/* ---- what is wanted -------------------------------------------------------------------------- */

static void port_owner_want(struct port_owner_wanted *wanted, struct in6_addr address)
{
    if (wanted->count < PORT_OWNER_WANTED_MAX) {
        wanted->list[wanted->count++] = address;
    }
}

static void port_owner_want_interface(struct port_owner_wanted *wanted, const char *name)
{
    struct ifaddrs *all = NULL;
    if (getifaddrs(&all) != 0) {
        return;
    }
    for (const struct ifaddrs *each = all; each != NULL; each = each->ifa_next) {
        if (each->ifa_addr == NULL || strcmp(each->ifa_name, name) != 0) {
            continue;
        }
        if (each->ifa_addr->sa_family == AF_INET) {
            struct sockaddr_in four;
            memcpy(&four, each->ifa_addr, sizeof(four));
            port_owner_want(wanted, port_owner_map(four.sin_addr));
        } else if (each->ifa_addr->sa_family == AF_INET6) {
            struct sockaddr_in6 six;
            memcpy(&six, each->ifa_addr, sizeof(six));
            port_owner_want(wanted, six.sin6_addr);
        }
    }
    freeifaddrs(all);
}

/* `*` is any address of either family; in brackets is IPv6, perhaps with a zone. */
static void port_owner_want_host(struct port_owner_wanted *wanted, char *host)
{
    struct in_addr  four = {.s_addr = INADDR_ANY};
    struct in6_addr six = IN6ADDR_ANY_INIT;
    if (strcmp(host, "*") == 0) {
        port_owner_want(wanted, port_owner_map(four));
        port_owner_want(wanted, six);
    } else if (host[0] == '[') {
        host[1 + strcspn(host + 1, "%]")] = '\0';
        if (inet_pton(AF_INET6, host + 1, &six) == 1) {
            port_owner_want(wanted, six);
        }
    } else if (inet_pton(AF_INET, host, &four) == 1) {
        port_owner_want(wanted, port_owner_map(four));
    } else {
        port_owner_want_interface(wanted, host);
    }
}

/* False: it is no tcp address with a port. */
static bool port_owner_read(const char *address, struct port_owner_wanted *ret_wanted)
{
    char        host[PORT_OWNER_HOST_BYTES];
    const char *colon = strrchr(address, ':');
    if (strncmp(address, "tcp://", 6) != 0 || colon < address + 6 ||
        !isdigit((unsigned char)colon[1])) {
        return false;
    }
    snprintf(host, sizeof(host), "%.*s", (int)(colon - address - 6), address + 6);
    *ret_wanted = (struct port_owner_wanted){.port = (unsigned)strtoul(colon + 1, NULL, 10)};
    port_owner_want_host(ret_wanted, host);
    return true;
}

/* ---- who listens ----------------------------------------------------------------------------- */

/* Words of 32 bits, each as the machine has it: one is IPv4, four are IPv6. */
static bool port_owner_parse(const char *hex, struct in6_addr *ret_address)
{
    size_t   words = strlen(hex) / 8;
    uint32_t list[4] = {0};
    if (words != 1 && words != 4) {
        return false;
    }
    for (size_t i = 0; i < words; i++) {
        char word[9];
        snprintf(word, sizeof(word), "%.8s", hex + 8 * i);
        list[i] = (uint32_t)strtoul(word, NULL, 16);
    }
    if (words == 1) {
        *ret_address = port_owner_map((struct in_addr){.s_addr = list[0]});
    } else {
        memcpy(ret_address, list, sizeof(*ret_address));
    }
    return true;
}

static enum port_owner_fit port_owner_fits(const struct port_owner_wanted *wanted,
                                           const struct in6_addr          *local)
{
    enum port_owner_fit best = PORT_OWNER_NONE;
    for (size_t i = 0; i < wanted->count; i++) {
        const struct in6_addr *address = &wanted->list[i];
        /* A wildcard of IPv6 covers IPv4 too; one of IPv4 does not cover IPv6. */
        bool same_family = IN6_IS_ADDR_V4MAPPED(address) == IN6_IS_ADDR_V4MAPPED(local);
        bool covers =
            (port_owner_is_wildcard(address) || port_owner_is_wildcard(local)) &&
            (same_family || IN6_IS_ADDR_UNSPECIFIED(address) || IN6_IS_ADDR_UNSPECIFIED(local));
        if (memcmp(address, local, sizeof(*local)) == 0) {
            return PORT_OWNER_EXACT;
        }
        best = covers ? PORT_OWNER_WILDCARD : best;
    }
    return best;
}

/* One line of the table: sl, local, remote, state …, of which the inode is the 10th. */
static enum port_owner_fit port_owner_line(char *line, const struct port_owner_wanted *wanted,
                                           unsigned long *ret_inode)
{
    char           *cursor = NULL;
    char           *field = strtok_r(line, " \n", &cursor);
    char           *local = field ? strtok_r(NULL, " \n", &cursor) : NULL;
    char           *colon = local ? strrchr(local, ':') : NULL;
    struct in6_addr address;
    if (colon == NULL || strtoul(colon + 1, NULL, 16) != wanted->port) {
        return PORT_OWNER_NONE;
    }
    *colon = '\0';
    strtok_r(NULL, " \n", &cursor);
    char *state = strtok_r(NULL, " \n", &cursor);
    if (state == NULL || strtoul(state, NULL, 16) != TCP_STATE_LISTEN ||
        !port_owner_parse(local, &address)) {
        return PORT_OWNER_NONE;
    }
    for (int skip = 0; skip < 6 && field != NULL; skip++) {
        field = strtok_r(NULL, " \n", &cursor);
    }
    *ret_inode = field ? strtoul(field, NULL, 10) : 0;
    return port_owner_fits(wanted, &address);
}

/* The inode of a socket that fits better than *fit, from a table like /proc/net/tcp. */
static void port_owner_search(const char *table, const struct port_owner_wanted *wanted,
                              enum port_owner_fit *fit, unsigned long *ret_inode)
{
    char  line[512];
    FILE *file = fopen(table, "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        unsigned long       inode = 0;
        enum port_owner_fit its = port_owner_line(line, wanted, &inode);
        if (its > *fit) {
            *fit = its;
            *ret_inode = inode;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
}

/* 0: nobody's that fits. */
static unsigned long port_owner_inode(const char *address)
{
    struct port_owner_wanted wanted;
    enum port_owner_fit      fit = PORT_OWNER_NONE;
    unsigned long            inode = 0;
    if (port_owner_read(address, &wanted)) {
        port_owner_search("/proc/self/net/tcp", &wanted, &fit, &inode);
        port_owner_search("/proc/self/net/tcp6", &wanted, &fit, &inode);
    }
    return inode;
}

/* ---- whose it is ----------------------------------------------------------------------------- */

static bool port_owner_has(const char *pid, const char *link_wanted)
{
    char path[300];
    snprintf(path, sizeof(path), "/proc/%s/fd", pid);
    DIR *directory = opendir(path);
    bool found = false;
    for (struct dirent *entry; directory && !found && (entry = readdir(directory)) != NULL;) {
        char link[64];
        char name[600];
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        ssize_t length = readlink(name, link, sizeof(link) - 1);
        link[length > 0 ? length : 0] = '\0';
        found = strcmp(link, link_wanted) == 0;
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return found;
}

static void port_owner_tell(const char *pid, char text[FSZ_PORT_OWNER_BYTES])
{
    char path[300], name[32] = "?";
    snprintf(path, sizeof(path), "/proc/%s/comm", pid);
    FILE *file = fopen(path, "re");
    if (file != NULL) {
        if (fgets(name, sizeof(name), file) != NULL) {
            name[strcspn(name, "\n")] = '\0';
        }
        fclose(file);
    }
    snprintf(text, FSZ_PORT_OWNER_BYTES, ", held by %s (pid %.20s)", name, pid);
}

static pid_t port_owner_find_tcp(const char *address, char text[FSZ_PORT_OWNER_BYTES])
{
    pid_t         pid = 0;
    char          link[64];
    unsigned long inode = port_owner_inode(address);
    DIR          *directory = inode != 0 ? opendir("/proc") : NULL;
    snprintf(link, sizeof(link), "socket:[%lu]", inode);
    for (struct dirent *entry; directory && (entry = readdir(directory)) != NULL;) {
        if (isdigit((unsigned char)entry->d_name[0]) && port_owner_has(entry->d_name, link)) {
            port_owner_tell(entry->d_name, text);
            pid = (pid_t)strtol(entry->d_name, NULL, 10);
            break;
        }
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return pid;
}

pid_t fsz_port_owner_find(const char *address, char ret_text[FSZ_PORT_OWNER_BYTES])
{
    char  text[16];
    pid_t pid = fsz_ipcpath_holder(address);
    ret_text[0] = '\0';
    if (pid == 0) {
        return port_owner_find_tcp(address, ret_text);
    }
    snprintf(text, sizeof(text), "%d", (int)pid);
    port_owner_tell(text, ret_text);
    return pid;
}
