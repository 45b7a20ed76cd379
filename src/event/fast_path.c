/* SPDX-License-Identifier: MPL-2.0 */
#include "event/fast_path.h"

#include "event/escape_copy.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

enum {
    BLOCK_BYTES_PORTABLE = 32,
    PAGE_BYTES = 4096, /* no page is smaller */
    MEMBERS_AHEAD = 8, /* members that are read before one is written */
    MARGIN_BYTES = 64, /* a block, an escape, and the punctuation before the next text */
};

/* How a processor copies the next block of a text. copy() returns how many of its bytes need no
 * escape: `bytes`, or the number before the NUL or the first byte to escape. It writes nothing
 * beyond the block. */
struct block {
    size_t (*copy)(unsigned char *at, const char *text);
    size_t bytes;
};

/* -- blocks ------------------------------------------------------------------------------------ */

static ALWAYS_INLINE size_t block_copy_portable(unsigned char *at, const char *text)
{
    return copy_plain(at, text, strnlen(text, BLOCK_BYTES_PORTABLE));
}

#if defined(__x86_64__)

/* A block within one page may be read even if the text ends inside it, as strlen(3) does. The load
 * is in assembly, to hide it from the compiler and from sanitizers. */
static inline bool block_crosses_page(const char *text, size_t bytes)
{
    return ((uintptr_t)text & (PAGE_BYTES - 1)) > PAGE_BYTES - bytes;
}

static NEVER_INLINE size_t block_copy_bytes(unsigned char *at, const char *text, size_t bytes)
{
    size_t plain = 0;
    while (plain < bytes && escape_byte_is_plain((unsigned char)text[plain])) {
        at[plain] = (unsigned char)text[plain];
        plain++;
    }
    return plain;
}

/* One signed comparison finds the NUL, control characters and all bytes from 0x80 to 0xff. */
static ALWAYS_INLINE size_t block_copy_sse2(unsigned char *at, const char *text)
{
    __m128i block;
    if (__builtin_expect(block_crosses_page(text, sizeof(block)), 0)) {
        return block_copy_bytes(at, text, sizeof(block));
    }
    __asm__("movdqu %1, %0" : "=x"(block) : "m"(*(const char(*)[16])text));
    _mm_storeu_si128((__m128i *)(void *)at, block);
    __m128i  low = _mm_cmplt_epi8(block, _mm_set1_epi8(0x20));
    __m128i  quote = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
    __m128i  slash = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
    unsigned found = (unsigned)_mm_movemask_epi8(_mm_or_si128(low, _mm_or_si128(quote, slash)));
    return found != 0 ? (size_t)__builtin_ctz(found) : sizeof(block);
}

#endif

/* -- texts ------------------------------------------------------------------------------------- */

/* Escapes bytes from *text on until one needs no escape or the room ends. */
static NEVER_INLINE unsigned char *fast_path_escapes(unsigned char *at, const char **text,
                                                     const unsigned char *last)
{
    while (at <= last && **text != '\0' && !escape_byte_is_plain((unsigned char)**text)) {
        at = fsz_escape_next(at, text);
    }
    return at;
}

/* NULL: there is no room left after `last`. */
static ALWAYS_INLINE unsigned char *fast_path_text(unsigned char *at, const char *text,
                                                   const unsigned char *last, struct block block)
{
    while (at <= last) {
        size_t plain = block.copy(at, text);
        at += plain;
        text += plain;
        if (plain == block.bytes) {
            continue;
        }
        if (*text == '\0') {
            return at;
        }
        const char *rest = text; /* so that `text` itself can stay in a register */
        at = fast_path_escapes(at, &rest, last);
        text = rest;
    }
    return NULL;
}

/* NULL also for a name that needs an escape: names are compared in their repaired form, which only
 * the slow path makes. */
static ALWAYS_INLINE unsigned char *fast_path_name(unsigned char *at, const char *name,
                                                   const unsigned char *last, struct block block)
{
    while (at <= last) {
        size_t plain = block.copy(at, name);
        at += plain;
        name += plain;
        if (plain != block.bytes) {
            return *name == '\0' ? at : NULL;
        }
    }
    return NULL;
}

static ALWAYS_INLINE unsigned char *fast_path_array(unsigned char           *at,
                                                    const struct fsz_header *header,
                                                    const unsigned char *last, struct block block)
{
    at = put_raw(at, "\":[\"", 4);
    for (size_t i = 0; i < header->value_count; i++) {
        if (i > 0) {
            at = put_raw(at, "\",\"", 3);
        }
        at = fast_path_text(at, header->values[i] != NULL ? header->values[i] : "", last, block);
        if (at == NULL) {
            return NULL;
        }
    }
    return put_raw(at, "\"]", 2);
}

/* -- the object -------------------------------------------------------------------------------- */

/* Returns the end of the member, or `at` if its name repeats an earlier one: the name's length, and
 * so whether it repeats, is known only once it is written. */
static ALWAYS_INLINE unsigned char *fast_path_member(struct fsz_encoder *e, unsigned char *at,
                                                     size_t member, const unsigned char *last,
                                                     struct block block)
{
    const struct fsz_header *header = &e->members.headers[member];
    unsigned char           *name = put_raw(at, ",\"", 2);
    unsigned char           *end = fast_path_name(name, header->name, last, block);
    if (end == NULL) {
        return NULL;
    }
    size_t length = (size_t)(end - name);
    e->members.sizes[member].name = length;
    if (fsz_names_maybe(&e->names, header->name, length) && fsz_encoder_has(e, member)) {
        return at;
    }
    if (header->value_count > 0) {
        return fast_path_array(end, header, last, block);
    }
    end = fast_path_text(put_raw(end, "\":\"", 3), header->value != NULL ? header->value : "", last,
                         block);
    return end != NULL ? put_raw(end, "\"", 1) : NULL;
}

static ALWAYS_INLINE unsigned char *fast_path_members(struct fsz_encoder *e, unsigned char *at,
                                                      const unsigned char *last, struct block block)
{
    for (size_t i = 0; at != NULL; i++) {
        if (e->members.count - i < MEMBERS_AHEAD && !fsz_members_more(&e->members) &&
            i == e->members.count) {
            break;
        }
        at = fast_path_member(e, at, i, last, block);
    }
    return at;
}

/* `head` is everything before the text, including its opening quote. */
static ALWAYS_INLINE unsigned char *fast_path_pair(unsigned char *at, struct fsz_text head,
                                                   const char *text, const unsigned char *last,
                                                   struct block block)
{
    at = fast_path_text(put_raw(at, head.bytes, head.length), text, last, block);
    return at != NULL ? put_raw(at, "\"", 1) : NULL;
}

static ALWAYS_INLINE unsigned char *fast_path_head(const struct fsz_encoder *e, unsigned char *at,
                                                   const unsigned char *last, struct block block)
{
    at = fast_path_pair(at, FSZ_TEXT("{\"Event-Name\":\""), e->name.bytes, last, block);
    if (at != NULL && e->subclass.bytes != NULL) {
        at = fast_path_pair(at, FSZ_TEXT(",\"Event-Subclass\":\""), e->subclass.bytes, last, block);
    }
    return at;
}

static ALWAYS_INLINE unsigned char *fast_path_body(const struct fsz_encoder *e, unsigned char *at,
                                                   const unsigned char *last, struct block block)
{
    char                digits[FSZ_DIGITS_BYTES];
    enum fsz_field_rule rule = fsz_encoder_body_rule(e);
    const char         *body = e->body.bytes;
    if (rule == FSZ_FIELD_OMIT) {
        return at;
    }
    if (rule == FSZ_FIELD_REDACT) {
        body = FSZ_REDACTED;
    } else {
        at = fast_path_pair(at, FSZ_TEXT(",\"Content-Length\":\""),
                            fsz_text_of_number(e->body.length, digits).bytes, last, block);
    }
    return at != NULL ? fast_path_pair(at, FSZ_TEXT(",\"_body\":\""), body, last, block) : NULL;
}

static ALWAYS_INLINE unsigned char *fast_path_object(struct fsz_encoder *e, unsigned char *at,
                                                     struct block block)
{
    size_t               room = FSZ_FAST_PATH_BYTES - MARGIN_BYTES;
    const unsigned char *last =
        at + (e->max_bytes > 0 && e->max_bytes < room ? e->max_bytes : room);
    at = fast_path_head(e, at, last, block);
    at = at != NULL ? fast_path_members(e, at, last, block) : NULL;
    at = at != NULL ? fast_path_body(e, at, last, block) : NULL;
    return at != NULL ? put_raw(at, "}", 1) : NULL;
}

/* -- by processor ------------------------------------------------------------------------------ */

static unsigned char *fast_path_portable(struct fsz_encoder *e, unsigned char *at)
{
    return fast_path_object(e, at, (struct block){block_copy_portable, BLOCK_BYTES_PORTABLE});
}

#if defined(__x86_64__)
static unsigned char *fast_path_sse2(struct fsz_encoder *e, unsigned char *at)
{
    return fast_path_object(e, at, (struct block){block_copy_sse2, sizeof(__m128i)});
}
#endif

/* Every x86-64 has SSE2, so the best one is known at compile time. */
static const struct fsz_fast_path fast_paths[] = {
    {"portable", fast_path_portable},
#if defined(__x86_64__)
    {"SSE2", fast_path_sse2},
#endif
    {NULL, NULL},
};

const struct fsz_fast_path *fsz_fast_path =
    &fast_paths[sizeof(fast_paths) / sizeof(fast_paths[0]) - 2];

const struct fsz_fast_path *fsz_fast_paths(void)
{
    return fast_paths;
}
