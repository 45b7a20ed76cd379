/* SPDX-License-Identifier: MPL-2.0 */
#include "service/lookup_cache.h"

#include "base/ratelimit.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WAIT_MS = 60000, NOW_MS = 1000 };

static struct fsz_lookup_cache *cache;

static int make_cache(void **state)
{
    const struct fsz_cache_limits limits = {.entries = 100, .bytes = 1 << 20};
    (void)state;
    return fsz_lookup_cache_new(&limits, &cache) == FSZ_OK ? 0 : -1;
}

static int free_cache(void **state)
{
    (void)state;
    fsz_lookup_cache_free(&cache);
    return 0;
}

static struct fsz_cache_key key_of(const char *text)
{
    struct fsz_cache_key key = {text, strlen(text)};
    return key;
}

static struct fsz_cache_found get(const char *key, int64_t now_ms)
{
    struct fsz_cache_found found;
    fsz_lookup_cache_get(cache, key_of(key), now_ms, WAIT_MS, &found);
    return found;
}

/* Asks for the key and ends that request at once; `text` NULL: not found. */
static void keep(const char *key, const char *text, int64_t fresh_ms, int64_t stale_ms)
{
    struct fsz_cache_found  found = get(key, NOW_MS);
    struct fsz_cache_answer answer = {
        .err = FSZ_ENOTFOUND, .now_ms = NOW_MS, .fresh_ms = fresh_ms, .stale_ms = stale_ms};
    assert_int_equal(found.how, FSZ_CACHE_ASK);
    assert_non_null(found.flight);
    if (text != NULL) {
        answer.err = fsz_document_new(text, strlen(text), &answer.document);
        assert_int_equal(answer.err, FSZ_OK);
    }
    fsz_lookup_cache_tell(cache, &found.flight, &answer);
    assert_null(found.flight);
    fsz_document_unref(&answer.document);
}

static void ask_in_vain(const char *key, int64_t now_ms, fsz_err err)
{
    struct fsz_cache_found  found = get(key, now_ms);
    struct fsz_cache_answer answer = {.err = err, .now_ms = now_ms, .fresh_ms = 9, .stale_ms = 9};
    assert_int_equal(found.how, FSZ_CACHE_ASK);
    fsz_lookup_cache_tell(cache, &found.flight, &answer);
}

static void assert_hit(const char *key, int64_t now_ms, const char *text)
{
    struct fsz_cache_found found = get(key, now_ms);
    assert_int_equal(found.how, FSZ_CACHE_HIT);
    assert_int_equal(found.err, text == NULL ? FSZ_ENOTFOUND : FSZ_OK);
    if (text == NULL) {
        assert_null(found.document);
    } else {
        assert_string_equal(found.document->text, text);
        assert_int_equal(found.document->bytes, strlen(text));
    }
    fsz_document_unref(&found.document);
}

static void assert_absent(const char *key, int64_t now_ms)
{
    ask_in_vain(key, now_ms, FSZ_ETIMEOUT);
}

static void assert_stale(const char *key, int64_t now_ms, const char *text)
{
    struct fsz_document *document = fsz_lookup_cache_stale(cache, key_of(key), now_ms);
    if (text == NULL) {
        assert_null(document);
    } else {
        assert_non_null(document);
        assert_string_equal(document->text, text);
    }
    fsz_document_unref(&document);
}

static struct fsz_cache_counters counters(void)
{
    return fsz_lookup_cache_counters(cache);
}

static void test_cache_keeps_a_document_for_its_time_to_live(void **state)
{
    (void)state;
    keep("a", "<a/>", 100, 0);
    assert_hit("a", NOW_MS, "<a/>");
    assert_hit("a", NOW_MS + 99, "<a/>");
    assert_absent("a", NOW_MS + 100);
    assert_stale("a", NOW_MS + 100, NULL);
    assert_absent("b", NOW_MS);
    assert_int_equal(counters().hits, 2);
    assert_int_equal(counters().misses, 3);
}

static void test_cache_keeps_not_found(void **state)
{
    (void)state;
    keep("a", NULL, 100, 1000);
    assert_hit("a", NOW_MS + 99, NULL);
    assert_absent("a", NOW_MS + 100);
    assert_stale("a", NOW_MS + 100, NULL);
}

static void test_cache_serves_stale_after_the_time_to_live(void **state)
{
    (void)state;
    keep("a", "<a/>", 100, 1000);
    assert_stale("a", NOW_MS + 1099, "<a/>");
    assert_stale("a", NOW_MS + 1100, NULL);
    assert_int_equal(counters().stale, 1);
    keep("only", "<b/>", 0, 1000);
    assert_absent("only", NOW_MS);
    assert_stale("only", NOW_MS + 999, "<b/>");
}

static void test_cache_failure_leaves_what_is_kept(void **state)
{
    (void)state;
    keep("a", "<a/>", 100, 1000);
    ask_in_vain("a", NOW_MS + 100, FSZ_ETIMEOUT);
    ask_in_vain("a", NOW_MS + 101, FSZ_EINVALID);
    assert_stale("a", NOW_MS + 102, "<a/>");
    assert_int_equal(counters().entries, 1);
}

static void test_cache_newer_reply_replaces_the_old(void **state)
{
    (void)state;
    keep("a", "<a/>", 0, 1000);
    keep("a", "<b/>", 0, 1000);
    assert_stale("a", NOW_MS, "<b/>");
    assert_int_equal(counters().entries, 1);
    keep("a", NULL, 0, 1000);
    assert_stale("a", NOW_MS, NULL);
    assert_int_equal(counters().entries, 0);
    assert_int_equal(counters().bytes, 0);
}

static void test_cache_reply_without_a_time_to_live_is_not_kept(void **state)
{
    (void)state;
    keep("a", "<a/>", 0, 0);
    keep("a", NULL, 0, 0);
    assert_int_equal(counters().entries, 0);
    assert_int_equal(counters().not_kept, 0);
}

static void test_cache_forgets_what_was_used_least_recently(void **state)
{
    const struct fsz_cache_limits three = {.entries = 3, .bytes = 1 << 20};
    (void)state;
    fsz_lookup_cache_limit(cache, &three);
    keep("a", "<a/>", 100, 0);
    keep("b", "<b/>", 100, 0);
    keep("c", "<c/>", 100, 0);
    assert_hit("a", NOW_MS, "<a/>");
    keep("d", "<d/>", 100, 0);
    assert_absent("b", NOW_MS);
    assert_hit("a", NOW_MS, "<a/>");
    assert_hit("c", NOW_MS, "<c/>");
    assert_hit("d", NOW_MS, "<d/>");
    assert_int_equal(counters().evicted, 1);
    const struct fsz_cache_limits one = {.entries = 1, .bytes = 1 << 20};
    fsz_lookup_cache_limit(cache, &one);
    assert_int_equal(counters().entries, 1);
    assert_hit("d", NOW_MS, "<d/>");
}

static void test_cache_is_bounded_in_bytes(void **state)
{
    enum { LIMIT = 4096 };
    const struct fsz_cache_limits small = {.entries = 1000, .bytes = LIMIT};
    char                          key[32], text[LIMIT + 1];
    (void)state;
    fsz_lookup_cache_limit(cache, &small);
    memset(text, 'x', sizeof(text));
    text[600] = '\0';
    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof(key), "k%d", i);
        keep(key, text, 100, 0);
        assert_true(counters().bytes <= LIMIT);
    }
    assert_in_range(counters().entries, 1, LIMIT / 600);
    uint64_t before = counters().entries;
    text[600] = 'x';
    text[LIMIT] = '\0';
    keep("large", text, 100, 0);
    assert_int_equal(counters().not_kept, 1);
    assert_int_equal(counters().entries, before);
    assert_absent("large", NOW_MS);
}

static void test_cache_flush_forgets_what_matches(void **state)
{
    (void)state;
    struct fsz_cache_key    key = {"users\0directory\0domain\0name\0example.org", 39};
    struct fsz_cache_found  found;
    struct fsz_cache_answer answer = {.err = FSZ_ENOTFOUND, .now_ms = NOW_MS, .fresh_ms = 100};
    fsz_lookup_cache_get(cache, key, NOW_MS, WAIT_MS, &found);
    fsz_lookup_cache_tell(cache, &found.flight, &answer);
    keep("other", "<a/>", 100, 0);
    assert_int_equal(fsz_lookup_cache_flush(cache, "directory/*"), 0);
    assert_int_equal(fsz_lookup_cache_flush(cache, "users/directory/*/example.com"), 0);
    assert_int_equal(fsz_lookup_cache_flush(cache, "users/directory/*/example.org"), 1);
    assert_hit("other", NOW_MS, "<a/>");
    keep("more", NULL, 100, 0);
    assert_int_equal(fsz_lookup_cache_flush(cache, NULL), 2);
    assert_int_equal(counters().entries, 0);
    assert_int_equal(counters().flushed, 3);
}

static void test_cache_flush_reaches_requests_in_progress(void **state)
{
    (void)state;
    struct fsz_cache_found  found = get("a", NOW_MS);
    struct fsz_cache_answer answer = {.err = FSZ_ENOTFOUND, .now_ms = NOW_MS, .fresh_ms = 100};
    assert_int_equal(counters().in_flight, 1);
    assert_int_equal(fsz_lookup_cache_flush(cache, "a"), 0);
    fsz_lookup_cache_tell(cache, &found.flight, &answer);
    assert_absent("a", NOW_MS);
    assert_int_equal(counters().in_flight, 0);
}

static void test_cache_forgets_one_key(void **state)
{
    (void)state;
    keep("a", "<a/>", 0, 100);
    keep("b", "<b/>", 100, 0);
    fsz_lookup_cache_forget(cache, key_of("a"));
    fsz_lookup_cache_forget(cache, key_of("a"));
    assert_null(fsz_lookup_cache_stale(cache, key_of("a"), NOW_MS));
    assert_hit("b", NOW_MS, "<b/>");
    assert_int_equal(counters().entries, 1);
}

/* Ends another thread's request; the reply lives for 100 ms. */
static void land(struct fsz_cache_found *found, const char *text)
{
    struct fsz_cache_answer answer = {.err = FSZ_OK, .now_ms = NOW_MS, .fresh_ms = 100};
    assert_int_equal(fsz_document_new(text, strlen(text), &answer.document), FSZ_OK);
    fsz_lookup_cache_tell(cache, &found->flight, &answer);
    fsz_document_unref(&answer.document);
}

static void test_cache_after_a_flush_nobody_joins_a_request_from_before(void **state)
{
    (void)state;
    struct fsz_cache_found before = get("a", NOW_MS);
    fsz_lookup_cache_flush(cache, "a");
    struct fsz_cache_found after = get("a", NOW_MS);
    assert_int_equal(after.how, FSZ_CACHE_ASK);
    assert_non_null(after.flight);
    assert_int_equal(counters().in_flight, 2);
    land(&before, "<old/>");
    assert_int_equal(counters().in_flight, 1);
    struct fsz_cache_found joiner = {.how = FSZ_CACHE_ASK};
    fsz_lookup_cache_get(cache, key_of("a"), NOW_MS, 1, &joiner); /* the new one's, still there */
    assert_int_equal(joiner.how, FSZ_CACHE_COALESCED);
    assert_int_equal(joiner.err, FSZ_ETIMEOUT);
    land(&after, "<new/>");
    assert_hit("a", NOW_MS, "<new/>");
    assert_int_equal(counters().in_flight, 0);
}

static void test_cache_reply_from_before_a_flush_comes_after_the_new_one(void **state)
{
    (void)state;
    struct fsz_cache_found before = get("a", NOW_MS), other = get("b", NOW_MS);
    fsz_lookup_cache_flush(cache, "a");
    fsz_lookup_cache_flush(cache, "a");
    struct fsz_cache_found after = get("a", NOW_MS);
    land(&after, "<new/>");
    land(&before, "<old/>");
    assert_hit("a", NOW_MS, "<new/>");
    land(&other, "<b/>");
    assert_hit("b", NOW_MS, "<b/>");
    assert_int_equal(counters().in_flight, 0);
}

static void test_cache_document_outlives_its_entry(void **state)
{
    (void)state;
    keep("a", "<a/>", 100, 0);
    struct fsz_cache_found found = get("a", NOW_MS);
    fsz_lookup_cache_flush(cache, NULL);
    assert_string_equal(found.document->text, "<a/>");
    fsz_document_unref(&found.document);
}

/* ---- several threads ------------------------------------------------------------------------- */

enum { JOINERS = 16 };

struct joiner {
    pthread_t              thread;
    int64_t                wait_ms;
    struct fsz_cache_found found;
};

static void *joiner_main(void *argument)
{
    struct joiner *joiner = argument;
    fsz_lookup_cache_get(cache, key_of("a"), NOW_MS, joiner->wait_ms, &joiner->found);
    return NULL;
}

static void joiners_start(struct joiner joiners[JOINERS], int64_t wait_ms)
{
    for (int i = 0; i < JOINERS; i++) {
        joiners[i].wait_ms = wait_ms;
        assert_int_equal(pthread_create(&joiners[i].thread, NULL, joiner_main, &joiners[i]), 0);
    }
    while (counters().coalesced < JOINERS) {
        usleep(1000);
    }
}

static void joiners_end(struct joiner joiners[JOINERS], fsz_err err)
{
    for (int i = 0; i < JOINERS; i++) {
        assert_int_equal(pthread_join(joiners[i].thread, NULL), 0);
        assert_int_equal(joiners[i].found.how, FSZ_CACHE_COALESCED);
        assert_int_equal(joiners[i].found.err, err);
        if (err == FSZ_OK) {
            assert_string_equal(joiners[i].found.document->text, "<a/>");
        } else {
            assert_null(joiners[i].found.document);
        }
        fsz_document_unref(&joiners[i].found.document);
    }
}

static void test_cache_later_threads_wait_for_the_first(void **state)
{
    (void)state;
    struct joiner           joiners[JOINERS] = {0};
    struct fsz_cache_found  found = get("a", NOW_MS);
    struct fsz_cache_answer answer = {.err = FSZ_OK, .now_ms = NOW_MS};
    joiners_start(joiners, WAIT_MS);
    assert_int_equal(fsz_document_new("<a/>", 4, &answer.document), FSZ_OK);
    fsz_lookup_cache_tell(cache, &found.flight, &answer);
    fsz_document_unref(&answer.document);
    joiners_end(joiners, FSZ_OK);
    assert_int_equal(counters().misses, 1);
}

static void test_cache_flush_leaves_the_reply_to_threads_that_wait_already(void **state)
{
    (void)state;
    struct joiner          joiners[JOINERS] = {0};
    struct fsz_cache_found found = get("a", NOW_MS);
    joiners_start(joiners, WAIT_MS);
    fsz_lookup_cache_flush(cache, NULL);
    land(&found, "<a/>");
    joiners_end(joiners, FSZ_OK);
    assert_absent("a", NOW_MS);
}

static void test_cache_failure_is_everybodys(void **state)
{
    (void)state;
    struct joiner           joiners[JOINERS] = {0};
    struct fsz_cache_found  found = get("a", NOW_MS);
    struct fsz_cache_answer answer = {.err = FSZ_EREFUSED, .now_ms = NOW_MS};
    joiners_start(joiners, WAIT_MS);
    fsz_lookup_cache_tell(cache, &found.flight, &answer);
    joiners_end(joiners, FSZ_EREFUSED);
    assert_int_equal(counters().misses, 1);
    assert_absent("a", NOW_MS);
}

static void test_cache_nobody_waits_longer_than_he_may(void **state)
{
    (void)state;
    struct joiner           joiners[JOINERS] = {0};
    struct fsz_cache_found  found = get("a", NOW_MS);
    struct fsz_cache_answer answer = {.err = FSZ_ENOTFOUND, .now_ms = NOW_MS};
    joiners_start(joiners, 20);
    joiners_end(joiners, FSZ_ETIMEOUT);
    fsz_lookup_cache_tell(cache, &found.flight, &answer);
}

enum { ROUNDS = 2000, THREADS = 4, KEYS = 5 };

static _Atomic unsigned asked;

/* Gets, asks, fails, flushes and shrinks all at once, for the sanitizers to check. */
static void *worker_main(void *argument)
{
    unsigned seed = (unsigned)(uintptr_t)argument;
    for (int i = 0; i < ROUNDS; i++) {
        char                    key[2] = {(char)('a' + rand_r(&seed) % KEYS), '\0'};
        struct fsz_cache_found  found = get(key, i);
        struct fsz_cache_answer answer = {
            .err = FSZ_ETIMEOUT, .now_ms = i, .fresh_ms = 3, .stale_ms = 5};
        if (found.how == FSZ_CACHE_ASK) {
            asked++;
            if (rand_r(&seed) % 4 != 0) {
                answer.err = fsz_document_new(key, 1, &answer.document);
            }
            fsz_lookup_cache_tell(cache, &found.flight, &answer);
            fsz_document_unref(&answer.document);
        } else if (found.document != NULL && found.document->text[0] != key[0]) {
            return "another key's document";
        }
        fsz_document_unref(&found.document);
        found.document = fsz_lookup_cache_stale(cache, key_of(key), i);
        fsz_document_unref(&found.document);
        if (i % 100 == 0) {
            fsz_lookup_cache_flush(cache, i % 200 == 0 ? NULL : "a*");
        }
    }
    return NULL;
}

static void test_cache_works_with_many_threads(void **state)
{
    pthread_t threads[THREADS];
    void     *wrong = NULL;
    (void)state;
    asked = 0;
    for (uintptr_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, worker_main, (void *)(i + 1)), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    struct fsz_cache_counters c = counters();
    assert_int_equal(c.misses, asked);
    assert_int_equal(c.hits + c.coalesced + c.misses, ROUNDS * THREADS);
    assert_int_equal(c.in_flight, 0);
    assert_true(c.entries <= KEYS);
}

int main(void)
{
#define CACHE_TEST(name) cmocka_unit_test_setup_teardown(name, make_cache, free_cache)
    const struct CMUnitTest tests[] = {
        CACHE_TEST(test_cache_keeps_a_document_for_its_time_to_live),
        CACHE_TEST(test_cache_keeps_not_found),
        CACHE_TEST(test_cache_serves_stale_after_the_time_to_live),
        CACHE_TEST(test_cache_failure_leaves_what_is_kept),
        CACHE_TEST(test_cache_newer_reply_replaces_the_old),
        CACHE_TEST(test_cache_reply_without_a_time_to_live_is_not_kept),
        CACHE_TEST(test_cache_forgets_what_was_used_least_recently),
        CACHE_TEST(test_cache_is_bounded_in_bytes),
        CACHE_TEST(test_cache_flush_forgets_what_matches),
        CACHE_TEST(test_cache_flush_reaches_requests_in_progress),
        CACHE_TEST(test_cache_forgets_one_key),
        CACHE_TEST(test_cache_after_a_flush_nobody_joins_a_request_from_before),
        CACHE_TEST(test_cache_reply_from_before_a_flush_comes_after_the_new_one),
        CACHE_TEST(test_cache_document_outlives_its_entry),
        CACHE_TEST(test_cache_later_threads_wait_for_the_first),
        CACHE_TEST(test_cache_flush_leaves_the_reply_to_threads_that_wait_already),
        CACHE_TEST(test_cache_failure_is_everybodys),
        CACHE_TEST(test_cache_nobody_waits_longer_than_he_may),
        CACHE_TEST(test_cache_works_with_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
