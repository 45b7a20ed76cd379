/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/headers.h"

#include <string.h>
#include <strings.h>

const json_t *fsz_headers_find(const json_t *event, const char *name)
{
    const json_t *exact = json_object_get(event, name);
    if (exact != NULL) {
        return exact;
    }
    /* jansson's iterators take a non-const object. */
    json_t     *object = (json_t *)event;
    const char *key = NULL;
    json_t     *value = NULL;
    json_object_foreach(object, key, value)
    {
        if (strcasecmp(key, name) == 0) {
            return value;
        }
    }
    return NULL;
}

const char *fsz_headers_text(const json_t *event, const char *name)
{
    const json_t *value = fsz_headers_find(event, name);
    if (json_is_array(value)) {
        value = json_array_get(value, 0);
    }
    const char *text = json_string_value(value);
    return text == NULL ? "" : text;
}

static bool headers_value_equal(const json_t *value, const char *text)
{
    return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

bool fsz_headers_equal(const json_t *event, const char *name, const char *text)
{
    const json_t *value = fsz_headers_find(event, name);
    size_t        index = 0;
    const json_t *item = NULL;
    if (!json_is_array(value)) {
        return headers_value_equal(value, text);
    }
    json_array_foreach(value, index, item)
    {
        if (headers_value_equal(item, text)) {
            return true;
        }
    }
    return false;
}
