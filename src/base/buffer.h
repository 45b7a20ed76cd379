/* SPDX-License-Identifier: MPL-2.0 */
/* buffer.h - a byte buffer that grows up to a limit.
 *
 * Not thread-safe. Once a write fails, the buffer stays failed (`failed`) and later writes do
 * nothing, so a writer may check once at the end. */
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
    size_t         limit;  /* in bytes; a write beyond it fails with FSZ_ELIMIT */
    fsz_err        failed; /* FSZ_OK until a write fails */
    bool           block;  /* `data` is a block (blocks.h), not malloc'ed */
};

/* Allocates nothing yet. */
void fsz_buffer_init(struct fsz_buffer *b, size_t limit_bytes);
/* The same for bytes that fsz_block_give() frees. Not for use with fsz_buffer_give(). */
void fsz_buffer_init_block(struct fsz_buffer *b, size_t limit_bytes);
/* Frees the bytes; the buffer is as after init. Accepts a buffer that was never written. */
void fsz_buffer_fini(struct fsz_buffer *b);
/* Makes room for `more` bytes after `size`. FSZ_ENOMEM, FSZ_ELIMIT. */
FSZ_NODISCARD fsz_err fsz_buffer_reserve(struct fsz_buffer *b, size_t more);
/* Leaves `bytes` uninitialised at the start of an unwritten buffer. The owner fills them once
 * something has been appended, so a header and what follows it share one allocation. */
void fsz_buffer_skip(struct fsz_buffer *b, size_t bytes);
/* These append. An error is also kept in `failed`. A write beyond the limit keeps the bytes that
 * fit. */
fsz_err fsz_buffer_append(struct fsz_buffer *b, const void *bytes, size_t size);
fsz_err fsz_buffer_text(struct fsz_buffer *b, const char *text);
fsz_err fsz_buffer_printf(struct fsz_buffer *b, const char *format, ...) FSZ_PRINTF(2, 3);
fsz_err fsz_buffer_vprintf(struct fsz_buffer *b, const char *format, va_list arguments)
    FSZ_PRINTF(2, 0);
/* Ends the bytes with a NUL, which `size` does not count, and returns them as a C string that the
 * buffer owns, or "" if that failed. */
const char *fsz_buffer_string(struct fsz_buffer *b);
/* Returns the bytes as a C string, which the caller frees, or NULL if a write failed. The buffer is
 * as after init. */
char *fsz_buffer_give(struct fsz_buffer *b);

#endif
