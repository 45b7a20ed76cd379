/* blocks.h - memory for what is queued: taken from the system in large pieces, and used again.
 *
 * Messages are allocated by switch threads and freed by libzmq's. malloc() serves that badly: the
 * arena of a thread grows page by page (mprotect and a page fault each) and is trimmed as often.
 * Pieces of FSZ_BLOCKS_PIECE_BYTES, in huge pages where the system has them, cost one fault.
 *
 * One pool for the process. Any thread; a lock is held for a few instructions, and while a new
 * piece is mapped. */
#ifndef FSZ_BLOCKS_H
#define FSZ_BLOCKS_H

#include "base/err.h"

#include <stddef.h>

enum { FSZ_BLOCKS_PIECE_BYTES = 2 << 20 };

/* At least `size` bytes, aligned as malloc() aligns; *ret_capacity is how many. NULL: out of
 * memory. */
void *fsz_block_take(size_t size, size_t *ret_capacity);
/* Accepts NULL. */
void fsz_block_give(void *block);
/* Bytes of blocks in use, as large as their classes are; those of malloc() not counted. */
size_t fsz_blocks_used_bytes(void);
/* Gives the system back what is not in use: for when an engine has stopped. */
void fsz_blocks_trim(void);

#endif
