/* SPDX-License-Identifier: MPL-2.0 */
#include "api/sentevent.h"

#include "base/eventname.h"
#include "event/event_check.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct sentevent_write {
    struct fsz_sentevent *event;
    size_t                headers, texts, values; /* used so far */
    char                 *why;
};

static fsz_err sentevent_fail(const struct sentevent_write *write, const char *member,
                              const char *allowed)
{
    snprintf(write->why, FSZ_SENTEVENT_WHY_BYTES, "event.%.64s: %s", member, allowed);
    return FSZ_EINVALID;
}

/* The number of values, each value of an array included: the most that any of the lists needs. */
static size_t sentevent_count(const json_t *object)
{
    size_t      count = 0;
    const char *name = NULL;
    json_t     *value = NULL;
    json_object_foreach((json_t *)object, name, value)
    {
        count += 1 + json_array_size(value);
    }
    return count;
}

/* The text of a scalar. That of a number or boolean belongs to the event. */
static fsz_err sentevent_scalar(struct sentevent_write *write, const char *name,
                                const json_t *value, const char **ret_text)
{
    if (json_is_string(value)) {
        *ret_text = json_string_value(value);
        return FSZ_OK;
    }
    if (!json_is_number(value) && !json_is_boolean(value)) {
        return sentevent_fail(write, name,
                              "must be a string, a number, true, false, or an array "
                              "of these");
    }
    char *text = json_dumps(value, JSON_ENCODE_ANY);
    if (text == NULL) {
        return FSZ_ENOMEM;
    }
    write->event->texts[write->texts++] = text;
    *ret_text = text;
    return FSZ_OK;
}

static fsz_err sentevent_array(struct sentevent_write *write, const char *name, const json_t *array,
                               struct fsz_header *header)
{
    size_t  index = 0;
    json_t *value = NULL;
    if (json_array_size(array) == 0) {
        return sentevent_fail(write, name, "an array must not be empty");
    }
    header->values = &write->event->values[write->values];
    header->value_count = json_array_size(array);
    json_array_foreach(array, index, value)
    {
        fsz_err err = sentevent_scalar(write, name, value, &write->event->values[write->values]);
        if (err != FSZ_OK) {
            return err;
        }
        write->values++;
    }
    return FSZ_OK;
}

static fsz_err sentevent_header(struct sentevent_write *write, const char *name,
                                const json_t *value)
{
    struct fsz_header *header = &write->event->headers[write->headers];
    if (!fsz_header_name_is_plain(name)) {
        return sentevent_fail(write, name,
                              "a header name must not contain control characters, ':' or '['");
    }
    header->name = name;
    fsz_err err = json_is_array(value) ? sentevent_array(write, name, value, header)
                                       : sentevent_scalar(write, name, value, &header->value);
    write->headers += err == FSZ_OK;
    return err;
}

static fsz_err sentevent_own(const struct sentevent_write *write, const char *name,
                             const json_t *value, const char **ret_text)
{
    const char *text = json_string_value(value);
    if (text == NULL || (text[0] == '\0' && ret_text != &write->event->view.body)) {
        return sentevent_fail(write, name, "must be a string");
    }
    *ret_text = text;
    return FSZ_OK;
}

static fsz_err sentevent_member(struct sentevent_write *write, const char *name,
                                const json_t *value)
{
    struct fsz_event *view = &write->event->view;
    if (strcmp(name, "Event-Name") == 0) {
        return sentevent_own(write, name, value, &view->name);
    }
    if (strcmp(name, "Event-Subclass") == 0) {
        return sentevent_own(write, name, value, &view->subclass);
    }
    if (strcmp(name, "_body") == 0) {
        return sentevent_own(write, name, value, &view->body);
    }
    if (strcasecmp(name, "Event-Name") == 0 || strcasecmp(name, "Event-Subclass") == 0) {
        return sentevent_fail(write, name, "must be spelt Event-Name or Event-Subclass");
    }
    return fsz_header_is_stamp(name) ? FSZ_OK : sentevent_header(write, name, value);
}

/* Accepts other spellings, such as SWITCH_EVENT_CUSTOM, but no ALL and no pattern: one event is
 * sent.
 */
static fsz_err sentevent_name(const struct sentevent_write *write)
{
    struct fsz_event *view = &write->event->view;
    size_t            length = strlen(view->name);
    const char       *name = fsz_eventname_canonical(view->name, length, &length);
    if (strchr(name, '*') != NULL) {
        return sentevent_fail(write, "Event-Name", "must be one event, not a pattern");
    }
    if (strpbrk(name, " /:") != NULL) {
        return sentevent_fail(write, "Event-Name",
                              "must not contain a subclass; use Event-Subclass");
    }
    view->name = fsz_eventname_find(name) ? fsz_eventname_find(name) : name;
    return FSZ_OK;
}

static fsz_err sentevent_check(const struct sentevent_write *write)
{
    const struct fsz_event *view = &write->event->view;
    if (view->name == NULL) {
        return sentevent_fail(write, "Event-Name", "is missing");
    }
    if (sentevent_name(write) != FSZ_OK) {
        return FSZ_EINVALID;
    }
    bool is_custom = strcmp(view->name, "CUSTOM") == 0;
    if (is_custom && view->subclass == NULL) {
        return sentevent_fail(write, "Event-Subclass", "is missing; CUSTOM needs one");
    }
    return is_custom || view->subclass == NULL
               ? FSZ_OK
               : sentevent_fail(write, "Event-Subclass", "is allowed only with Event-Name CUSTOM");
}

static fsz_err sentevent_write(struct sentevent_write *write, const json_t *object)
{
    const char *name = NULL;
    json_t     *value = NULL;
    fsz_err     err = FSZ_OK;
    json_object_foreach((json_t *)object, name, value)
    {
        err = err != FSZ_OK ? err : sentevent_member(write, name, value);
    }
    return err != FSZ_OK ? err : sentevent_check(write);
}

fsz_err fsz_sentevent_init(struct fsz_sentevent *event, const json_t *object,
                           char ret_why[FSZ_SENTEVENT_WHY_BYTES])
{
    struct fsz_sentevent   made = {0};
    struct sentevent_write write = {.event = &made, .why = ret_why};
    size_t                 count = sentevent_count(object);
    if (count > FSZ_EVENT_CHECK_HEADERS_MAX) {
        snprintf(ret_why, FSZ_SENTEVENT_WHY_BYTES, "event: at most %d values",
                 FSZ_EVENT_CHECK_HEADERS_MAX);
        return FSZ_EINVALID;
    }
    made.headers = calloc(count + 1, sizeof(*made.headers));
    made.texts = calloc(count + 1, sizeof(*made.texts));
    made.values = calloc(count + 1, sizeof(*made.values));
    fsz_err err =
        made.headers && made.texts && made.values ? sentevent_write(&write, object) : FSZ_ENOMEM;
    if (err != FSZ_OK) {
        fsz_sentevent_fini(&made);
        return err;
    }
    made.view.headers = made.headers;
    made.view.read = fsz_headers_of_array;
    *event = made;
    return FSZ_OK;
}

void fsz_sentevent_fini(struct fsz_sentevent *event)
{
    for (char **text = event->texts; text != NULL && *text != NULL; text++) {
        free(*text);
    }
    free(event->headers);
    free(event->texts);
    free(event->values);
    *event = (struct fsz_sentevent){0};
}
