/* SPDX-License-Identifier: MPL-2.0 */
/* Blocks never overlap, with any sizes and threads, and none stays in use. */
#include "base/blocks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

enum { HELD = 2000, ROUNDS = 20000, THREADS = 4, LARGE_BYTES = 100000 };

struct held {
    unsigned char *bytes;
    size_t         size;
    unsigned char  mark;
};

static void held_take(struct held *held, size_t size, unsigned char mark)
{
    size_t capacity = 0;
    *held = (struct held){.bytes = fsz_block_take(size, &capacity), .size = size, .mark = mark};
    assert_non_null(held->bytes);
    assert_true(capacity >= size);
    assert_int_equal((uintptr_t)held->bytes % _Alignof(max_align_t), 0);
    memset(held->bytes, mark, capacity);
}

static void held_give(struct held *held)
{
    for (size_t i = 0; held->bytes != NULL && i < held->size; i++) {
        assert_int_equal(held->bytes[i], held->mark);
    }
    fsz_block_give(held->bytes);
    held->bytes = NULL;
}

static void test_blocks_of_all_sizes_keep_their_bytes_apart(void **state)
{
    (void)state;
    struct held *held = calloc(HELD, sizeof(*held));
    for (size_t i = 0; i < HELD; i++) {
        held_take(&held[i], 1 + i * 37 % 20000, (unsigned char)i);
    }
    for (size_t i = 0; i < HELD; i += 2) {
        held_give(&held[i]);
        held_take(&held[i], 1 + i * 53 % 20000, (unsigned char)(i + 1));
    }
    for (size_t i = 0; i < HELD; i++) {
        held_give(&held[i]);
    }
    assert_int_equal(fsz_blocks_used_bytes(), 0);
    free(held);
}

/* Each thread takes blocks, and gives blocks that another thread took, as switch and sending
 * threads do. */
static void *swapper_main(void *argument)
{
    static void *shelf[HELD];
    unsigned     seed = (unsigned)(uintptr_t)argument;
    for (unsigned i = 0; i < ROUNDS; i++) {
        size_t capacity = 0, size = 1 + (size_t)rand_r(&seed) % 18000;
        size_t slot = (size_t)rand_r(&seed) % HELD;
        void  *block = fsz_block_take(size, &capacity);
        memset(block, (int)i, size);
        fsz_block_give(__atomic_exchange_n(&shelf[slot], block, __ATOMIC_ACQ_REL));
    }
    for (size_t slot = 0; slot < HELD; slot++) {
        fsz_block_give(__atomic_exchange_n(&shelf[slot], NULL, __ATOMIC_ACQ_REL));
    }
    return NULL;
}

static void test_blocks_taken_by_one_thread_may_be_given_by_another(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, swapper_main, (void *)(i + 1)), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    swapper_main(NULL); /* blocks that a thread left after another one had cleared the shelf */
    assert_int_equal(fsz_blocks_used_bytes(), 0);
}

static void test_block_larger_than_every_class_is_had_and_nothing_is_given(void **state)
{
    (void)state;
    struct held large;
    held_take(&large, LARGE_BYTES, 7);
    held_give(&large);
    fsz_block_give(NULL);
    size_t capacity = 0;
    assert_null(fsz_block_take(SIZE_MAX, &capacity));
}

static void test_blocks_in_use_survive_a_trim(void **state)
{
    (void)state;
    struct held kept;
    held_take(&kept, 3000, 9);
    fsz_blocks_trim();
    held_give(&kept);
    fsz_blocks_trim();
    held_take(&kept, 3000, 8); /* the pool still works */
    held_give(&kept);
    assert_int_equal(fsz_blocks_used_bytes(), 0);
}

static uintptr_t piece_of(const void *block)
{
    return (uintptr_t)block / FSZ_BLOCKS_PIECE_BYTES;
}

/* Otherwise single events of changing sizes would map and clear a piece each. */
static void test_piece_that_nobody_uses_serves_blocks_of_every_size(void **state)
{
    (void)state;
    static const size_t sizes[] = {500, 1500, 3000, 6000, 12000};
    struct held         held;
    held_take(&held, 500, 1);
    uintptr_t piece = piece_of(held.bytes);
    bool      pooled =
        fsz_blocks_used_bytes() > 0; /* not with a sanitizer, where they come from malloc() */
    held_give(&held);
    for (size_t i = 0; pooled && i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        held_take(&held, sizes[i], 2);
        assert_int_equal(piece_of(held.bytes), piece);
        held_give(&held);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_of_all_sizes_keep_their_bytes_apart),
        cmocka_unit_test(test_blocks_taken_by_one_thread_may_be_given_by_another),
        cmocka_unit_test(test_block_larger_than_every_class_is_had_and_nothing_is_given),
        cmocka_unit_test(test_blocks_in_use_survive_a_trim),
        cmocka_unit_test(test_piece_that_nobody_uses_serves_blocks_of_every_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
