/* SPDX-License-Identifier: MPL-2.0 */
/* address_parse.c - splits the text of an endpoint into its parts. */

#include "zmtp/address_private.h"

#include <stdio.h>
#include <string.h>

static const char parse_tcp[] = "tcp://", parse_ipc[] = "ipc://";

static const char parse_bind_form[] =
    "expected tcp://*:port, tcp://IPv4-address:port, tcp://[IPv6-address]:port or "
    "tcp://interface:port; port: 0 to 65535 or *";
static const char parse_connect_form[] =
    "expected tcp://host:port or tcp://[IPv6-address]:port, optionally with source-address:port; "
    "before the host; port: 1 to 65535";
static const char parse_ipc_form[] =
    "expected ipc:///absolute/path or ipc://@name, at most 107 bytes after ipc://";

static bool parse_begins(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

bool fsz_address_is_ours(const char *endpoint)
{
    return parse_begins(endpoint, parse_tcp) || parse_begins(endpoint, parse_ipc);
}

static bool parse_port(const char *text, bool may_be_any, uint16_t *ret_port)
{
    uint32_t number = 0;
    if (may_be_any && strcmp(text, "*") == 0) {
        *ret_port = 0;
        return true;
    }
    for (const char *digit = text; *digit != '\0'; digit++) {
        if (*digit < '0' || *digit > '9') {
            return false;
        }
        number = number * 10 + (uint32_t)(*digit - '0');
        if (number > UINT16_MAX) {
            return false;
        }
    }
    *ret_port = (uint16_t)number;
    return text[0] != '\0' && (number > 0 || may_be_any);
}

/* A name or a number, perhaps with brackets and a zone, without characters that have another
 * meaning in an endpoint. */
static bool parse_host_is_valid(const char *host)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:%";
    char bare[FSZ_ADDRESS_HOST_BYTES];
    return fsz_address_strip(host, bare, sizeof(bare)) == FSZ_OK && bare[0] != '\0' &&
           strspn(bare, letters) == strlen(bare);
}

/* Splits `host:port` at the last colon. `may_be_any`: both may be `*`. */
static bool parse_pair(const char *text, size_t size, bool may_be_any,
                       char ret_host[FSZ_ADDRESS_HOST_BYTES], uint16_t *ret_port)
{
    char pair[FSZ_ADDRESS_HOST_BYTES + 16];
    if (size >= sizeof(pair)) {
        return false;
    }
    memcpy(pair, text, size);
    pair[size] = '\0';
    char *colon = strrchr(pair, ':');
    if (colon == NULL || !parse_port(colon + 1, may_be_any, ret_port)) {
        return false;
    }
    *colon = '\0';
    bool is_any = may_be_any && strcmp(pair, "*") == 0;
    if (strlen(pair) >= FSZ_ADDRESS_HOST_BYTES || (!is_any && !parse_host_is_valid(pair))) {
        return false;
    }
    memcpy(ret_host, pair, strlen(pair) + 1);
    return true;
}

static bool parse_tcp_parts(const char *rest, bool connect, struct fsz_endpoint_parts *parts)
{
    const char *semicolon = strchr(rest, ';');
    if (semicolon != NULL) {
        if (!connect || !parse_pair(rest, (size_t)(semicolon - rest), true, parts->source,
                                    &parts->source_port)) {
            return false;
        }
        rest = semicolon + 1;
    }
    return parse_pair(rest, strlen(rest), !connect, parts->host, &parts->port);
}

static bool parse_ipc_parts(const char *rest, struct fsz_endpoint_parts *parts)
{
    size_t size = strlen(rest);
    parts->is_ipc = true;
    if ((rest[0] != '/' && rest[0] != '@') || size < 2 ||
        size >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
        return false;
    }
    memcpy(parts->path, rest, size + 1);
    return true;
}

fsz_err fsz_address_parse(const char *endpoint, bool connect, struct fsz_endpoint_parts *ret_parts,
                          char ret_why[FSZ_ADDRESS_WHY_BYTES])
{
    struct fsz_endpoint_parts parts = {.is_ipc = false};
    const char               *form = "expected tcp://... or ipc://...";
    bool                      is_valid = false;
    if (parse_begins(endpoint, parse_tcp)) {
        form = connect ? parse_connect_form : parse_bind_form;
        is_valid = parse_tcp_parts(endpoint + strlen(parse_tcp), connect, &parts);
    } else if (parse_begins(endpoint, parse_ipc)) {
        form = parse_ipc_form;
        is_valid = parse_ipc_parts(endpoint + strlen(parse_ipc), &parts);
    }
    if (!is_valid) {
        (void)snprintf(ret_why, FSZ_ADDRESS_WHY_BYTES, "%s", form);
        return FSZ_EINVALID;
    }
    *ret_parts = parts;
    return FSZ_OK;
}
