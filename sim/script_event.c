/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/script_event.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *header;
    const char *usec; /* the header with the same time in microseconds */
    uint32_t    unit_us;
    bool        needs_answer;
} SPANS[] = {
    {"variable_duration", "variable_uduration", 1000000, false},
    {"variable_mduration", "variable_uduration", 1000, false},
    {"variable_uduration", "variable_uduration", 1, false},
    {"variable_billsec", "variable_billusec", 1000000, true},
    {"variable_billmsec", "variable_billusec", 1000, true},
    {"variable_billusec", "variable_billusec", 1, true},
    {"variable_flow_billsec", "variable_flow_billusec", 1000000, true},
    {"variable_flow_billmsec", "variable_flow_billusec", 1000, true},
    {"variable_flow_billusec", "variable_flow_billusec", 1, true},
};

/* The values of the line, with each null replaced by the latest value. */
static json_t *event_expand(const json_t *line, json_t *last)
{
    const char *uuid = json_string_value(json_object_get(line, "Unique-ID"));
    const char *leg = uuid == NULL ? "" : uuid;
    json_t     *seen = json_object_get(last, leg);
    json_t     *whole = json_object();
    const char *name;
    json_t     *value;
    if (seen == NULL) {
        json_object_set_new(last, leg, json_object());
        seen = json_object_get(last, leg);
    }
    json_object_foreach((json_t *)(uintptr_t)line, name, value)
    {
        json_object_set(whole, name, json_is_null(value) ? json_object_get(seen, name) : value);
    }
    json_object_update(seen, whole);
    return whole;
}

static fsz_err event_add_field(struct fsz_script_event *event, size_t header,
                               struct fsz_template *value)
{
    struct fsz_script_field *fields =
        reallocarray(event->fields, event->field_count + 1, sizeof *fields);
    if (fields == NULL) {
        fsz_template_fini(value);
        return FSZ_ENOMEM;
    }
    event->fields = fields;
    fields[event->field_count++] = (struct fsz_script_field){.header = header, .value = *value};
    return FSZ_OK;
}

/* Seconds and stamps of CDR variables have a header with the same time in microseconds, which gives
 * the exact instant. The seconds alone would lose the fraction. */
static int64_t event_sibling_us(const json_t *values, const char *name)
{
    static const char *const ends[] = {"_epoch", "_stamp"};
    char                     sibling[128];
    for (size_t i = 0; i < 2; i++) {
        size_t length = strlen(name), end = strlen(ends[i]);
        if (length <= end || length + 2 >= sizeof sibling ||
            strcmp(name + length - end, ends[i]) != 0) {
            continue;
        }
        memcpy(sibling, name, length - end);
        memcpy(sibling + length - end, "_uepoch", sizeof "_uepoch");
        const char *text = json_string_value(json_object_get(values, sibling));
        return text == NULL ? 0 : strtoll(text, NULL, 10);
    }
    return 0;
}

static int64_t event_us(const json_t *values, const char *name)
{
    const char *text = json_string_value(json_object_get(values, name));
    return text == NULL ? 0 : strtoll(text, NULL, 10);
}

/* Links a time in whole seconds to its exact instant. */
static fsz_err event_tie(struct fsz_template_scope *scope, const json_t *values, const char *name,
                         struct fsz_template *t)
{
    struct fsz_part *part = &t->parts[0];
    if (part->type != FSZ_PART_SECOND && part->type != FSZ_PART_STAMP) {
        return FSZ_OK;
    }
    int64_t exact_us = event_sibling_us(values, name);
    if (exact_us == 0 && part->type == FSZ_PART_SECOND) {
        return FSZ_OK;
    }
    if (exact_us == 0 || !fsz_template_near(scope->start_us, exact_us)) {
        part->type = FSZ_PART_TEXT; /* a date that is not a time of the call */
        return FSZ_OK;
    }
    return fsz_template_instant(scope, exact_us, &part->arg);
}

static fsz_err event_span(const json_t *values, const char *name, const char *value,
                          struct fsz_template *t)
{
    bool answered = event_us(values, "variable_answer_uepoch") != 0;
    for (size_t i = 0; i < sizeof SPANS / sizeof *SPANS; i++) {
        if (strcmp(name, SPANS[i].header) == 0 && (answered || !SPANS[i].needs_answer)) {
            fsz_template_fini(t);
            return fsz_template_add(t, FSZ_PART_SPAN, SPANS[i].unit_us,
                                    event_us(values, SPANS[i].usec), value, strlen(value));
        }
    }
    return FSZ_OK;
}

static fsz_err event_compile(struct fsz_template_scope *scope, struct fsz_script_event *event,
                             const json_t *values, const char *name, const char *value)
{
    struct fsz_header  *header = &event->headers[event->header_count];
    struct fsz_template t = {0};
    fsz_err             err = fsz_template_compile(scope, name, value, event->leg, &t);
    if (err == FSZ_OK) {
        err = event_tie(scope, values, name, &t);
    }
    if (err == FSZ_OK) {
        err = event_span(values, name, value, &t);
    }
    bool constant = err == FSZ_OK && fsz_template_is_constant(&t);
    header->name = strdup(name);
    header->value = constant ? strdup(value) : NULL;
    event->header_count++;
    if (err == FSZ_OK && (header->name == NULL || (constant && header->value == NULL))) {
        err = FSZ_ENOMEM;
    }
    if (err == FSZ_OK && !constant) {
        return event_add_field(event, event->header_count - 1, &t);
    }
    fsz_template_fini(&t);
    return err;
}

static fsz_err event_array(struct fsz_script_event *event, const char *name, const json_t *list)
{
    struct fsz_header *header = &event->headers[event->header_count++];
    size_t             count = json_array_size(list);
    char             **values = calloc(count + 1, sizeof *values);
    if (values == NULL) {
        return FSZ_ENOMEM;
    }
    *header = (struct fsz_header){
        .name = strdup(name), .values = (const char *const *)values, .value_count = count};
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        values[i] = strdup(text == NULL ? "" : text);
        if (values[i] == NULL) {
            return FSZ_ENOMEM;
        }
    }
    return header->name == NULL ? FSZ_ENOMEM : FSZ_OK;
}

/* Members that are not headers: parts of the event, and Content-Length, which the encoder makes. */
static bool event_is_part(const char *name, bool has_body)
{
    return strcmp(name, "_body") == 0 || strcmp(name, "Event-Name") == 0 ||
           strcmp(name, "Event-Subclass") == 0 || (has_body && strcmp(name, "Content-Length") == 0);
}

static fsz_err event_headers(struct fsz_template_scope *scope, struct fsz_script_event *event,
                             const json_t *values)
{
    const char *name;
    json_t     *value;
    fsz_err     err = FSZ_OK;
    event->headers = calloc(json_object_size(values) + 1, sizeof *event->headers);
    if (event->headers == NULL) {
        return FSZ_ENOMEM;
    }
    json_object_foreach((json_t *)(uintptr_t)values, name, value)
    {
        if (err != FSZ_OK || event_is_part(name, event->body != NULL)) {
            continue;
        }
        event->has_variables |= strncmp(name, "variable_", 9) == 0;
        if (json_is_array(value) && json_array_size(value) > 0) {
            err = event_array(event, name, value);
        } else if (json_is_string(value)) {
            err = event_compile(scope, event, values, name, json_string_value(value));
        } else {
            err = FSZ_EINVALID;
        }
    }
    return err;
}

static int flow_leg(const struct fsz_flow *flow, const char *uuid)
{
    for (size_t i = 0; uuid != NULL && i < flow->leg_count && i < flow->fresh_count; i++) {
        if (strcmp(flow->fresh[i], uuid) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static char *event_text(const json_t *values, const char *name)
{
    const char *text = json_string_value(json_object_get(values, name));
    return text == NULL ? NULL : strdup(text);
}

static fsz_err event_basics(struct fsz_flow *flow, struct fsz_script_event *event,
                            const json_t *values)
{
    const char *job = json_string_value(json_object_get(values, "Job-Command"));
    int64_t     time_us = event_us(values, "Event-Date-Timestamp");
    event->name = event_text(values, "Event-Name");
    event->subclass = event_text(values, "Event-Subclass");
    event->body = event_text(values, "_body");
    event->leg = flow_leg(flow, json_string_value(json_object_get(values, "Unique-ID")));
    event->body_is_status = event->body != NULL && job != NULL && strcmp(job, "status") == 0;
    if (event->name == NULL || *event->name == '\0' || time_us <= 0 ||
        json_object_size(values) > FSZ_EVENT_HEADERS_MAX) {
        return FSZ_EINVALID;
    }
    if (flow->start_us == 0) {
        flow->start_us = time_us;
    }
    event->offset_us = time_us - flow->start_us;
    return fsz_template_near(flow->start_us, time_us) ? FSZ_OK : FSZ_EINVALID;
}

fsz_err fsz_script_event_read(struct fsz_flow *flow, struct fsz_script_event *event,
                              const json_t *line, json_t *last)
{
    json_t *values = event_expand(line, last);
    fsz_err err = values == NULL ? FSZ_ENOMEM : event_basics(flow, event, values);
    if (err == FSZ_OK) {
        struct fsz_template_scope scope = {.fresh = (const char *const *)flow->fresh,
                                           .fresh_count = flow->fresh_count,
                                           .number = flow->number,
                                           .app = flow->app,
                                           .start_us = flow->start_us,
                                           .instants_us = flow->instants_us,
                                           .instant_count = flow->instant_count};
        err = event_headers(&scope, event, values);
        flow->instant_count = scope.instant_count;
    }
    json_decref(values);
    return err;
}

static void header_fini(struct fsz_header *header)
{
    for (size_t i = 0; i < header->value_count; i++) {
        free((char *)(uintptr_t)header->values[i]);
    }
    free((void *)(uintptr_t)header->values);
    free((char *)(uintptr_t)header->value);
    free((char *)(uintptr_t)header->name);
}

void fsz_script_event_fini(struct fsz_script_event *event)
{
    for (size_t i = 0; i < event->field_count; i++) {
        struct fsz_script_field *field = &event->fields[i];
        event->headers[field->header].value = NULL; /* set again at each rendering */
        fsz_template_fini(&field->value);
    }
    for (size_t i = 0; i < event->header_count; i++) {
        header_fini(&event->headers[i]);
    }
    free(event->headers);
    free(event->fields);
    free(event->name);
    free(event->subclass);
    free(event->body);
}
