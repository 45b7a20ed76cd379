/* SPDX-License-Identifier: MPL-2.0 */
#include "options.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t mib = 1 << 20;

static bool read_key(const char *hex, uint8_t ret_key[FSZ_ZMTP_KEY_BYTES])
{
    size_t size = 0;
    return sodium_hex2bin(ret_key, FSZ_ZMTP_KEY_BYTES, hex, strlen(hex), NULL, &size, NULL) == 0 &&
           size == FSZ_ZMTP_KEY_BYTES;
}

static bool add_endpoint(const char **endpoints, size_t *count, const char *endpoint)
{
    if (*count >= HOST_ENDPOINTS_MAX) {
        return false;
    }
    endpoints[(*count)++] = endpoint;
    return true;
}

static bool set_mechanism(struct host_options *o, const char *text)
{
    for (int name = FSZ_ZMTP_NULL; name < FSZ_ZMTP_MECHANISMS; name++) {
        if (strcmp(text, fsz_zmtp_mechanism_text((enum fsz_zmtp_mechanism_name)name)) == 0) {
            o->server.mechanism.name = o->client.mechanism.name =
                (enum fsz_zmtp_mechanism_name)name;
            return true;
        }
    }
    return false;
}

static bool copy_credential(char *to, const char *text)
{
    return snprintf(to, FSZ_MECHANISM_CREDENTIAL_MAX + 1, "%s", text) <=
           FSZ_MECHANISM_CREDENTIAL_MAX;
}

static bool set_key(struct host_options *o, const char *key, const char *value)
{
    struct fsz_mechanism_config *server = &o->server.mechanism, *client = &o->client.mechanism;
    if (strcmp(key, "public") == 0) {
        return read_key(value, server->public_key) && read_key(value, client->public_key);
    }
    if (strcmp(key, "secret") == 0) {
        return read_key(value, server->secret_key) && read_key(value, client->secret_key);
    }
    if (strcmp(key, "server") == 0) {
        return read_key(value, client->server_key);
    }
    if (strcmp(key, "admit") == 0) {
        return o->one_key = read_key(value, o->admitted_key);
    }
    return false;
}

static bool set_number(struct host_options *o, const char *key, const char *value)
{
    char     *end;
    long long number = strtoll(value, &end, 10);
    if (end == value || *end != '\0' || number < 0) {
        return false;
    }
    struct {
        const char *key;
        int64_t    *server, *client;
    } rows[] = {
        {"heartbeat", &o->server.times.heartbeat_ms, &o->client.times.heartbeat_ms},
        {"heartbeat-timeout", &o->server.times.heartbeat_timeout_ms,
         &o->client.times.heartbeat_timeout_ms},
        {"heartbeat-ttl", &o->server.times.heartbeat_ttl_ms, &o->client.times.heartbeat_ttl_ms},
        {"handshake", &o->server.times.handshake_ms, &o->client.times.handshake_ms},
        {"pace", &o->pace_ms, &o->pace_ms},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(key, rows[i].key) == 0) {
            *rows[i].server = *rows[i].client = number;
            return true;
        }
    }
    if (strcmp(key, "topics") == 0) {
        o->topics = (unsigned)number;
        return true;
    }
    if (strcmp(key, "threaded") == 0) {
        o->threaded = number != 0;
        return true;
    }
    if (strcmp(key, "first") == 0) {
        o->first = (uint64_t)number;
        return true;
    }
    return false;
}

static bool set_option(struct host_options *o, const char *key, const char *value)
{
    if (strcmp(key, "pub-bind") == 0 || strcmp(key, "pub-connect") == 0) {
        return add_endpoint(o->pub, &o->pubs, key + strlen("pub-")) &&
               add_endpoint(o->pub, &o->pubs, value);
    }
    if (strcmp(key, "router-bind") == 0 || strcmp(key, "router-connect") == 0) {
        return add_endpoint(o->router, &o->routers, key + strlen("router-")) &&
               add_endpoint(o->router, &o->routers, value);
    }
    if (strcmp(key, "dealer") == 0) {
        return add_endpoint(o->dealer, &o->dealers, value);
    }
    if (strcmp(key, "mechanism") == 0) {
        return set_mechanism(o, value);
    }
    if (strcmp(key, "user") == 0) {
        o->user = value;
        return copy_credential(o->client.mechanism.user, value);
    }
    if (strcmp(key, "password") == 0) {
        o->password = value;
        return copy_credential(o->client.mechanism.password, value);
    }
    return set_key(o, key, value) || set_number(o, key, value);
}

static void set_defaults(struct host_options *o)
{
    *o = (struct host_options){.pace_ms = 20, .topics = 2};
    o->server = (struct fsz_zmtp_options){
        .mechanism = {.name = FSZ_ZMTP_NULL, .as_server = true},
        .times = {.handshake_ms = 10000},
        .backlog = 100,
        .reconnect_ms = 50,
        .reconnect_max_ms = 200,
    };
    o->client = o->server;
    o->client.mechanism.as_server = false;
    o->limits = (struct fsz_zmtp_limits){
        .conn = {.message_bytes = 8 * mib, .message_frames = 64, .output_bytes = 256 * mib},
        .input_bytes = 64 * mib,
        .output_bytes = 512 * mib,
        .connections = 1000,
        .address_connections = 1000,
    };
}

bool host_options_read(int argc, char **argv, struct host_options *ret_options)
{
    set_defaults(ret_options);
    for (int i = 1; i < argc; i++) {
        char *value = strchr(argv[i], '=');
        if (value) {
            *value++ = '\0';
        }
        if (!value || !set_option(ret_options, argv[i], value)) {
            fprintf(stderr, "%s: not an option, or not a value of it\n", argv[i]);
            return false;
        }
    }
    return true;
}

static bool is_admitted(const struct host_options *o, const struct fsz_admission *a)
{
    const struct fsz_mechanism_credentials *shown = &a->credentials;
    if (a->stage == FSZ_ADMISSION_ADDRESS) {
        return true;
    }
    if (a->mechanism == FSZ_ZMTP_PLAIN && o->user) {
        return strcmp(shown->user, o->user) == 0 && o->password &&
               strcmp(shown->password, o->password) == 0;
    }
    return a->mechanism != FSZ_ZMTP_CURVE || !o->one_key ||
           memcmp(shown->key, o->admitted_key, FSZ_ZMTP_KEY_BYTES) == 0;
}

void host_options_admit(void *self, struct fsz_admission *admission)
{
    struct fsz_admission_answer answer = {.status = "400"};
    if (is_admitted(self, admission)) {
        snprintf(answer.status, sizeof(answer.status), "200");
        snprintf(answer.user, sizeof(answer.user), "%.255s", admission->credentials.user);
    }
    fsz_admission_answer(&admission, &answer);
}
