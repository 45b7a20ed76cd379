/* SPDX-License-Identifier: MPL-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tool/lines.h"
#include "tool/samples.h"
#include "tool/stamp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void test_stamp_read_finds_the_stamp_at_any_place(void **state)
{
    (void)state;
    char                    front[] = "{\"Bench-Time-Ns\":\"00000000000000000000\",\"a\":\"b\"}";
    char                    back[] = "{\"a\":\"b\",\"Bench-Time-Ns\":\"00000000000000000000\"}";
    struct fsz_stamp_reader reader = {.member = FSZ_STAMP_TIME};
    uint64_t                number = 0;
    for (uint64_t i = 1; i < 5; i++) {
        char *text = i % 2 ? front : back;
        fsz_stamp_write(text, fsz_stamp_find(text, strlen(text), FSZ_STAMP_TIME), i * 1000000007);
        assert_true(fsz_stamp_read(&reader, text, strlen(text), &number));
        assert_int_equal(number, i * 1000000007);
    }
    fsz_stamp_write(back, fsz_stamp_find(back, strlen(back), FSZ_STAMP_TIME), UINT64_MAX);
    assert_true(fsz_stamp_read(&reader, back, strlen(back), &number));
    assert_true(number == UINT64_MAX);
}

static void test_stamp_read_finds_nothing_in_text_without_a_whole_stamp(void **state)
{
    (void)state;
    struct fsz_stamp_reader reader = {.member = FSZ_STAMP_TIME, .from_end = 22};
    uint64_t                number = 7;
    assert_false(fsz_stamp_read(&reader, "{\"a\":\"b\"}", 9, &number));
    assert_false(fsz_stamp_read(&reader, "{\"Bench-Time-Ns\":\"123\"}", 23, &number));
    assert_false(fsz_stamp_read(&reader, "", 0, &number));
    assert_int_equal(number, 7);
}

static int read_lines(struct fsz_bench_lines *lines, const char *text)
{
    char  path[] = "/tmp/fszmq-test-XXXXXX";
    int   fd = mkstemp(path);
    FILE *out = fdopen(fd, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
    int error = fsz_bench_lines_read(lines, path);
    unlink(path);
    return error;
}

static void test_lines_get_missing_stamps(void **state)
{
    (void)state;
    struct fsz_bench_lines lines;
    assert_int_equal(read_lines(&lines, "{\"Event-Name\":\"A\"}\n\n"
                                        "{\"Bench-Sequence\":\"00000000000000000000\"}"),
                     0);
    assert_int_equal(lines.count, 2);
    assert_string_equal(lines.lines[0].text,
                        "{\"Event-Name\":\"A\",\"Bench-Time-Ns\":\"00000000000000000000\","
                        "\"Bench-Sequence\":\"00000000000000000000\"}");
    assert_string_equal(lines.lines[1].text, "{\"Bench-Sequence\":\"00000000000000000000\","
                                             "\"Bench-Time-Ns\":\"00000000000000000000\"}");
    assert_int_equal(lines.lines[1].size, strlen(lines.lines[1].text));
    fsz_bench_lines_fini(&lines);
}

static void test_lines_refuse_a_file_without_events(void **state)
{
    (void)state;
    struct fsz_bench_lines lines;
    assert_int_equal(read_lines(&lines, ""), EINVAL);
    assert_int_equal(read_lines(&lines, "{\"Event-Name\":\"A\"}\nhello\n"), EINVAL);
    assert_int_equal(fsz_bench_lines_read(&lines, "/nonexistent/file"), ENOENT);
}

static void test_samples_give_exact_percentiles_within_the_limit(void **state)
{
    (void)state;
    struct fsz_bench_samples samples;
    assert_int_equal(fsz_bench_samples_init(&samples, 1000), 0);
    assert_int_equal(fsz_bench_samples_percentile(&samples, 50), 0);
    for (uint64_t i = 1000; i > 0; i--) {
        fsz_bench_samples_add(&samples, i);
    }
    fsz_bench_samples_sort(&samples);
    assert_int_equal(fsz_bench_samples_percentile(&samples, 50), 500);
    assert_int_equal(fsz_bench_samples_percentile(&samples, 99), 990);
    assert_int_equal(fsz_bench_samples_percentile(&samples, 100), 1000);
    assert_int_equal(fsz_bench_samples_percentile(&samples, 0), 1);
    fsz_bench_samples_fini(&samples);
}

static void test_samples_beyond_the_limit_stay_evenly_spread(void **state)
{
    (void)state;
    struct fsz_bench_samples samples;
    assert_int_equal(fsz_bench_samples_init(&samples, 100), 0);
    for (uint64_t i = 1; i <= 10000; i++) {
        fsz_bench_samples_add(&samples, i);
    }
    fsz_bench_samples_sort(&samples);
    assert_true(samples.count <= 100 && samples.count > 40);
    assert_int_equal(samples.max, 10000);
    assert_in_range(fsz_bench_samples_percentile(&samples, 50), 4700, 5300);
    assert_in_range(fsz_bench_samples_percentile(&samples, 90), 8700, 9300);
    fsz_bench_samples_fini(&samples);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stamp_read_finds_the_stamp_at_any_place),
        cmocka_unit_test(test_stamp_read_finds_nothing_in_text_without_a_whole_stamp),
        cmocka_unit_test(test_lines_get_missing_stamps),
        cmocka_unit_test(test_lines_refuse_a_file_without_events),
        cmocka_unit_test(test_samples_give_exact_percentiles_within_the_limit),
        cmocka_unit_test(test_samples_beyond_the_limit_stay_evenly_spread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
