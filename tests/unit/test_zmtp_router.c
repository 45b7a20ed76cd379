/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FRAMES_MAX = 32 };

/* A message and the result of splitting it. */
struct split {
    struct fsz_frames    *frames;
    struct fsz_buffer     envelope;
    struct fsz_frame      body;
    enum fsz_router_shape shape;
};

static uint8_t large[FSZ_ROUTER_ENVELOPE_BYTES + 1] = "large";

static void split_begin(struct split *split)
{
    *split = (struct split){0};
    split->frames = calloc(1, sizeof(*split->frames) + FRAMES_MAX * sizeof(struct fsz_frame));
    assert_non_null(split->frames);
    fsz_buffer_init(&split->envelope, FSZ_ROUTER_ENVELOPE_BYTES);
}

static void split_end(struct split *split)
{
    fsz_buffer_fini(&split->envelope);
    free(split->frames);
}

static void split_add(struct split *split, const void *data, size_t size)
{
    assert_true(split->frames->count < FRAMES_MAX);
    split->frames->frames[split->frames->count++] = (struct fsz_frame){data, size};
}

static void split_run(struct split *split)
{
    split->shape = fsz_router_split(split->frames, &split->envelope, &split->body);
    assert_int_equal(split->envelope.failed, FSZ_OK);
}

/* `texts`: frames, ended by NULL. */
static void split_texts(struct split *split, const char *const *texts)
{
    split_begin(split);
    for (; *texts != NULL; texts++) {
        split_add(split, *texts, strlen(*texts));
    }
    split_run(split);
}

#define FRAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void assert_split(const char *const *texts, enum fsz_router_shape shape,
                         const char *envelope, size_t envelope_size, const char *body)
{
    struct split split;
    split_texts(&split, texts);
    assert_int_equal(split.shape, shape);
    assert_int_equal(split.envelope.size, envelope_size);
    if (envelope_size > 0) {
        assert_memory_equal(split.envelope.data, envelope, envelope_size);
    }
    assert_int_equal(split.body.size, body ? strlen(body) : 0);
    if (body != NULL) {
        assert_memory_equal(split.body.data, body, strlen(body));
    }
    split_end(&split);
}

static void test_requests_of_each_client_get_their_way_back(void **state)
{
    (void)state;
    /* DEALER without a delimiter, with one (or REQ), REQ with ZMQ_REQ_CORRELATE, REQ behind two
     * queues. */
    assert_split(FRAMES("{}"), FSZ_ROUTER_REQUEST, "", 0, "{}");
    assert_split(FRAMES("", "{}"), FSZ_ROUTER_REQUEST, "\1\0", 2, "{}");
    assert_split(FRAMES("1234", "", "{}"), FSZ_ROUTER_REQUEST, "\1\0041234\1\0", 8, "{}");
    assert_split(FRAMES("q2", "q1", "", "{}"), FSZ_ROUTER_REQUEST, "\1\2q2\1\2q1\1\0", 10, "{}");
}

static void test_empty_body_behind_an_envelope_is_a_request(void **state)
{
    (void)state;
    assert_split(FRAMES("", ""), FSZ_ROUTER_REQUEST, "\1\0", 2, "");
    assert_split(FRAMES("q", "", ""), FSZ_ROUTER_REQUEST, "\1\1q\1\0", 5, "");
}

static void test_envelope_without_a_body_is_a_probe(void **state)
{
    (void)state;
    assert_split(FRAMES(""), FSZ_ROUTER_PROBE, "", 0, NULL);
    assert_split(FRAMES("q", ""), FSZ_ROUTER_PROBE, "", 0, NULL);
}

static void test_several_bodies_are_unframed_and_the_last_one_is_given(void **state)
{
    (void)state;
    assert_split(FRAMES("a", "b"), FSZ_ROUTER_UNFRAMED, "", 0, "b");
    assert_split(FRAMES("", "a", "b"), FSZ_ROUTER_UNFRAMED, "\1\0", 2, "b");
    assert_split(FRAMES("q", "", "a", "", "b"), FSZ_ROUTER_UNFRAMED, "\1\1q\1\0", 5, "b");
}

static void test_envelope_has_a_bound_of_frames(void **state)
{
    (void)state;
    for (size_t over = 0; over <= 1; over++) {
        struct split split;
        split_begin(&split);
        for (size_t i = 0; i < FSZ_ROUTER_ENVELOPE_FRAMES - 1 + over; i++) {
            split_add(&split, "q", 1);
        }
        split_add(&split, "", 0);
        split_add(&split, "{}", 2);
        split_run(&split);
        assert_int_equal(split.shape, over ? FSZ_ROUTER_TOO_FAR : FSZ_ROUTER_REQUEST);
        assert_int_equal(split.envelope.size, over ? 0 : 3 * (FSZ_ROUTER_ENVELOPE_FRAMES - 1) + 2);
        split_end(&split);
    }
}

static void test_envelope_has_a_bound_of_bytes_on_the_wire(void **state)
{
    (void)state;
    for (size_t over = 0; over <= 1; over++) {
        struct split split;
        split_begin(&split);
        split_add(&split, large, FSZ_ROUTER_ENVELOPE_BYTES - 9 - 2 + over);
        split_add(&split, NULL, 0);
        split_add(&split, "{}", 2);
        split_run(&split);
        assert_int_equal(split.shape, over ? FSZ_ROUTER_TOO_FAR : FSZ_ROUTER_REQUEST);
        assert_int_equal(split.envelope.size, over ? 0 : FSZ_ROUTER_ENVELOPE_BYTES);
        split_end(&split);
    }
}

static void test_sizes_that_add_up_beyond_memory_are_too_far(void **state)
{
    (void)state;
    struct split split;
    split_begin(&split);
    split_add(&split, large, SIZE_MAX);
    split_add(&split, large, 2);
    split_add(&split, NULL, 0);
    split_add(&split, "{}", 2);
    split_run(&split);
    assert_int_equal(split.shape, FSZ_ROUTER_TOO_FAR);
    split_end(&split);
}

static void test_body_has_no_bound_here(void **state)
{
    (void)state;
    struct split split;
    split_begin(&split);
    split_add(&split, large, sizeof(large));
    split_run(&split);
    assert_int_equal(split.shape, FSZ_ROUTER_REQUEST);
    assert_ptr_equal(split.body.data, large);
    assert_int_equal(split.body.size, sizeof(large));
    split_end(&split);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_of_each_client_get_their_way_back),
        cmocka_unit_test(test_empty_body_behind_an_envelope_is_a_request),
        cmocka_unit_test(test_envelope_without_a_body_is_a_probe),
        cmocka_unit_test(test_several_bodies_are_unframed_and_the_last_one_is_given),
        cmocka_unit_test(test_envelope_has_a_bound_of_frames),
        cmocka_unit_test(test_envelope_has_a_bound_of_bytes_on_the_wire),
        cmocka_unit_test(test_sizes_that_add_up_beyond_memory_are_too_far),
        cmocka_unit_test(test_body_has_no_bound_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
