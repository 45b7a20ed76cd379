/* SPDX-License-Identifier: MPL-2.0 */
#include "base/buffer.h"

#include "base/blocks.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER_FIRST_BYTES = 256 };

void fsz_buffer_init(struct fsz_buffer *b, size_t limit_bytes)
{
    *b = (struct fsz_buffer){.limit = limit_bytes};
}

void fsz_buffer_init_block(struct fsz_buffer *b, size_t limit_bytes)
{
    *b = (struct fsz_buffer){.limit = limit_bytes, .block = true};
}

void fsz_buffer_fini(struct fsz_buffer *b)
{
    if (b->block) {
        fsz_block_give(b->data);
    } else {
        free(b->data);
    }
    fsz_buffer_init(b, b->limit);
}

static size_t buffer_next_capacity(const struct fsz_buffer *b, size_t needed)
{
    size_t capacity = b->capacity ? b->capacity : BUFFER_FIRST_BYTES;
    while (capacity < needed) {
        capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
    }
    return capacity > b->limit ? b->limit : capacity;
}

/* Like realloc(); sets *capacity to what it got. */
static void *buffer_grow_block(const struct fsz_buffer *b, size_t *capacity)
{
    size_t got = 0;
    void  *data = fsz_block_take(*capacity, &got);
    if (data != NULL) {
        if (b->data != NULL) {
            memcpy(data, b->data, b->size);
            fsz_block_give(b->data);
        }
        *capacity = got;
    }
    return data;
}

static void *buffer_grow(const struct fsz_buffer *b, size_t *capacity)
{
    return b->block ? buffer_grow_block(b, capacity) : realloc(b->data, *capacity);
}

fsz_err fsz_buffer_reserve(struct fsz_buffer *b, size_t more)
{
    if (b->failed != FSZ_OK) {
        return b->failed;
    }
    if (more > b->limit || b->size > b->limit - more) {
        return b->failed = FSZ_ELIMIT;
    }
    size_t needed = b->size + more;
    if (needed <= b->capacity) {
        return FSZ_OK;
    }
    size_t capacity =
        b->capacity == 0 && needed > BUFFER_FIRST_BYTES ? needed : buffer_next_capacity(b, needed);
    unsigned char *data = buffer_grow(b, &capacity);
    if (data == NULL) {
        return b->failed = FSZ_ENOMEM;
    }
    b->data = data;
    b->capacity = capacity;
    return FSZ_OK;
}

void fsz_buffer_skip(struct fsz_buffer *b, size_t bytes)
{
    b->size = bytes;
}

static void buffer_put(struct fsz_buffer *b, const void *bytes, size_t size)
{
    if (size > 0) {
        memcpy(b->data + b->size, bytes, size);
        b->size += size;
    }
}

/* Appends the beginning of a write that exceeds the limit. */
static fsz_err buffer_fill_up(struct fsz_buffer *b, const void *bytes)
{
    size_t room = b->limit - b->size;
    if (fsz_buffer_reserve(b, room) == FSZ_OK) {
        buffer_put(b, bytes, room);
        b->failed = FSZ_ELIMIT;
    }
    return b->failed;
}

fsz_err fsz_buffer_append(struct fsz_buffer *b, const void *bytes, size_t size)
{
    if (b->failed == FSZ_OK && b->size <= b->limit && size > b->limit - b->size) {
        return buffer_fill_up(b, bytes);
    }
    fsz_err err = fsz_buffer_reserve(b, size);
    if (err == FSZ_OK) {
        buffer_put(b, bytes, size);
    }
    return err;
}

fsz_err fsz_buffer_text(struct fsz_buffer *b, const char *text)
{
    return fsz_buffer_append(b, text, strlen(text));
}

/* Formats into other memory first, so that the beginning of a text over the limit can be kept. */
static fsz_err buffer_vprintf_cut(struct fsz_buffer *b, const char *format, va_list arguments)
{
    char *text = NULL;
    int   length = vasprintf(&text, format, arguments);
    if (length < 0) {
        return b->failed = FSZ_ENOMEM;
    }
    fsz_buffer_append(b, text, (size_t)length);
    free(text);
    return b->failed;
}

fsz_err fsz_buffer_vprintf(struct fsz_buffer *b, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length > 0 && b->failed == FSZ_OK && (size_t)length >= b->limit - b->size) {
        return buffer_vprintf_cut(b, format, arguments);
    }
    fsz_err err = length < 0 ? FSZ_EINVALID : fsz_buffer_reserve(b, (size_t)length + 1);
    if (err == FSZ_OK) {
        vsnprintf((char *)b->data + b->size, (size_t)length + 1, format, arguments);
        b->size += (size_t)length;
    } else {
        b->failed = err;
    }
    return err;
}

fsz_err fsz_buffer_printf(struct fsz_buffer *b, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fsz_err err = fsz_buffer_vprintf(b, format, arguments);
    va_end(arguments);
    return err;
}

const char *fsz_buffer_string(struct fsz_buffer *b)
{
    if (fsz_buffer_reserve(b, 1) != FSZ_OK) {
        return "";
    }
    b->data[b->size] = '\0';
    return (const char *)b->data;
}

char *fsz_buffer_give(struct fsz_buffer *b)
{
    if (fsz_buffer_reserve(b, 1) != FSZ_OK) {
        fsz_buffer_fini(b);
        return NULL;
    }
    char *text = (char *)b->data;
    text[b->size] = '\0';
    fsz_buffer_init(b, b->limit);
    return text;
}
