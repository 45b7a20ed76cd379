/* SPDX-License-Identifier: MPL-2.0 */
#include "stream/subscriptions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { KINDS = 12, PREFIXES = 60, STEPS = 20000, TEXT = 8 };

static struct fsz_subscriptions *subscriptions_of(uint64_t max)
{
    struct fsz_subscriptions *s = NULL;
    assert_int_equal(fsz_subscriptions_new(&s, KINDS, max), FSZ_OK);
    return s;
}

static void add_type(struct fsz_subscriptions *s, uint32_t id, const char *head)
{
    fsz_subscriptions_add_type(s, id, head, strlen(head));
}

static void change(struct fsz_subscriptions *s, bool came, const char *prefix)
{
    fsz_subscriptions_change(s, came, prefix, strlen(prefix));
}

static void test_type_is_wanted_when_either_is_a_prefix_of_the_other(void **state)
{
    (void)state;
    struct fsz_subscriptions *s = subscriptions_of(100);
    add_type(s, 0, "CHANNEL_HANGUP/");
    add_type(s, 1, "CHANNEL_HANGUP_COMPLETE/");
    assert_false(fsz_subscriptions_want(s, 0));
    change(s, true, "CHANNEL_HANGUP/some-uuid");
    assert_true(fsz_subscriptions_want(s, 0));
    assert_false(fsz_subscriptions_want(s, 1));
    change(s, true, "CHANNEL_");
    assert_true(fsz_subscriptions_want(s, 1));
    change(s, false, "CHANNEL_HANGUP/some-uuid");
    assert_true(fsz_subscriptions_want(s, 0));
    change(s, false, "CHANNEL_");
    assert_false(fsz_subscriptions_want(s, 0));
    assert_false(fsz_subscriptions_want(s, 1));
    fsz_subscriptions_free(&s);
    assert_null(s);
}

static void test_empty_subscription_wants_every_type_also_later_ones(void **state)
{
    (void)state;
    struct fsz_subscriptions *s = subscriptions_of(100);
    add_type(s, 0, "A/");
    change(s, true, "");
    add_type(s, 1, "B/");
    assert_true(fsz_subscriptions_want(s, 0));
    assert_true(fsz_subscriptions_want(s, 1));
    assert_int_equal(fsz_subscriptions_types(s), 2);
    fsz_subscriptions_free(&s);
}

static void test_subscriptions_stay_when_types_are_forgotten(void **state)
{
    (void)state;
    struct fsz_subscriptions *s = subscriptions_of(100);
    add_type(s, 0, "{\"Event-Name\":\"A\"");
    change(s, true, "B/");
    assert_false(fsz_subscriptions_want(s, 0));
    fsz_subscriptions_forget_types(s);
    assert_int_equal(fsz_subscriptions_types(s), 0);
    assert_int_equal(fsz_subscriptions_count(s), 1);
    add_type(s, 0, "A/");
    add_type(s, 1, "B/");
    assert_false(fsz_subscriptions_want(s, 0));
    assert_true(fsz_subscriptions_want(s, 1));
    fsz_subscriptions_free(&s);
}

static void test_subscriptions_over_the_limit_make_every_type_wanted_until_they_end(void **state)
{
    (void)state;
    struct fsz_subscriptions *s = subscriptions_of(2);
    add_type(s, 0, "A/");
    change(s, true, "X");
    change(s, true, "Y");
    assert_false(fsz_subscriptions_want(s, 0));
    change(s, true, "Z");
    assert_true(fsz_subscriptions_want(s, 0));
    assert_int_equal(fsz_subscriptions_untracked(s), 1);
    assert_int_equal(fsz_subscriptions_count(s), 3);
    change(s, false, "Z");
    assert_false(fsz_subscriptions_want(s, 0));
    assert_int_equal(fsz_subscriptions_untracked(s), 0);
    fsz_subscriptions_limit(s, 3);
    change(s, true, "Z");
    assert_int_equal(fsz_subscriptions_untracked(s), 0);
    change(s, false, "never came");
    assert_int_equal(fsz_subscriptions_count(s), 3);
    fsz_subscriptions_free(&s);
}

static void test_subscription_may_hold_any_bytes(void **state)
{
    (void)state;
    struct fsz_subscriptions *s = subscriptions_of(100);
    add_type(s, 0, "A/");
    fsz_subscriptions_change(s, true, "A\0B", 3);
    fsz_subscriptions_change(s, true, "A\0C", 3);
    assert_int_equal(fsz_subscriptions_count(s), 2);
    assert_false(fsz_subscriptions_want(s, 0));
    fsz_subscriptions_change(s, false, "A\0B", 3);
    assert_int_equal(fsz_subscriptions_count(s), 1);
    fsz_subscriptions_free(&s);
}

static void test_a_prefix_is_wanted_until_its_last_connection_removes_it(void **state)
{
    (void)state;
    struct fsz_subscriptions *s = subscriptions_of(100);
    add_type(s, 0, "A/");
    change(s, true, "A");
    change(s, true, "A");
    assert_int_equal(fsz_subscriptions_count(s), 1);
    change(s, false, "A");
    assert_true(fsz_subscriptions_want(s, 0));
    change(s, false, "A");
    assert_false(fsz_subscriptions_want(s, 0));
    assert_int_equal(fsz_subscriptions_count(s), 0);
    fsz_subscriptions_free(&s);
}

static void test_removing_an_untracked_subscription_keeps_tracked_ones(void **state)
{
    (void)state;
    struct fsz_subscriptions *s = subscriptions_of(1);
    add_type(s, 0, "A/");
    change(s, true, "X");
    change(s, true, "A"); /* untracked */
    fsz_subscriptions_limit(s, 10);
    change(s, true, "A"); /* of another connection, also untracked */
    change(s, false, "A");
    assert_true(fsz_subscriptions_want(s, 0));
    change(s, false, "A");
    assert_false(fsz_subscriptions_want(s, 0));
    fsz_subscriptions_free(&s);
}

/* ---- compared with a slow, simple model ------------------------------------------------------ */

struct model {
    char     heads[KINDS][TEXT];
    unsigned kind_count;
    char     prefixes[PREFIXES][TEXT];
    bool     held[PREFIXES];
};

/* Few letters, so that prefixes overlap. */
static void random_text(char text[TEXT], unsigned *seed)
{
    int length = rand_r(seed) % (TEXT - 1);
    for (int i = 0; i < length; i++) {
        text[i] = "ab/"[rand_r(seed) % 3];
    }
    text[length] = '\0';
}

static bool model_wants(const struct model *m, const char *head)
{
    for (unsigned i = 0; i < PREFIXES; i++) {
        size_t shorter = strlen(m->prefixes[i]);
        shorter = shorter < strlen(head) ? shorter : strlen(head);
        if (m->held[i] && strncmp(m->prefixes[i], head, shorter) == 0) {
            return true;
        }
    }
    return false;
}

static void assert_same(const struct fsz_subscriptions *s, const struct model *m)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < PREFIXES; i++) {
        count += m->held[i];
    }
    assert_int_equal(fsz_subscriptions_count(s), count);
    for (uint32_t id = 0; id < m->kind_count; id++) {
        assert_int_equal(fsz_subscriptions_want(s, id), model_wants(m, m->heads[id]));
    }
}

static bool model_has_twin(const struct model *m, unsigned index)
{
    for (unsigned i = 0; i < PREFIXES; i++) {
        if (i != index && strcmp(m->prefixes[i], m->prefixes[index]) == 0) {
            return true;
        }
    }
    return false;
}

static void test_random_subscriptions_and_types_agree_with_a_simple_model(void **state)
{
    (void)state;
    unsigned                  seed = 20261123;
    struct model              m = {0};
    struct fsz_subscriptions *s = subscriptions_of(1000);
    for (unsigned i = 0; i < PREFIXES; i++) {
        do {
            random_text(m.prefixes[i], &seed);
        } while (model_has_twin(&m, i) && m.prefixes[i][0] != '\0');
    }
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned i = (unsigned)rand_r(&seed) % PREFIXES;
        if (m.kind_count < KINDS && rand_r(&seed) % 1000 == 0) {
            random_text(m.heads[m.kind_count], &seed);
            add_type(s, m.kind_count, m.heads[m.kind_count]);
            m.kind_count++;
        }
        if (!model_has_twin(&m, i)) {
            m.held[i] = !m.held[i];
            change(s, m.held[i], m.prefixes[i]);
        }
        assert_same(s, &m);
    }
    assert_int_equal(m.kind_count, KINDS);
    fsz_subscriptions_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_type_is_wanted_when_either_is_a_prefix_of_the_other),
        cmocka_unit_test(test_empty_subscription_wants_every_type_also_later_ones),
        cmocka_unit_test(test_subscriptions_stay_when_types_are_forgotten),
        cmocka_unit_test(test_subscriptions_over_the_limit_make_every_type_wanted_until_they_end),
        cmocka_unit_test(test_subscription_may_hold_any_bytes),
        cmocka_unit_test(test_a_prefix_is_wanted_until_its_last_connection_removes_it),
        cmocka_unit_test(test_removing_an_untracked_subscription_keeps_tracked_ones),
        cmocka_unit_test(test_random_subscriptions_and_types_agree_with_a_simple_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
