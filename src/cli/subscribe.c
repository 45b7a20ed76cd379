/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/subscribe.h"

#include "fszmq/wire.h"

#include <ctype.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

/* The parts of a pattern. */
struct subscribe_pattern {
    char       *name; /* upper case, without its `*` */
    const char *subclass;
    size_t      subclass_size; /* without its `*` */
    bool        open;          /* ends with `*` */
};

static bool subscribe_parse(const char *text, struct subscribe_pattern *ret_pattern)
{
    size_t size = strlen(text);
    if (!fsz_eventname_is_valid(text, size, NULL)) {
        return false;
    }
    text = fsz_eventname_canonical(text, size, &size);
    bool open = size > 0 && text[size - 1] == '*';
    size -= open;
    const char *slash = memchr(text, '/', size);
    size_t      name_size = slash == NULL ? size : (size_t)(slash - text);
    if (memchr(text, '*', size) != NULL) {
        return false;
    }
    char *name = strndup(text, name_size);
    if (name == NULL) {
        return false;
    }
    for (char *c = name; *c != '\0'; c++) {
        *c = (char)toupper((unsigned char)*c);
    }
    *ret_pattern = (struct subscribe_pattern){.name = name, .open = open};
    if (slash != NULL && (slash + 1 < text + size)) {
        ret_pattern->subclass = slash + 1;
        ret_pattern->subclass_size = size - name_size - 1;
    } else if (slash != NULL) {
        ret_pattern->open = false; /* a slash at the end: all subclasses */
    }
    return true;
}

static char *subscribe_topic(const struct subscribe_pattern *pattern)
{
    char  *topic = NULL;
    size_t size = 0;
    FILE  *out = open_memstream(&topic, &size);
    if (out == NULL) {
        return NULL;
    }
    fputs(pattern->name, out);
    if (pattern->subclass != NULL) {
        fputc(FSZMQ_TOPIC_SEPARATOR, out);
    }
    for (size_t i = 0; pattern->subclass != NULL && i < pattern->subclass_size; i++) {
        unsigned char c = (unsigned char)pattern->subclass[i];
        bool          encode = c < 0x20 || c == 0x7f || c == '%' || c == FSZMQ_TOPIC_SEPARATOR;
        fprintf(out, encode ? "%%%02X" : "%c", c);
    }
    if (!pattern->open) {
        fputc(FSZMQ_TOPIC_SEPARATOR, out);
    }
    return fclose(out) == 0 ? topic : NULL;
}

static char *subscribe_json(const struct subscribe_pattern *pattern)
{
    const char *end = pattern->open ? "" : "\"";
    char       *text = NULL;
    if (pattern->subclass == NULL) {
        return asprintf(&text, FSZMQ_JSON_NAME "%s%s", pattern->name, end) < 0 ? NULL : text;
    }
    json_t *value = json_stringn(pattern->subclass, pattern->subclass_size);
    char   *quoted = value == NULL ? NULL : json_dumps(value, JSON_ENCODE_ANY);
    if (quoted != NULL) {
        int inner = (int)strlen(quoted) - 2;
        if (asprintf(&text, FSZMQ_JSON_NAME "%s\"" FSZMQ_JSON_SUBCLASS "%.*s%s", pattern->name,
                     inner, quoted + 1, end) < 0) {
            text = NULL;
        }
    }
    free(quoted);
    json_decref(value);
    return text;
}

static int subscribe_add_pattern(struct fsz_subscribe           *subscribe,
                                 const struct subscribe_pattern *pattern)
{
    char *topic = subscribe_topic(pattern);
    char *json = subscribe_json(pattern);
    if (topic == NULL || json == NULL) {
        free(topic);
        free(json);
        return -1;
    }
    subscribe->topic[subscribe->count] = topic;
    subscribe->json[subscribe->count] = json;
    subscribe->count++;
    return 0;
}

int fsz_subscribe_add(struct fsz_subscribe *subscribe, const char *pattern)
{
    struct subscribe_pattern parsed;
    if (subscribe->count == FSZ_SUBSCRIBE_MAX || !subscribe_parse(pattern, &parsed)) {
        return -1;
    }
    int result = subscribe_add_pattern(subscribe, &parsed);
    free(parsed.name);
    return result;
}

void fsz_subscribe_explain(const char *pattern, char ret_why[FSZ_EVENTNAME_WHY_BYTES])
{
    if (fsz_eventname_is_valid(pattern, strlen(pattern), ret_why)) {
        snprintf(ret_why, FSZ_EVENTNAME_WHY_BYTES,
                 "`*` is allowed only at the end, and at most %d names", FSZ_SUBSCRIBE_MAX);
    }
}

void fsz_subscribe_fini(struct fsz_subscribe *subscribe)
{
    for (size_t i = 0; i < subscribe->count; i++) {
        free(subscribe->topic[i]);
        free(subscribe->json[i]);
    }
    subscribe->count = 0;
}

static int subscribe_prefix(void *socket, const char *prefix)
{
    return zmq_setsockopt(socket, ZMQ_SUBSCRIBE, prefix, strlen(prefix));
}

int fsz_subscribe_apply(const struct fsz_subscribe *subscribe, void *socket)
{
    if (subscribe->count == 0) {
        return subscribe_prefix(socket, "");
    }
    for (size_t i = 0; i < subscribe->count; i++) {
        if (subscribe_prefix(socket, subscribe->json[i]) != 0 ||
            subscribe_prefix(socket, subscribe->topic[i]) != 0) {
            return -1;
        }
    }
    if (subscribe_prefix(socket, FSZMQ_TOPIC_BEAT) != 0 ||
        subscribe_prefix(socket, FSZMQ_TOPIC_LOST) != 0) {
        return -1;
    }
    return subscribe_prefix(socket, FSZMQ_TOPIC_BYE);
}
