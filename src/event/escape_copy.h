/* SPDX-License-Identifier: MPL-2.0 */
/* escape_copy.h - private to the escaper and the encoder: copies bytes that need no escape. Inline,
 * because it runs for each name and value. */
#ifndef FSZ_ESCAPE_COPY_H
#define FSZ_ESCAPE_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Needs no escape. Bytes of longer UTF-8 sequences do not count: they must be checked. */
static inline bool escape_byte_is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

#define ALWAYS_INLINE inline __attribute__((always_inline))
#define NEVER_INLINE __attribute__((noinline))

#define BYTES_OF(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Marks (0x80) each byte of a word that is below 0x20, above 0x7f, a quote or a backslash. A borrow
 * may mark further bytes, but only above a byte that is marked correctly, so the first is right. */
static inline uint64_t word_marks(uint64_t word)
{
    uint64_t quote = word ^ BYTES_OF('"');
    uint64_t slash = word ^ BYTES_OF('\\');
    uint64_t marks = (word - BYTES_OF(0x20)) | (quote - BYTES_OF(1)) | (slash - BYTES_OF(1)) | word;
    return marks & BYTES_OF(0x80);
}

static inline size_t bytes_plain(const char *text, size_t length)
{
    size_t plain = 0;
    while (plain < length && escape_byte_is_plain((unsigned char)text[plain])) {
        plain++;
    }
    return plain;
}

/* Copies up to 15 bytes as two overlapping words or halves. */
static ALWAYS_INLINE size_t copy_short(unsigned char *at, const char *text, size_t length)
{
    uint64_t first = 0;
    uint64_t last = 0;
    if (length >= 8) {
        memcpy(&first, text, 8);
        memcpy(&last, text + length - 8, 8);
        memcpy(at, &first, 8);
        memcpy(at + length - 8, &last, 8);
    } else if (length >= 4) {
        uint32_t low;
        uint32_t high;
        memcpy(&low, text, 4);
        memcpy(&high, text + length - 4, 4);
        memcpy(at, &low, 4);
        memcpy(at + length - 4, &high, 4);
        first = last = (uint64_t)high << 32 | low;
    } else if (length > 0) {
        unsigned char low = (unsigned char)text[0];
        unsigned char middle = (unsigned char)text[length / 2];
        unsigned char high = (unsigned char)text[length - 1];
        at[0] = low;
        at[length / 2] = middle;
        at[length - 1] = high;
        first = last = BYTES_OF(' ') << 24 | (uint64_t)high << 16 | (uint64_t)middle << 8 | low;
    } else {
        return 0;
    }
    return (word_marks(first) | word_marks(last)) == 0 ? length : bytes_plain(text, length);
}

/* Copies `length` bytes and returns how many of the first of them need no escape. Each word is
 * loaded, checked and stored once. The last word overlaps the one before it, so that nothing is
 * read or written after `length`. */
static ALWAYS_INLINE size_t copy_plain(unsigned char *at, const char *text, size_t length)
{
    if (length < 16) {
        return copy_short(at, text, length);
    }
    size_t   done = 0;
    uint64_t word;
    for (;;) {
        memcpy(&word, text + done, 8);
        memcpy(at + done, &word, 8);
        if (word_marks(word) != 0) {
            return done + bytes_plain(text + done, 8);
        }
        if (done + 8 == length) {
            return length;
        }
        done = done + 16 <= length ? done + 8 : length - 8;
    }
}

#endif
