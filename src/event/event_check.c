/* SPDX-License-Identifier: MPL-2.0 */
#include "event/event_check.h"

#include <string.h>
#include <strings.h>

static const char *const STAMPS[] = {
    "Event-Name",
    "Event-Subclass",
    "Core-UUID",
    "FreeSWITCH-Hostname",
    "FreeSWITCH-IPv4",
    "FreeSWITCH-IPv6",
    "Event-Date-Local",
    "FreeSWITCH-Switchname",
    "Event-Date-GMT",
    "Event-Date-Timestamp",
    "Event-Calling-File",
    "Event-Calling-Line-Number",
    "Event-Calling-Function",
    "Event-Sequence",
    "Content-Length",
    "_body",
};

bool fsz_header_name_is_plain(const char *name)
{
    for (const unsigned char *at = (const unsigned char *)name; *at != '\0'; at++) {
        if (*at < ' ' || *at == 0x7f || *at == ':' || *at == '[') {
            return false;
        }
    }
    return *name != '\0';
}

bool fsz_header_is_stamp(const char *name)
{
    for (size_t i = 0; i < sizeof STAMPS / sizeof *STAMPS; i++) {
        if (strcasecmp(STAMPS[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static bool event_has_own_mark(const struct fsz_header *header)
{
    static const char mark[] = "ARRAY::";
    size_t            length = sizeof mark - 1;
    for (size_t i = 0; i < header->value_count; i++) {
        if (strncmp(header->values[i], mark, length) == 0) {
            return true;
        }
    }
    return header->value_count == 0 && header->value != NULL &&
           strncmp(header->value, mark, length) == 0;
}

/* Is there an earlier header of the same name? */
static bool event_repeats(const struct fsz_event *event, const struct fsz_header *header)
{
    struct fsz_header first;
    return fsz_event_find(event, header->name, &first) != 0 && first.name != header->name;
}

static fsz_err event_check_header(const struct fsz_event *event, const struct fsz_header *header,
                                  struct fsz_buffer *words)
{
    if (!fsz_header_name_is_plain(header->name)) {
        fsz_buffer_text(words,
                        "a header's name is empty or contains a control character, ':' or '['");
        return FSZ_EREFUSED;
    }
    if (event_has_own_mark(header)) {
        fsz_buffer_printf(words, "%s: a value cannot begin with ARRAY::; send a JSON array",
                          header->name);
        return FSZ_EREFUSED;
    }
    if (header->value_count > FSZ_EVENT_CHECK_VALUES_MAX) {
        fsz_buffer_printf(words, "%s: more than %d values", header->name,
                          FSZ_EVENT_CHECK_VALUES_MAX);
        return FSZ_EREFUSED;
    }
    if (event_repeats(event, header)) {
        fsz_buffer_printf(words, "%s: this header is given twice (letter case is ignored)",
                          header->name);
        return FSZ_EREFUSED;
    }
    return FSZ_OK;
}

static fsz_err event_check_type(const struct fsz_event *event, struct fsz_buffer *words)
{
    bool custom = strcasecmp(event->name, "CUSTOM") == 0;
    bool subclass = event->subclass != NULL && event->subclass[0] != '\0';
    if (custom == subclass) {
        return FSZ_OK;
    }
    fsz_buffer_printf(words, custom ? "a CUSTOM event needs an Event-Subclass"
                                    : "only a CUSTOM event may have an Event-Subclass");
    return FSZ_EREFUSED;
}

fsz_err fsz_event_check(const struct fsz_event *event, struct fsz_buffer *words)
{
    struct fsz_header batch[FSZ_HEADER_BATCH];
    const void       *cursor = event->headers;
    size_t            total = 0, count = 0;
    fsz_err           err = event_check_type(event, words);
    while (err == FSZ_OK && cursor != NULL &&
           (count = event->read(&cursor, batch, FSZ_HEADER_BATCH)) > 0) {
        total += count;
        if (total > FSZ_EVENT_CHECK_HEADERS_MAX) {
            fsz_buffer_printf(words, "more than %d headers", FSZ_EVENT_CHECK_HEADERS_MAX);
            return FSZ_EREFUSED;
        }
        for (size_t i = 0; err == FSZ_OK && i < count; i++) {
            err = event_check_header(event, &batch[i], words);
        }
    }
    return err;
}
