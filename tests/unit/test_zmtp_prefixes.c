/* SPDX-License-Identifier: MPL-2.0 */
#include "failing_malloc.h"
#include "zmtp/prefixes_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LONG_BYTES = 1 << 16, CHAIN = 2000 };

static int prefixes_setup(void **state)
{
    struct fsz_prefixes *prefixes = NULL;
    fsz_err              err = fsz_prefixes_new(&prefixes);
    *state = prefixes;
    return err == FSZ_OK ? 0 : -1;
}

static int prefixes_teardown(void **state)
{
    struct fsz_prefixes *prefixes = *state;
    fsz_prefixes_free(&prefixes);
    return prefixes == NULL ? 0 : -1;
}

/* Adds an entry and returns it; checks whether it is the first with that prefix. */
static struct fsz_prefix_entry *add_bytes(struct fsz_prefixes *prefixes, const void *prefix,
                                          size_t size, void *subscriber, bool first)
{
    struct fsz_prefix_entry *entry = NULL;
    bool                     is_first = !first;
    assert_int_equal(fsz_prefixes_add(prefixes, prefix, size, subscriber, &entry, &is_first),
                     FSZ_OK);
    assert_int_equal(is_first, first);
    return entry;
}

static struct fsz_prefix_entry *add(struct fsz_prefixes *prefixes, const char *prefix,
                                    void *subscriber, bool first)
{
    return add_bytes(prefixes, prefix, strlen(prefix), subscriber, first);
}

struct gone {
    unsigned calls;
    char     last[64];
};

static void gone_note(void *argument, const void *prefix, size_t size)
{
    struct gone *gone = argument;
    gone->calls++;
    snprintf(gone->last, sizeof(gone->last), "%.*s", (int)size,
             size > 0 ? (const char *)prefix : "");
}

static void hit(void *argument, void *subscriber)
{
    (*(unsigned *)argument)++;
    (*(unsigned *)subscriber)++;
}

static unsigned match_bytes(const struct fsz_prefixes *prefixes, const void *topic, size_t size)
{
    unsigned count = 0;
    fsz_prefixes_match(prefixes, topic, size, hit, &count);
    return count;
}

static unsigned match(const struct fsz_prefixes *prefixes, const char *topic)
{
    return match_bytes(prefixes, topic, strlen(topic));
}

static bool want(const struct fsz_prefixes *prefixes, const char *head)
{
    return fsz_prefixes_want(prefixes, head, strlen(head));
}

static void test_prefix_matches_what_begins_with_it_and_nothing_else(void **state)
{
    struct fsz_prefixes *prefixes = *state;
    unsigned             a = 0, b = 0, c = 0;
    add(prefixes, "event.call", &a, true);
    add(prefixes, "event.", &b, true);
    add(prefixes, "event.channel", &c, true);
    assert_int_equal(match(prefixes, "event.call"), 2);
    assert_int_equal(match(prefixes, "event.call.hangup"), 2);
    assert_int_equal(match(prefixes, "event.cal"), 1);
    assert_int_equal(match(prefixes, "event"), 0);
    assert_int_equal(match(prefixes, ""), 0);
    assert_int_equal(match(prefixes, "other"), 0);
    assert_int_equal(match(prefixes, "event.channel"), 2);
    assert_int_equal(a, 2);
    assert_int_equal(b, 4);
    assert_int_equal(c, 1);
    assert_int_equal(fsz_prefixes_count(prefixes), 3);
}

static void test_empty_prefix_matches_everything(void **state)
{
    struct fsz_prefixes     *prefixes = *state;
    unsigned                 a = 0;
    struct gone              gone = {0};
    struct fsz_prefix_entry *entry = add(prefixes, "", &a, true);
    size_t                   size = 1;
    fsz_prefix_entry_bytes(entry, &size);
    assert_int_equal(size, 0);
    assert_int_equal(match_bytes(prefixes, NULL, 0), 1);
    assert_int_equal(match(prefixes, "anything"), 1);
    assert_true(want(prefixes, ""));
    fsz_prefixes_remove(prefixes, entry, gone_note, &gone);
    assert_int_equal(gone.calls, 1);
    assert_string_equal(gone.last, "");
    assert_int_equal(match(prefixes, "anything"), 0);
    assert_false(want(prefixes, ""));
}

static void test_prefix_may_hold_any_bytes(void **state)
{
    struct fsz_prefixes *prefixes = *state;
    unsigned             hits = 0;
    add_bytes(prefixes, "\0\xff", 2, &hits, true);
    add_bytes(prefixes, "\0\0", 2, &hits, true);
    assert_int_equal(match_bytes(prefixes, "\0\xff\1", 3), 1);
    assert_int_equal(match_bytes(prefixes, "\0\0", 2), 1);
    assert_int_equal(match_bytes(prefixes, "\0", 1), 0);
}

static void test_last_one_that_leaves_is_reported_with_the_prefix(void **state)
{
    struct fsz_prefixes     *prefixes = *state;
    unsigned                 hits = 0;
    struct gone              gone = {0};
    struct fsz_prefix_entry *entries[3];
    size_t                   size = 0;
    for (int i = 0; i < 3; i++) {
        entries[i] = add(prefixes, "same", &hits, i == 0);
    }
    assert_int_equal(fsz_prefixes_count(prefixes), 1);
    assert_int_equal(match(prefixes, "same"), 3);
    fsz_prefixes_remove(prefixes, entries[1], gone_note, &gone);
    fsz_prefixes_remove(prefixes, entries[0], gone_note, &gone);
    assert_int_equal(gone.calls, 0);
    assert_int_equal(match(prefixes, "same"), 1);
    assert_memory_equal(fsz_prefix_entry_bytes(entries[2], &size), "same", 4);
    assert_int_equal(size, 4);
    fsz_prefixes_remove(prefixes, entries[2], gone_note, &gone);
    assert_int_equal(gone.calls, 1);
    assert_string_equal(gone.last, "same");
    assert_int_equal(fsz_prefixes_count(prefixes), 0);
    assert_int_equal(match(prefixes, "same"), 0);
}

static void test_head_is_wanted_if_a_topic_behind_it_may_match(void **state)
{
    struct fsz_prefixes *prefixes = *state;
    unsigned             hits = 0;
    assert_false(want(prefixes, ""));
    add(prefixes, "abcdef", &hits, true);
    add(prefixes, "abcxyz", &hits, true);
    assert_true(want(prefixes, ""));
    assert_true(want(prefixes, "ab"));
    assert_true(want(prefixes, "abc"));
    assert_true(want(prefixes, "abcd"));
    assert_true(want(prefixes, "abcdef"));
    assert_true(want(prefixes, "abcdefg"));
    assert_false(want(prefixes, "abd"));
    assert_false(want(prefixes, "abcdeg"));
    assert_false(want(prefixes, "abcx1"));
    assert_false(want(prefixes, "b"));
}

static size_t memory_of_node(const struct prefix_node *node)
{
    size_t bytes = sizeof(*node) + node->room * (sizeof(struct prefix_node *) + 1);
    bytes += node->entries != NULL ? node->end : 0;
    for (const struct fsz_prefix_entry *entry = node->entries; entry != NULL; entry = entry->next) {
        bytes += sizeof(*entry);
    }
    for (size_t i = 0; i < node->count; i++) {
        bytes += memory_of_node(node->children[i]);
    }
    return bytes;
}

/* Memory that the tree uses. The leak check finds memory that it has lost. */
static size_t memory_of(const struct fsz_prefixes *prefixes)
{
    return memory_of_node(&prefixes->root);
}

static void test_memory_returns_in_whatever_order_prefixes_leave(void **state)
{
    struct fsz_prefixes *prefixes = *state;
    static const char   *names[] = {"a", "ab", "abc", "abd", "x", "xyz", "", "abcdefgh", "abcdxyz"};
    enum { NAMES = sizeof(names) / sizeof(names[0]) };
    size_t   empty = memory_of(prefixes);
    unsigned hits = 0;
    for (unsigned seed = 1; seed < 500; seed++) {
        struct fsz_prefix_entry *entries[NAMES];
        unsigned                 order = seed;
        for (unsigned i = 0; i < NAMES; i++) {
            entries[i] = add(prefixes, names[i], &hits, true);
        }
        for (unsigned left = NAMES; left > 0; left--) {
            unsigned i = order % left;
            order = order * 1103515245U + 12345U;
            fsz_prefixes_remove(prefixes, entries[i], NULL, NULL);
            entries[i] = entries[left - 1];
        }
        assert_int_equal(memory_of(prefixes), empty);
    }
}

static void test_nodes_merge_again_when_a_prefix_leaves(void **state)
{
    struct fsz_prefixes *prefixes = *state;
    unsigned             hits = 0;
    add(prefixes, "shared/one", &hits, true);
    size_t                   before = memory_of(prefixes);
    struct fsz_prefix_entry *middle = add(prefixes, "shared", &hits, true);
    struct fsz_prefix_entry *other = add(prefixes, "shared/two", &hits, true);
    fsz_prefixes_remove(prefixes, middle, NULL, NULL);
    assert_int_equal(match(prefixes, "shared/one"), 1);
    assert_int_equal(match(prefixes, "shared/two"), 1);
    fsz_prefixes_remove(prefixes, other, NULL, NULL);
    assert_int_equal(memory_of(prefixes), before);
    assert_int_equal(match(prefixes, "shared/one"), 1);
}

static void test_long_prefix_that_left_holds_no_memory(void **state)
{
    struct fsz_prefixes *prefixes = *state;
    unsigned             hits = 0;
    uint8_t             *bytes = malloc(LONG_BYTES);
    assert_non_null(bytes);
    memset(bytes, 'l', LONG_BYTES);
    for (unsigned i = 0; i < 100; i++) {
        char name[8];
        snprintf(name, sizeof(name), "%03u", i);
        memcpy(bytes, name, 3);
        struct fsz_prefix_entry *entry = add_bytes(prefixes, bytes, LONG_BYTES, &hits, true);
        name[4] = '\0';
        name[3] = 'a';
        add(prefixes, name, &hits, true);
        name[3] = 'b';
        add(prefixes, name, &hits, true);
        assert_true(memory_of(prefixes) > LONG_BYTES);
        fsz_prefixes_remove(prefixes, entry, NULL, NULL);
        assert_int_equal(match(prefixes, name), 1);
        assert_int_equal(match_bytes(prefixes, bytes, LONG_BYTES), 0);
    }
    assert_true(memory_of(prefixes) < LONG_BYTES);
    free(bytes);
}

/* Each prefix of the chain is the start of all longer ones. */
static void test_chain_of_prefixes_is_as_deep_as_it_is_long(void **state)
{
    struct fsz_prefixes     *prefixes = *state;
    static uint8_t           bytes[CHAIN];
    struct fsz_prefix_entry *entries[CHAIN];
    unsigned                 hits = 0;
    size_t                   empty = memory_of(prefixes);
    memset(bytes, 'd', sizeof(bytes));
    for (size_t i = 0; i < CHAIN; i++) {
        size_t size = i % 2 == 0 ? CHAIN - i / 2 : i / 2 + 1;
        entries[i] = add_bytes(prefixes, bytes, size, &hits, true);
    }
    assert_int_equal(match_bytes(prefixes, bytes, CHAIN), CHAIN);
    assert_int_equal(match_bytes(prefixes, bytes, 10), 10);
    for (size_t i = 0; i < CHAIN; i += 2) {
        fsz_prefixes_remove(prefixes, entries[i], NULL, NULL);
    }
    assert_int_equal(match_bytes(prefixes, bytes, CHAIN), CHAIN / 2);
    for (size_t i = 1; i < CHAIN; i += 2) {
        fsz_prefixes_remove(prefixes, entries[i], NULL, NULL);
    }
    assert_int_equal(memory_of(prefixes), empty);
}

static void test_deep_chain_is_freed_with_the_tree(void **state)
{
    struct fsz_prefixes *prefixes = *state;
    static uint8_t       bytes[CHAIN];
    unsigned             hits = 0;
    for (size_t size = 1; size <= CHAIN; size++) {
        add_bytes(prefixes, bytes, size, &hits, true);
    }
    assert_int_equal(fsz_prefixes_count(prefixes), CHAIN);
}

/* 256 values at each of two places, and prefixes that differ only in their last byte. */
static void test_every_byte_may_follow_every_byte(void **state)
{
    struct fsz_prefixes      *prefixes = *state;
    struct fsz_prefix_entry **entries = calloc(1U << 16, sizeof(struct fsz_prefix_entry *));
    uint8_t                   topic[4] = {0, 0, 'x', 'y'};
    unsigned                  hits = 0;
    size_t                    empty = memory_of(prefixes);
    assert_non_null(entries);
    for (unsigned i = 0; i < 1U << 16; i++) {
        const uint8_t prefix[2] = {(uint8_t)(i >> 8), (uint8_t)i};
        entries[i] = add_bytes(prefixes, prefix, 2, &hits, true);
    }
    assert_int_equal(fsz_prefixes_count(prefixes), 1U << 16);
    for (unsigned i = 0; i < 1U << 16; i += 7) {
        topic[0] = (uint8_t)(i >> 8);
        topic[1] = (uint8_t)i;
        assert_int_equal(match_bytes(prefixes, topic, sizeof(topic)), 1);
    }
    for (unsigned i = 0; i < 1U << 16; i++) {
        fsz_prefixes_remove(prefixes, entries[(i * 40503U) & 0xffff], NULL, NULL);
    }
    assert_int_equal(memory_of(prefixes), empty);
    free(entries);
}

static void test_prefixes_of_64_kib_that_differ_in_one_byte_are_told_apart(void **state)
{
    struct fsz_prefixes     *prefixes = *state;
    struct fsz_prefix_entry *entries[256];
    uint8_t                 *bytes = calloc(1, LONG_BYTES + 1);
    unsigned                 hits = 0;
    assert_non_null(bytes);
    for (size_t i = 0; i < 256; i++) {
        bytes[LONG_BYTES - 1 - i] = 1;
        entries[i] = add_bytes(prefixes, bytes, LONG_BYTES, &hits, true);
        bytes[LONG_BYTES - 1 - i] = 0;
    }
    assert_int_equal(match_bytes(prefixes, bytes, LONG_BYTES), 0);
    for (size_t i = 0; i < 256; i++) {
        bytes[LONG_BYTES - 1 - i] = 1;
        assert_int_equal(match_bytes(prefixes, bytes, LONG_BYTES), 1);
        assert_int_equal(match_bytes(prefixes, bytes, LONG_BYTES - 1), 0);
        fsz_prefixes_remove(prefixes, entries[i], NULL, NULL);
        assert_int_equal(match_bytes(prefixes, bytes, LONG_BYTES), 0);
        bytes[LONG_BYTES - 1 - i] = 0;
    }
    free(bytes);
}

/* Lets each allocation fail in turn. */
static void check_out_of_memory(struct fsz_prefixes *prefixes, const char *prefix)
{
    size_t                   count = fsz_prefixes_count(prefixes);
    unsigned                 hits = 0;
    struct fsz_prefix_entry *entry = NULL;
    fsz_err                  err = FSZ_ENOMEM;
    for (long nth = 1; err != FSZ_OK; nth++) {
        bool first = false;
        assert_in_range(nth, 1, 10);
        atomic_store(&allocation_countdown, nth);
        err = fsz_prefixes_add(prefixes, prefix, strlen(prefix), &hits, &entry, &first);
        atomic_store(&allocation_countdown, 0);
        if (err != FSZ_OK) {
            assert_int_equal(err, FSZ_ENOMEM);
            assert_int_equal(fsz_prefixes_count(prefixes), count);
            assert_int_equal(match(prefixes, "abcdefgh"), 2);
        }
    }
    fsz_prefixes_remove(prefixes, entry, NULL, NULL);
    assert_int_equal(match(prefixes, "abcdefgh"), 2);
}

static void test_without_memory_nothing_changes(void **state)
{
    struct fsz_prefixes *prefixes = *state;
    unsigned             hits = 0;
    add(prefixes, "abcdef", &hits, true);
    add(prefixes, "abc", &hits, true);
    add(prefixes, "aex", &hits, true);
    check_out_of_memory(prefixes, "abcdef"); /* shared */
    check_out_of_memory(prefixes, "a");      /* a node without entries */
    check_out_of_memory(prefixes, "");       /* the root */
    check_out_of_memory(prefixes, "abcd");   /* within a node */
    check_out_of_memory(prefixes, "abcdxx"); /* diverges from a node */
    check_out_of_memory(prefixes, "abcdefg");
    check_out_of_memory(prefixes, "ax");
    check_out_of_memory(prefixes, "ay");
    struct fsz_prefixes *none = NULL;
    atomic_store(&allocation_countdown, 1);
    assert_int_equal(fsz_prefixes_new(&none), FSZ_ENOMEM);
    assert_null(none);
    fsz_prefixes_free(&none);
}

#define tree_test(name) cmocka_unit_test_setup_teardown(name, prefixes_setup, prefixes_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        tree_test(test_prefix_matches_what_begins_with_it_and_nothing_else),
        tree_test(test_empty_prefix_matches_everything),
        tree_test(test_prefix_may_hold_any_bytes),
        tree_test(test_last_one_that_leaves_is_reported_with_the_prefix),
        tree_test(test_head_is_wanted_if_a_topic_behind_it_may_match),
        tree_test(test_memory_returns_in_whatever_order_prefixes_leave),
        tree_test(test_nodes_merge_again_when_a_prefix_leaves),
        tree_test(test_long_prefix_that_left_holds_no_memory),
        tree_test(test_chain_of_prefixes_is_as_deep_as_it_is_long),
        tree_test(test_deep_chain_is_freed_with_the_tree),
        tree_test(test_every_byte_may_follow_every_byte),
        tree_test(test_prefixes_of_64_kib_that_differ_in_one_byte_are_told_apart),
        tree_test(test_without_memory_nothing_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
