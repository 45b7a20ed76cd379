/* SPDX-License-Identifier: MPL-2.0 */
/* encode_event.h - makes events of headers and encodes them. */
#ifndef FSZ_TEST_ENCODE_EVENT_H
#define FSZ_TEST_ENCODE_EVENT_H

#include "event/encode.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static inline struct fsz_event event_of(const char *name, const struct fsz_header *headers)
{
    return (struct fsz_event){.name = name, .headers = headers, .read = fsz_headers_of_array};
}

static inline char *encoded(const struct fsz_event *event, const struct fsz_fields *fields,
                            size_t max_bytes, size_t *ret_omitted)
{
    struct fsz_buffer out;
    fsz_buffer_init(&out, SIZE_MAX);
    assert_int_equal(fsz_encode(event, fields, max_bytes, &out, ret_omitted), FSZ_OK);
    if (max_bytes > 0) {
        assert_true(out.size <= max_bytes);
    }
    json_t *parsed = json_loadb((const char *)out.data, out.size, JSON_REJECT_DUPLICATES, NULL);
    assert_true(json_is_object(parsed));
    json_decref(parsed);
    char *text = fsz_buffer_give(&out);
    assert_non_null(text);
    return text;
}

static inline void assert_encoded(const struct fsz_event *event, const struct fsz_fields *fields,
                                  const char *expected)
{
    char  *text = encoded(event, fields, 0, NULL);
    size_t omitted = 99;
    assert_string_equal(text, expected);
    free(text);
    text = encoded(event, fields, FSZ_ENCODE_MIN_BYTES, &omitted);
    assert_string_equal(text, expected);
    assert_int_equal(omitted, 0);
    free(text);
}

static inline char *repeated(const char *text, size_t count)
{
    size_t size = strlen(text);
    char  *all = malloc(size * count + 1);
    assert_non_null(all);
    for (size_t i = 0; i < count; i++) {
        memcpy(all + i * size, text, size);
    }
    all[size * count] = '\0';
    return all;
}

#endif
