/* SPDX-License-Identifier: MPL-2.0 */
#include "config/config_endpoint.h"

#include "config/config.h"
#include "config/config_value.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

/* Returns NULL if the address is valid, else the allowed form. */
typedef const char *(*endpoint_check_fn)(char *rest, bool connect);

static const char endpoint_tcp_bind_form[] =
    "tcp://*:port, tcp://IPv4-address:port, tcp://[IPv6-address]:port or tcp://interface:port "
    "(port 1 to 65535, or * for any free one)";
static const char endpoint_tcp_connect_form[] =
    "tcp://host:port or tcp://[IPv6-address]:port (port 1 to 65535); source-address:port; may "
    "precede the host";
static const char endpoint_pgm_form[] =
    "epgm://interface;multicast-address:port, or the same with pgm:// (the interface by its name "
    "or IPv4 address, an IPv4 address of 224.0.0.0/4, port 1 to 65535)";
static const char endpoint_ipc_form[] =
    "ipc:///absolute/path or ipc://@abstract-name, at most 107 bytes after ipc://";
static const char endpoint_inproc_form[] = "inproc://name";

/* Cuts `host:port` at its last colon and returns the port. NULL: there is no colon. */
static char *endpoint_cut_port(char *text)
{
    char *colon = strrchr(text, ':');
    if (colon == NULL) {
        return NULL;
    }
    *colon = '\0';
    return colon + 1;
}

static bool endpoint_port_valid(const char *port, bool may_be_any)
{
    int64_t number = 0;
    if (may_be_any && strcmp(port, "*") == 0) {
        return true;
    }
    return fsz_value_number(port, 10, &number) && number >= (may_be_any ? 0 : 1) && number <= 65535;
}

static bool endpoint_is_ipv4(const char *text)
{
    struct in_addr address;
    return inet_pton(AF_INET, text, &address) == 1;
}

/* `[…]`, perhaps with a zone (fe80::1%eth0), which is not checked. */
static bool endpoint_is_ipv6(const char *text)
{
    char            inner[INET6_ADDRSTRLEN] = "";
    struct in6_addr address;
    size_t          length = strlen(text);
    if (length < 3 || text[0] != '[' || text[length - 1] != ']') {
        return false;
    }
    size_t digits = strcspn(text + 1, "%]");
    if (digits >= sizeof inner) {
        return false;
    }
    memcpy(inner, text + 1, digits);
    return inet_pton(AF_INET6, inner, &address) == 1;
}

static bool endpoint_is_name(const char *text, size_t max)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    size_t length = strlen(text);
    return length > 0 && length <= max && strspn(text, letters) == length &&
           text[strspn(text, "0123456789.")] != '\0';
}

static bool endpoint_is_interface(const char *text)
{
    return endpoint_is_ipv4(text) || endpoint_is_ipv6(text) ||
           endpoint_is_name(text, FSZ_INTERFACE_MAX);
}

static const char *endpoint_check_tcp_bind(char *rest)
{
    const char *port = endpoint_cut_port(rest);
    if (port == NULL || !endpoint_port_valid(port, true)) {
        return endpoint_tcp_bind_form;
    }
    if (strcmp(rest, "localhost") == 0) {
        return "an address or an interface, not a host name: tcp://127.0.0.1:port";
    }
    bool valid = strcmp(rest, "*") == 0 || endpoint_is_interface(rest);
    return valid ? NULL : endpoint_tcp_bind_form;
}

static bool endpoint_source_valid(char *source)
{
    const char *port = endpoint_cut_port(source);
    return port != NULL && endpoint_port_valid(port, true) &&
           (strcmp(source, "*") == 0 || endpoint_is_interface(source));
}

static const char *endpoint_check_tcp(char *rest, bool connect)
{
    if (!connect) {
        return endpoint_check_tcp_bind(rest);
    }
    char *semicolon = strchr(rest, ';');
    if (semicolon != NULL) {
        *semicolon = '\0';
    }
    char       *host = semicolon == NULL ? rest : semicolon + 1;
    const char *port = endpoint_cut_port(host);
    bool        valid = port != NULL && endpoint_port_valid(port, false) &&
                 (endpoint_is_ipv4(host) || endpoint_is_ipv6(host) ||
                  endpoint_is_name(host, FSZ_HOST_NAME_MAX)) &&
                 (semicolon == NULL || endpoint_source_valid(rest));
    return valid ? NULL : endpoint_tcp_connect_form;
}

/* `interface;group:port`. Only IPv4, as in multicast.h. */
static bool endpoint_multicast_valid(char *rest)
{
    struct in_addr group;
    const char    *port = endpoint_cut_port(rest);
    char          *semicolon = strchr(rest, ';');
    if (port == NULL || semicolon == NULL || !endpoint_port_valid(port, false)) {
        return false;
    }
    *semicolon = '\0';
    return (endpoint_is_ipv4(rest) || endpoint_is_name(rest, FSZ_INTERFACE_MAX)) &&
           inet_pton(AF_INET, semicolon + 1, &group) == 1 && IN_MULTICAST(ntohl(group.s_addr));
}

static const char *endpoint_check_pgm(char *rest, bool connect)
{
    (void)connect; /* libzmq does the same for both */
    return endpoint_multicast_valid(rest) ? NULL : endpoint_pgm_form;
}

/* A relative path would depend on where the switch was started. */
static const char *endpoint_check_ipc(char *rest, bool connect)
{
    (void)connect;
    size_t length = strlen(rest);
    bool   valid = (rest[0] == '/' || rest[0] == '@') && length > 1 && length <= FSZ_IPC_PATH_MAX;
    return valid ? NULL : endpoint_ipc_form;
}

static const char *endpoint_check_inproc(char *rest, bool connect)
{
    (void)connect;
    return rest[0] != '\0' ? NULL : endpoint_inproc_form;
}

static const struct endpoint_transport {
    const char       *name;
    endpoint_check_fn check;
    const char       *capability; /* for zmq_has(), if a libzmq may lack it; else NULL */
} endpoint_transports[] = {
    {"tcp", endpoint_check_tcp, NULL},       {"ipc", endpoint_check_ipc, NULL},
    {"inproc", endpoint_check_inproc, NULL}, {"pgm", endpoint_check_pgm, "pgm"},
    {"epgm", endpoint_check_pgm, "pgm"},
};

static const struct endpoint_transport *endpoint_transport(const char *address)
{
    const char *end = strstr(address, "://");
    size_t      length = end == NULL ? 0 : (size_t)(end - address);
    for (size_t i = 0; i < sizeof endpoint_transports / sizeof *endpoint_transports; i++) {
        const struct endpoint_transport *t = &endpoint_transports[i];
        if (strlen(t->name) == length && strncmp(address, t->name, length) == 0) {
            return t;
        }
    }
    return NULL;
}

static const char *endpoint_rest(const char *address)
{
    return strstr(address, "://") + 3;
}

fsz_err fsz_endpoint_check(const struct fsz_endpoint *endpoint, char *ret_why, size_t why_bytes)
{
    char                             copy[FSZ_ADDRESS_MAX + 1];
    const struct endpoint_transport *t = endpoint_transport(endpoint->address);
    if (t == NULL) {
        snprintf(ret_why, why_bytes,
                 "transport://address with the transport tcp, ipc, inproc, pgm or epgm");
        return FSZ_EINVALID;
    }
    if (strlen(endpoint->address) > FSZ_ADDRESS_MAX) {
        snprintf(ret_why, why_bytes, "at most %d bytes", FSZ_ADDRESS_MAX);
        return FSZ_EINVALID;
    }
    if (t->capability != NULL && zmq_has(t->capability) == 0) {
        snprintf(ret_why, why_bytes, "this libzmq was built without %s", t->name);
        return FSZ_EINVALID;
    }
    snprintf(copy, sizeof copy, "%s", endpoint_rest(endpoint->address));
    const char *form = t->check(copy, endpoint->connect);
    if (form != NULL) {
        snprintf(ret_why, why_bytes, "%s", form);
    }
    return form == NULL ? FSZ_OK : FSZ_EINVALID;
}

static bool endpoint_is_tcp(const struct fsz_endpoint *endpoint)
{
    return strncmp(endpoint->address, "tcp://", 6) == 0;
}

/* Does binding host `a` also occupy the port on host `b`? With IPv6, a wildcard includes IPv4. */
static bool endpoint_covers(const char *a, bool a_ipv6, const char *b)
{
    if (strcmp(a, "[::]") == 0 || (strcmp(a, "*") == 0 && a_ipv6)) {
        return true;
    }
    return (strcmp(a, "*") == 0 || strcmp(a, "0.0.0.0") == 0) && b[0] != '[';
}

static bool endpoint_tcp_clashes(char *a, bool a_ipv6, char *b, bool b_ipv6)
{
    int64_t     a_number = 0;
    int64_t     b_number = 0;
    const char *a_port = endpoint_cut_port(a);
    const char *b_port = endpoint_cut_port(b);
    if (!fsz_value_number(a_port, 10, &a_number) || !fsz_value_number(b_port, 10, &b_number) ||
        a_number != b_number || a_number == 0) {
        return false; /* different ports, or any free one */
    }
    return strcmp(a, b) == 0 || endpoint_covers(a, a_ipv6, b) || endpoint_covers(b, b_ipv6, a);
}

bool fsz_endpoint_clashes(const struct fsz_endpoint *a, bool a_ipv6, const struct fsz_endpoint *b,
                          bool b_ipv6)
{
    char a_copy[FSZ_ADDRESS_MAX + 1];
    char b_copy[FSZ_ADDRESS_MAX + 1];
    bool same = strcmp(a->address, b->address) == 0;
    if (same && fsz_endpoint_is_multicast(a->address)) {
        return true; /* bound or connected: two senders would use the same packet numbers */
    }
    if (a->connect || b->connect || !endpoint_is_tcp(a) || !endpoint_is_tcp(b)) {
        return same && a->connect == b->connect;
    }
    snprintf(a_copy, sizeof a_copy, "%s", endpoint_rest(a->address));
    snprintf(b_copy, sizeof b_copy, "%s", endpoint_rest(b->address));
    return endpoint_tcp_clashes(a_copy, a_ipv6, b_copy, b_ipv6);
}

bool fsz_endpoint_is_multicast(const char *address)
{
    return strncmp(address, "pgm://", 6) == 0 || strncmp(address, "epgm://", 7) == 0;
}
