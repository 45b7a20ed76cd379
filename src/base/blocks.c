/* SPDX-License-Identifier: MPL-2.0 */
#include "base/blocks.h"

#include "base/thread.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

/* Size classes of 1, 2, 4, 8 and 16 KiB, header included. Larger blocks come from malloc(). */
enum {
    BLOCK_CLASSES = 5,
    BLOCK_SMALLEST_BYTES = 1024,
    PIECES_IDLE_MAX = 8, /* kept for later use by any class */
#ifdef __SANITIZE_ADDRESS__
    BLOCK_LARGEST_BYTES = 0, /* all from malloc(), so that the sanitizer sees each message */
#else
    BLOCK_LARGEST_BYTES = BLOCK_SMALLEST_BYTES << (BLOCK_CLASSES - 1),
#endif
};

/* Header of each block. */
struct block {
    struct piece *piece; /* NULL: from malloc() */
    struct block *next;  /* while the block is free */
};

/* Blocks of one class. Once no block is in use, any class may take the piece. Blocks that were
 * never used start at `fresh`, so a new piece is not touched as a whole. Guarded by the pool's
 * lock. */
struct piece {
    struct piece  *previous, *next; /* in its class's list while a block is free, or in `idle` */
    struct block  *free;
    unsigned char *fresh;
    unsigned       size_class;
    uint32_t       used;
};

static struct {
    pthread_once_t  once;
    pthread_mutex_t lock;                   /* inherits priority, like that of the queue */
    struct piece   *partial[BLOCK_CLASSES]; /* pieces with a free block and one in use */
    struct piece   *idle;                   /* pieces with no block in use */
    unsigned        idle_count;
    size_t          used_bytes;
} pool = {.once = PTHREAD_ONCE_INIT};

static void pool_init(void)
{
    fsz_err err = fsz_thread_init_lock(&pool.lock);
    (void)err; /* without such mutexes, the queue could not have been created either */
}

static void pool_lock(void)
{
    pthread_once(&pool.once, pool_init);
    fsz_thread_lock(&pool.lock);
}

static size_t size_class_bytes(unsigned size_class)
{
    return (size_t)BLOCK_SMALLEST_BYTES << size_class;
}

static unsigned size_class_of(size_t bytes)
{
    unsigned size_class = 0;
    while (size_class_bytes(size_class) < bytes) {
        size_class++;
    }
    return size_class;
}

static bool piece_has_fresh(const struct piece *piece)
{
    return piece->fresh + size_class_bytes(piece->size_class) <=
           (const unsigned char *)piece + FSZ_BLOCKS_PIECE_BYTES;
}

static void piece_link_locked(struct piece *piece, struct piece **list)
{
    piece->previous = NULL;
    piece->next = *list;
    if (*list != NULL) {
        (*list)->previous = piece;
    }
    *list = piece;
}

static void piece_unlink_locked(struct piece *piece, struct piece **list)
{
    if (piece->previous != NULL) {
        piece->previous->next = piece->next;
    } else {
        *list = piece->next;
    }
    if (piece->next != NULL) {
        piece->next->previous = piece->previous;
    }
}

/* Maps a piece, aligned to its size so that it can be one huge page. */
static struct piece *piece_map(void)
{
    size_t         size = FSZ_BLOCKS_PIECE_BYTES;
    unsigned char *area = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (area == MAP_FAILED) {
        return NULL;
    }
    size_t         before = (size - (uintptr_t)area % size) % size;
    unsigned char *aligned = area + before;
    if (before > 0) {
        munmap(area, before);
    }
    munmap(aligned + size, size - before);
    madvise(aligned, size, MADV_HUGEPAGE); /* small pages work too if this is refused */
    return (struct piece *)(void *)aligned;
}

static struct piece *piece_new_locked(unsigned size_class)
{
    struct piece *piece = pool.idle;
    if (piece != NULL) {
        piece_unlink_locked(piece, &pool.idle);
        pool.idle_count--;
    } else {
        piece = piece_map();
    }
    if (piece != NULL) {
        *piece = (struct piece){.size_class = size_class,
                                .fresh = (unsigned char *)piece + size_class_bytes(0)};
        piece_link_locked(piece, &pool.partial[size_class]);
    }
    return piece;
}

static struct block *piece_take_locked(struct piece *piece)
{
    struct block *block = piece->free;
    if (block != NULL) {
        piece->free = block->next;
    } else {
        block = (struct block *)(void *)piece->fresh;
        piece->fresh += size_class_bytes(piece->size_class);
    }
    block->piece = piece;
    piece->used++;
    pool.used_bytes += size_class_bytes(piece->size_class);
    if (piece->free == NULL && !piece_has_fresh(piece)) {
        piece_unlink_locked(piece, &pool.partial[piece->size_class]);
    }
    return block;
}

/* True: the piece is no longer in the pool, and the caller unmaps it. */
static bool piece_give_locked(struct piece *piece, struct block *block)
{
    bool was_full = piece->free == NULL && !piece_has_fresh(piece);
    block->next = piece->free;
    piece->free = block;
    piece->used--;
    pool.used_bytes -= size_class_bytes(piece->size_class);
    if (was_full) {
        piece_link_locked(piece, &pool.partial[piece->size_class]);
    }
    if (piece->used > 0) {
        return false;
    }
    piece_unlink_locked(piece, &pool.partial[piece->size_class]);
    if (pool.idle_count == PIECES_IDLE_MAX) {
        return true;
    }
    piece_link_locked(piece, &pool.idle);
    pool.idle_count++;
    return false;
}

static struct block *block_allocate(size_t bytes)
{
    struct block *block = malloc(bytes);
    if (block != NULL) {
        block->piece = NULL;
    }
    return block;
}

static struct block *pool_take(unsigned size_class)
{
    struct block *block = NULL;
    pool_lock();
    struct piece *piece =
        pool.partial[size_class] ? pool.partial[size_class] : piece_new_locked(size_class);
    if (piece != NULL) {
        block = piece_take_locked(piece);
    }
    pthread_mutex_unlock(&pool.lock);
    return block;
}

void *fsz_block_take(size_t size, size_t *ret_capacity)
{
    size_t        bytes = size + sizeof(struct block);
    struct block *block = NULL;
    if (bytes < size) {
        return NULL;
    }
    if (bytes <= BLOCK_LARGEST_BYTES) {
        unsigned size_class = size_class_of(bytes);
        bytes = size_class_bytes(size_class);
        block = pool_take(size_class);
    } else {
        block = block_allocate(bytes);
    }
    if (block == NULL) {
        return NULL;
    }
    *ret_capacity = bytes - sizeof(*block);
    return block + 1;
}

void fsz_block_give(void *block)
{
    if (block == NULL) {
        return;
    }
    struct block *head = (struct block *)block - 1;
    struct piece *piece = head->piece;
    if (piece == NULL) {
        free(head);
        return;
    }
    pool_lock();
    bool spare = piece_give_locked(piece, head);
    pthread_mutex_unlock(&pool.lock);
    if (spare) {
        munmap(piece, FSZ_BLOCKS_PIECE_BYTES);
    }
}

size_t fsz_blocks_used_bytes(void)
{
    pool_lock();
    size_t bytes = pool.used_bytes;
    pthread_mutex_unlock(&pool.lock);
    return bytes;
}

void fsz_blocks_trim(void)
{
    pool_lock();
    while (pool.idle != NULL) {
        struct piece *piece = pool.idle;
        piece_unlink_locked(piece, &pool.idle);
        pool.idle_count--;
        munmap(piece, FSZ_BLOCKS_PIECE_BYTES);
    }
    pthread_mutex_unlock(&pool.lock);
}
