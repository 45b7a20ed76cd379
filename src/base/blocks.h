/* SPDX-License-Identifier: MPL-2.0 */
/* blocks.h - memory for queued messages, taken from the system in large pieces and reused.
 *
 * Switch threads allocate messages and other threads free them. malloc() handles that badly: a
 * thread's arena grows page by page (an mprotect and a page fault each) and is trimmed as often. A
 * piece of FSZ_BLOCKS_PIECE_BYTES, a huge page if the system has them, costs one fault.
 *
 * One pool for the process. Any thread. A lock is held for a few instructions, and while a new
 * piece is mapped. */
#ifndef FSZ_BLOCKS_H
#define FSZ_BLOCKS_H

#include "base/err.h"

#include <stddef.h>

enum { FSZ_BLOCKS_PIECE_BYTES = 2 << 20 };

/* Returns at least `size` bytes, aligned as by malloc(); *ret_capacity says how many. NULL: out of
 * memory. */
void *fsz_block_take(size_t size, size_t *ret_capacity);
/* Accepts NULL. */
void fsz_block_give(void *block);
/* Bytes of the blocks in use, each rounded up to its size class, without those from malloc(). */
size_t fsz_blocks_used_bytes(void);
/* Returns unused pieces to the system, after an engine has stopped. */
void fsz_blocks_trim(void);

#endif
