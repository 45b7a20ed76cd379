/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/text.h"

#include <stdint.h>
#include <string.h>

/* Decodes one character of *ret_length bytes. -1: one byte that is not UTF-8. */
static int32_t text_decode(const unsigned char *bytes, size_t size, size_t *ret_length)
{
    static const int32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char        first = bytes[0];
    *ret_length = 1;
    if (first < 0x80) {
        return first;
    }
    size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || length > size) {
        return -1;
    }
    int32_t point = first & (0x7f >> length);
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80) {
            return -1;
        }
        point = point << 6 | (bytes[i] & 0x3f);
    }
    if (point < smallest[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
        return -1;
    }
    *ret_length = length;
    return point;
}

static bool text_is_unsafe(int32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0) ||
           (point >= 0x200b && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2060 && point <= 0x206f) || point == 0xfeff || point == 0x061c;
}

static void text_put_escape(FILE *out, int32_t point)
{
    static const char letters[] = "\a\b\t\n\v\f\r";
    const char       *letter = point > 0 && point < 0x20 ? strchr(letters, (int)point) : NULL;
    if (letter != NULL) {
        fprintf(out, "\\%c", "abtnvfr"[letter - letters]);
    } else {
        fprintf(out, point < 0x80 ? "\\x%02x" : "\\u%04x", (unsigned)point);
    }
}

void fsz_text_put(FILE *out, const char *bytes, size_t size)
{
    const unsigned char *at = (const unsigned char *)bytes;
    for (size_t length = 0; size > 0; at += length, size -= length) {
        int32_t point = text_decode(at, size, &length);
        if (point < 0) {
            fprintf(out, "\\x%02x", (unsigned)*at);
        } else if (text_is_unsafe(point)) {
            text_put_escape(out, point);
        } else {
            fwrite(at, 1, length, out);
        }
    }
}

void fsz_text_puts(FILE *out, const char *text)
{
    fsz_text_put(out, text, strlen(text));
}

/* In valid JSON, control characters below 0x20 occur only between tokens. */
static void text_put_json_unsafe(FILE *out, const unsigned char *at, size_t length, int32_t point,
                                 bool terminal)
{
    if (point >= 0 && point < 0x20) {
        fputc(' ', out);
    } else if (terminal) {
        fprintf(out, "\\u%04x", (unsigned)point);
    } else {
        fwrite(at, 1, length, out);
    }
}

void fsz_text_put_json(FILE *out, const char *bytes, size_t size, bool terminal)
{
    const unsigned char *at = (const unsigned char *)bytes;
    const unsigned char *start = at;
    const unsigned char *end = at + size;
    for (size_t length = 0; at < end; at += length) {
        int32_t point = text_decode(at, (size_t)(end - at), &length);
        if (point >= 0 && text_is_unsafe(point)) {
            fwrite(start, 1, (size_t)(at - start), out);
            text_put_json_unsafe(out, at, length, point, terminal);
            start = at + length;
        }
    }
    fwrite(start, 1, (size_t)(end - start), out);
}
