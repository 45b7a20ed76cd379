/* buffer.h - bytes that grow, up to a cap given at init.
 *
 * Not thread-safe: a buffer belongs to whoever holds it. Once a write fails the buffer stays
 * failed (`failed`), later writes do nothing, so a writer may check once at the end. */
#ifndef FSZ_BUFFER_H
#define FSZ_BUFFER_H

#include "base/err.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct fsz_buffer {
    unsigned char *data; /* malloc'ed; size bytes used of capacity; NULL before the first write */
    size_t         size;
    size_t         capacity;
    size_t         limit;  /* bytes; a write beyond it fails with FSZ_ELIMIT */
    fsz_err        failed; /* FSZ_OK until a write fails */
    bool           block;  /* data is a block (blocks.h), not malloc'ed */
};

/* Nothing is allocated yet. */
void fsz_buffer_init(struct fsz_buffer *b, size_t limit_bytes);
/* The same, with bytes that fsz_block_give() frees: not for fsz_buffer_give(). */
void fsz_buffer_init_block(struct fsz_buffer *b, size_t limit_bytes);
/* Frees the bytes; the buffer is as after init. Accepts one that was never written. */
void fsz_buffer_fini(struct fsz_buffer *b);
/* Room for `more` bytes behind `size`. FSZ_ENOMEM, FSZ_ELIMIT. */
FSZ_NODISCARD fsz_err fsz_buffer_reserve(struct fsz_buffer *b, size_t more);
/* Leaves `bytes` uninitialised at the start of a buffer not yet written, for its owner to fill once
 * something has been appended: a header and what follows then share one allocation. */
void fsz_buffer_skip(struct fsz_buffer *b, size_t bytes);
/* Appends; what they return also stays in `failed`. Of what is beyond the limit the bytes that fit
 * are kept. */
fsz_err fsz_buffer_append(struct fsz_buffer *b, const void *bytes, size_t size);
fsz_err fsz_buffer_text(struct fsz_buffer *b, const char *text);
fsz_err fsz_buffer_printf(struct fsz_buffer *b, const char *format, ...) FSZ_PRINTF(2, 3);
fsz_err fsz_buffer_vprintf(struct fsz_buffer *b, const char *format, va_list arguments)
    FSZ_PRINTF(2, 0);
/* Ends the bytes with a NUL that does not count in size, and returns them as a C string
 * (owned by the buffer), or "" if that failed. */
const char *fsz_buffer_string(struct fsz_buffer *b);
/* Gives the bytes away (caller frees) as a C string, or NULL if a write failed; the buffer is as
 * after init. */
char *fsz_buffer_give(struct fsz_buffer *b);

#endif
