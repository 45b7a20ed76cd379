/* SPDX-License-Identifier: MPL-2.0 */
#include "stream/topic.h"

#include <string.h>
#include <strings.h>

struct topic_writer {
    char  *bytes;
    size_t size;
    bool full; /* once something does not fit, nothing more is written, so the topic stays a prefix
                */
};

static bool topic_must_escape(unsigned char c)
{
    return c == '%' || c == '/' || c < 0x20 || c == 0x7f;
}

static size_t topic_escape_byte(char out[3], unsigned char c)
{
    static const char digits[] = "0123456789ABCDEF";
    if (!topic_must_escape(c)) {
        out[0] = (char)c;
        return 1;
    }
    out[0] = '%';
    out[1] = digits[c >> 4];
    out[2] = digits[c & 15];
    return 3;
}

fsz_err fsz_topic_escape(struct fsz_buffer *out, const char *text)
{
    fsz_err err = FSZ_OK;
    for (const char *c = text; *c != '\0' && err == FSZ_OK; c++) {
        char bytes[3];
        err = fsz_buffer_append(out, bytes, topic_escape_byte(bytes, (unsigned char)*c));
    }
    return err;
}

static void topic_put(struct topic_writer *w, const char *bytes, size_t size)
{
    if (w->full || w->size + size > FSZ_TOPIC_BYTES_MAX) {
        w->full = true;
        return;
    }
    memcpy(w->bytes + w->size, bytes, size);
    w->size += size;
}

static void topic_put_text(struct topic_writer *w, const char *text)
{
    for (const char *c = text ? text : ""; *c != '\0' && !w->full; c++) {
        char bytes[3];
        topic_put(w, bytes, topic_escape_byte(bytes, (unsigned char)*c));
    }
}

static const char *topic_value(const struct fsz_event *event, const char *name)
{
    struct fsz_header header;
    if (strcasecmp(name, "Event-Name") == 0) {
        return event->name;
    }
    if (strcasecmp(name, "Event-Subclass") == 0) {
        return event->subclass;
    }
    if (!fsz_event_find(event, name, &header)) {
        return NULL;
    }
    return header.value_count > 0 ? header.values[0] : header.value;
}

size_t fsz_topic_write(char *topic, const struct fsz_event *event, char *const *names,
                       size_t name_count)
{
    struct topic_writer w = {.bytes = topic};
    for (size_t i = 0; i < name_count; i++) {
        if (i > 0) {
            topic_put(&w, "/", 1);
        }
        topic_put_text(&w, topic_value(event, names[i]));
    }
    return w.size;
}

size_t fsz_topic_head(char *topic, const struct fsz_event_type *type, char *const *names,
                      size_t name_count)
{
    struct topic_writer w = {.bytes = topic};
    for (size_t i = 0; i < name_count; i++) {
        bool is_name = strcasecmp(names[i], "Event-Name") == 0;
        if (!is_name && strcasecmp(names[i], "Event-Subclass") != 0) {
            break;
        }
        topic_put_text(&w, is_name ? type->name : type->subclass);
        if (i + 1 < name_count) {
            topic_put(&w, "/", 1);
        }
    }
    return w.size;
}
