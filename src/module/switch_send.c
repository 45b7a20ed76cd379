/* SPDX-License-Identifier: MPL-2.0 */
#include "module/switch_send.h"

#include "event/event_check.h"
#include "module/numbers.h"

#include <switch.h>

/* The switch ignores any 13 characters in front of a name, so the result is compared. */
static fsz_err send_type(const char *name, switch_event_types_t *ret_type, struct fsz_buffer *words)
{
    switch_event_types_t type = fsz_numbers.event_all;
    if (switch_name_event(name, &type) != SWITCH_STATUS_SUCCESS ||
        strcasecmp(switch_event_name(type), name) != 0 || type == fsz_numbers.event_all ||
        type == fsz_numbers.event_clone) {
        fsz_buffer_printf(words, "no such event: %s", name);
        return FSZ_EREFUSED;
    }
    *ret_type = type;
    return FSZ_OK;
}

/* Adds values by index: pushing them would lose an empty first value. */
static fsz_err send_array(switch_event_t *event, const struct fsz_header *header)
{
    for (size_t i = 0; i < header->value_count; i++) {
        char *name = switch_mprintf("%s[%d]", header->name, (int)i);
        if (name == NULL) {
            return FSZ_ENOMEM;
        }
        switch_event_add_header_string(event, SWITCH_STACK_BOTTOM, name, header->values[i]);
        free(name);
    }
    return FSZ_OK;
}

/* Skips empty values, since the switch has no empty headers. */
static fsz_err send_header(switch_event_t *event, const struct fsz_header *header)
{
    if (fsz_header_is_stamp(header->name)) {
        return FSZ_OK;
    }
    if (header->value_count > 0) {
        return send_array(event, header);
    }
    if (!zstr(header->value)) {
        switch_event_add_header_string(event, SWITCH_STACK_BOTTOM, header->name, header->value);
    }
    return FSZ_OK;
}

static fsz_err send_headers(switch_event_t *event, const struct fsz_event *from)
{
    struct fsz_header batch[FSZ_HEADER_BATCH];
    const void       *cursor = from->headers;
    size_t            count = 0;
    fsz_err           err = FSZ_OK;
    while (err == FSZ_OK && cursor != NULL &&
           (count = from->read(&cursor, batch, FSZ_HEADER_BATCH)) > 0) {
        for (size_t i = 0; err == FSZ_OK && i < count; i++) {
            err = send_header(event, &batch[i]);
        }
    }
    return err;
}

fsz_err fsz_switch_send(void *self, const struct fsz_event *event, struct fsz_buffer *words)
{
    (void)self;
    switch_event_types_t type = fsz_numbers.event_all;
    switch_event_t      *fired = NULL;
    fsz_err              err = send_type(event->name, &type, words);
    if (err == FSZ_OK) {
        err = fsz_event_check(event, words);
    }
    if (err != FSZ_OK) {
        return err;
    }
    const char *subclass = type == fsz_numbers.event_custom ? event->subclass : NULL;
    if (switch_event_create_subclass(&fired, type, subclass) != SWITCH_STATUS_SUCCESS) {
        return FSZ_ENOMEM;
    }
    err = send_headers(fired, event);
    if (err != FSZ_OK) {
        switch_event_destroy(&fired);
        return err;
    }
    switch_event_set_body(fired, event->body);
    switch_event_fire(&fired);
    return FSZ_OK;
}
