/* SPDX-License-Identifier: MPL-2.0 */
/* An event from arbitrary bytes. The output must be one JSON object that a strict parser accepts,
 * with all expected members in order, and within the size limit.
 *
 * Input: two bytes of options, then texts that end with a NUL: Event-Name, Event-Subclass, body,
 * the three field lists, then headers. A header name that begins with 1 to 3 stands for an array
 * with that many values. */
#include "../utf8_reference.h"
#include "event/encode.h"
#include "event/fast_path.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { HEADERS_MAX = 700, VALUES_MAX = 3 };
enum option {
    OPTION_SUBCLASS = 1,
    OPTION_BODY = 2,
    OPTION_FIELDS = 4,
    OPTION_BOUND = 8,
    OPTION_TIGHT = 16
};

struct input {
    char              *text;
    const char        *next;
    const char        *end;
    struct fsz_event   event;
    struct fsz_fields *fields;
    size_t             max_bytes;
    struct fsz_header  headers[HEADERS_MAX + 1];
    const char        *values[HEADERS_MAX][VALUES_MAX];
};

static void require(bool held)
{
    if (!held) {
        abort();
    }
}

/* Each in its own allocation, so that the sanitizer detects reads beyond the end. */
static const char *input_take(struct input *input)
{
    const char *text = input->next < input->end ? input->next : "";
    char       *copy = strdup(text);
    require(copy != NULL);
    input->next += strlen(text) + 1;
    return copy;
}

static void input_headers(struct input *input)
{
    for (size_t i = 0; i < HEADERS_MAX && input->next < input->end; i++) {
        struct fsz_header *header = &input->headers[i];
        header->name = input_take(input);
        unsigned char first = (unsigned char)header->name[0];
        if (first == 0 || first > VALUES_MAX) {
            header->value = input_take(input);
            continue;
        }
        header->values = input->values[i];
        header->value_count = first;
        for (size_t j = 0; j < first; j++) {
            input->values[i][j] = input_take(input);
        }
    }
}

static bool input_lists(struct input *input, bool wanted)
{
    const char *include = input_take(input);
    const char *exclude = input_take(input);
    const char *redact = input_take(input);
    fsz_err     err = FSZ_OK;
    if (wanted) {
        err = fsz_fields_new(include, exclude, redact, &input->fields, NULL);
    }
    free((void *)include);
    free((void *)exclude);
    free((void *)redact);
    return err == FSZ_OK;
}

static bool input_read(struct input *input, const uint8_t *data, size_t size)
{
    unsigned options = data[0];
    input->text = calloc(size + 1, 1);
    require(input->text != NULL);
    memcpy(input->text, data + 2, size - 2);
    input->next = input->text;
    input->end = input->text + size - 2;
    input->max_bytes = options & OPTION_BOUND ? FSZ_ENCODE_MIN_BYTES + data[1] * 4U : 0;
    input->event.name = input_take(input);
    input->event.subclass = input_take(input);
    input->event.body = input_take(input);
    bool listed = input_lists(input, options & OPTION_FIELDS);
    input_headers(input);
    input->event.headers = input->headers;
    input->event.read = fsz_headers_of_array;
    return listed;
}

static void input_free(struct input *input)
{
    for (size_t i = 0; input->headers[i].name != NULL; i++) {
        free((void *)input->headers[i].name);
        free((void *)input->headers[i].value);
        for (size_t j = 0; j < VALUES_MAX; j++) {
            free((void *)input->values[i][j]);
        }
    }
    fsz_fields_free(&input->fields);
    free(input->text);
    free(input);
}

/* -- the expected members ---------------------------------------------------------------------- */

static bool object_has(json_t *object, const char *name)
{
    const char *key;
    json_t     *value;
    json_object_foreach(object, key, value)
    {
        if (strcasecmp(key, name) == 0) {
            return true;
        }
    }
    return false;
}

static json_t *text_expected(const char *text)
{
    size_t length = strlen(text);
    char  *repaired = malloc(3 * length + 1);
    require(repaired != NULL);
    reference_repair(text, length, repaired);
    json_t *value = json_string(repaired);
    free(repaired);
    require(value != NULL);
    return value;
}

static json_t *header_expected(const struct fsz_header *header, enum fsz_field_rule rule)
{
    if (rule == FSZ_FIELD_REDACT) {
        return json_string(FSZ_REDACTED);
    }
    if (header->value_count == 0) {
        return text_expected(header->value);
    }
    json_t *array = json_array();
    for (size_t i = 0; i < header->value_count; i++) {
        json_array_append_new(array, text_expected(header->values[i]));
    }
    return array;
}

static void body_expected(const struct input *input, json_t *object)
{
    enum fsz_field_rule rule = fsz_fields_rule(input->fields, "_body", 5);
    if (input->event.body == NULL || rule == FSZ_FIELD_OMIT) {
        return;
    }
    if (rule == FSZ_FIELD_REDACT) {
        json_object_set_new(object, "_body", json_string(FSZ_REDACTED));
        return;
    }
    char length[32];
    snprintf(length, sizeof(length), "%zu", strlen(input->event.body));
    json_object_set_new(object, "Content-Length", json_string(length));
    json_object_set_new(object, "_body", text_expected(input->event.body));
}

static bool name_is_reserved(const struct input *input, const char *name)
{
    return strcasecmp(name, "_body") == 0 || strcasecmp(name, FSZ_TRUNCATED_NAME) == 0 ||
           (input->event.body != NULL && strcasecmp(name, "Content-Length") == 0);
}

static json_t *object_expected(const struct input *input)
{
    json_t *object = json_object();
    json_object_set_new(object, "Event-Name", text_expected(input->event.name));
    if (input->event.subclass != NULL) {
        json_object_set_new(object, "Event-Subclass", text_expected(input->event.subclass));
    }
    for (const struct fsz_header *header = input->headers; header->name != NULL; header++) {
        enum fsz_field_rule rule =
            fsz_fields_rule(input->fields, header->name, strlen(header->name));
        json_t     *name = text_expected(header->name);
        const char *key = json_string_value(name);
        if (rule != FSZ_FIELD_OMIT && !name_is_reserved(input, key) && !object_has(object, key)) {
            json_object_set_new(object, key, header_expected(header, rule));
        }
        json_decref(name);
    }
    body_expected(input, object);
    return object;
}

/* -- the actual members ------------------------------------------------------------------------ */

static void require_same_order(json_t *got, json_t *expected)
{
    require(json_equal(got, expected));
    void *a = json_object_iter(got);
    void *b = json_object_iter(expected);
    for (; a != NULL && b != NULL; b = json_object_iter_next(expected, b)) {
        require(strcmp(json_object_iter_key(a), json_object_iter_key(b)) == 0);
        a = json_object_iter_next(got, a);
    }
}

static bool is_head(const char *name)
{
    return strcmp(name, "Event-Name") == 0 || strcmp(name, "Event-Subclass") == 0;
}

/* All members present must be right, and all omitted ones counted, also in a cut head. */
static void require_part(json_t *got, json_t *expected, size_t omitted)
{
    const char *name;
    json_t     *value;
    size_t      cut = 0;
    json_object_foreach(got, name, value)
    {
        json_t *due = json_object_get(expected, name);
        if (strcmp(name, FSZ_TRUNCATED_NAME) == 0) {
            require(strtoul(json_string_value(value), NULL, 10) == omitted);
        } else if (is_head(name) && !json_equal(value, due)) {
            size_t length = json_string_length(value);
            require(length < json_string_length(due));
            require(memcmp(json_string_value(value), json_string_value(due), length) == 0);
            cut++;
        } else {
            require(json_equal(value, due));
        }
    }
    require(json_object_get(got, FSZ_TRUNCATED_NAME) != NULL);
    require(json_object_size(expected) - (json_object_size(got) - 1) + cut == omitted);
}

static json_t *parse(const struct fsz_buffer *out)
{
    json_error_t error;
    json_t *got = json_loadb((const char *)out->data, out->size, JSON_REJECT_DUPLICATES, &error);
    require(json_is_object(got));
    return got;
}

/* Every variant of the fast path writes the same bytes. */
static void check_paths(const struct input *input, const struct fsz_buffer *whole)
{
    const struct fsz_fast_path *best = fsz_fast_path;
    for (const struct fsz_fast_path *path = fsz_fast_paths(); path->name != NULL; path++) {
        struct fsz_buffer out;
        if (path == best) {
            continue;
        }
        fsz_buffer_init(&out, SIZE_MAX);
        fsz_fast_path = path;
        require(fsz_encode(&input->event, input->fields, 0, &out, NULL) == FSZ_OK);
        require(out.size == whole->size && memcmp(out.data, whole->data, out.size) == 0);
        fsz_buffer_fini(&out);
    }
    fsz_fast_path = best;
}

static void check(const struct input *input, bool tight)
{
    struct fsz_buffer whole;
    struct fsz_buffer part;
    size_t            omitted = 99;
    json_t           *expected = object_expected(input);
    fsz_buffer_init(&whole, SIZE_MAX);
    require(fsz_encode(&input->event, input->fields, 0, &whole, &omitted) == FSZ_OK);
    require(omitted == 0);
    json_t *got = parse(&whole);
    require_same_order(got, expected);
    json_decref(got);
    check_paths(input, &whole);

    /* A buffer without spare bytes uses another path of the encoder; the bytes must be the same. */
    size_t limit = tight ? whole.size : SIZE_MAX;
    fsz_buffer_init(&part, limit);
    require(fsz_encode(&input->event, input->fields, input->max_bytes, &part, &omitted) == FSZ_OK);
    require(input->max_bytes == 0 || part.size <= input->max_bytes);
    got = parse(&part);
    if (omitted == 0) {
        require(part.size == whole.size && memcmp(part.data, whole.data, part.size) == 0);
    } else {
        require_part(got, expected, omitted);
        require(whole.size > input->max_bytes - 64);
    }
    json_decref(got);
    json_decref(expected);
    fsz_buffer_fini(&whole);
    fsz_buffer_fini(&part);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3) {
        return 0;
    }
    struct input *input = calloc(1, sizeof(*input));
    require(input != NULL);
    bool  usable = input_read(input, data, size);
    char *texts[] = {(char *)input->event.name, (char *)input->event.subclass,
                     (char *)input->event.body};
    input->event.subclass = data[0] & OPTION_SUBCLASS ? texts[1] : NULL;
    input->event.body = data[0] & OPTION_BODY ? texts[2] : NULL;
    if (usable) {
        check(input, data[0] & OPTION_TIGHT);
    }
    for (size_t i = 0; i < 3; i++) {
        free(texts[i]);
    }
    input_free(input);
    return 0;
}
