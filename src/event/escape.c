/* SPDX-License-Identifier: MPL-2.0 */
#include "event/escape.h"

#include "event/escape_copy.h"

#include <string.h>

static const char REPLACEMENT[] = "\xef\xbf\xbd"; /* U+FFFD */

enum { REPLACEMENT_BYTES = 3, LEAD_MORE_MAX = 3 };

enum unit_type { UNIT_PLAIN, UNIT_ESCAPED, UNIT_BAD };

/* A character of the text, or a run of bytes that one U+FFFD replaces. */
struct unit {
    enum unit_type type;
    size_t         in;  /* bytes of the text */
    size_t         out; /* bytes written for it */
};

/* Well-formed sequences by their first byte, starting with C2: Unicode, table 3-7. */
struct lead {
    unsigned char more;       /* bytes that follow */
    unsigned char second_min; /* range of the second byte; that of the others is 80..BF */
    unsigned char second_max;
};

static struct lead lead_of(unsigned char first)
{
    if (first < 0xc2 || first > 0xf4) {
        return (struct lead){0, 0, 0};
    }
    if (first < 0xe0) {
        return (struct lead){1, 0x80, 0xbf};
    }
    if (first < 0xf0) {
        return (struct lead){2, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf};
    }
    return (struct lead){3, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf};
}

static struct unit unit_of_sequence(const unsigned char *text, size_t length)
{
    struct lead   lead = lead_of(text[0]);
    unsigned char min = lead.second_min;
    unsigned char max = lead.second_max;
    size_t        in = 1;
    while (in <= lead.more && in < length && text[in] >= min && text[in] <= max) {
        in++;
        min = 0x80;
        max = 0xbf;
    }
    if (lead.more > 0 && in == lead.more + 1U) {
        return (struct unit){UNIT_PLAIN, in, in};
    }
    return (struct unit){UNIT_BAD, in, REPLACEMENT_BYTES};
}

/* The letter after the backslash. 0: the byte has no short escape. */
static char escape_letter(unsigned char byte)
{
    static const char letters[128] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n',  ['\f'] = 'f',
        ['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\',
    };
    return letters[byte];
}

static struct unit unit_of(const unsigned char *text, size_t length)
{
    unsigned char byte = text[0];
    if (byte >= 0x80) {
        return unit_of_sequence(text, length);
    }
    if (escape_letter(byte) != '\0') {
        return (struct unit){UNIT_ESCAPED, 1, 2};
    }
    if (byte < 0x20) {
        return (struct unit){UNIT_ESCAPED, 1, FSZ_ESCAPE_UNIT_MAX};
    }
    return (struct unit){UNIT_PLAIN, 1, 1};
}

static void escape_write_one(unsigned char *at, unsigned char byte)
{
    static const char digits[] = "0123456789abcdef";
    char              letter = escape_letter(byte);
    at[0] = '\\';
    if (letter != '\0') {
        at[1] = (unsigned char)letter;
        return;
    }
    memcpy(at + 1, "u00", 3);
    at[4] = (unsigned char)digits[byte >> 4];
    at[5] = (unsigned char)digits[byte & 0xf];
}

static void unit_write(unsigned char *at, const unsigned char *text, struct unit unit)
{
    if (unit.type == UNIT_BAD) {
        memcpy(at, REPLACEMENT, REPLACEMENT_BYTES);
    } else if (unit.type == UNIT_ESCAPED) {
        escape_write_one(at, text[0]);
    } else {
        for (size_t i = 0; i < unit.in; i++) {
            at[i] = text[i];
        }
    }
}

/* How many bytes, in whole words, need no escape. */
static size_t words_plain(const unsigned char *text, size_t length)
{
    size_t   plain = 0;
    uint64_t word;
    for (; length - plain >= sizeof(word); plain += sizeof(word)) {
        memcpy(&word, text + plain, sizeof(word));
        if (word_marks(word) != 0) {
            break;
        }
    }
    return plain;
}

size_t fsz_escape_size(const char *text, size_t length, bool *ret_bad)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t               size = 0;
    bool                 bad = false;
    struct unit          unit;
    for (size_t i = 0; i < length; i += unit.in) {
        size_t plain = words_plain(bytes + i, length - i);
        i += plain;
        size += plain;
        unit = i < length ? unit_of(bytes + i, length - i) : (struct unit){0};
        size += unit.out;
        bad |= unit.type == UNIT_BAD;
    }
    if (ret_bad != NULL) {
        *ret_bad = bad;
    }
    return size;
}

unsigned char *fsz_escape_write(unsigned char *at, const char *text, size_t length)
{
    while (length > 0) {
        size_t plain = copy_plain(at, text, length);
        at += plain;
        text += plain;
        length -= plain;
        /* Units mostly come in groups: escapes as \r\n, non-ASCII letters as words. */
        while (length > 0 && !escape_byte_is_plain((unsigned char)*text)) {
            struct unit unit = unit_of((const unsigned char *)text, length);
            unit_write(at, (const unsigned char *)text, unit);
            at += unit.out;
            text += unit.in;
            length -= unit.in;
        }
    }
    return at;
}

/* Reading LEAD_MORE_MAX more bytes is safe: a NUL never continues a sequence, so it stops there. */
unsigned char *fsz_escape_next(unsigned char *at, const char **text)
{
    const unsigned char *bytes = (const unsigned char *)*text;
    struct unit          unit = unit_of(bytes, 1 + LEAD_MORE_MAX);
    unit_write(at, bytes, unit);
    *text += unit.in;
    return at + unit.out;
}

size_t fsz_escape_fit(const char *text, size_t length, size_t max_bytes)
{
    size_t      size = 0;
    size_t      fit = 0;
    struct unit unit;
    for (; fit < length; fit += unit.in) {
        unit = unit_of((const unsigned char *)text + fit, length - fit);
        size += unit.out;
        if (size > max_bytes) {
            break;
        }
    }
    return fit;
}

unsigned char *fsz_escape_repair(unsigned char *at, const char *text, size_t length)
{
    struct unit unit;
    for (size_t i = 0; i < length; i += unit.in) {
        unit = unit_of((const unsigned char *)text + i, length - i);
        if (unit.type == UNIT_BAD) {
            memcpy(at, REPLACEMENT, REPLACEMENT_BYTES);
            at += REPLACEMENT_BYTES;
        } else {
            memcpy(at, text + i, unit.in);
            at += unit.in;
        }
    }
    return at;
}
