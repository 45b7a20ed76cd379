/* SPDX-License-Identifier: MPL-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "config/confnode.h"

static void test_confnode_keeps_the_order_of_children(void **state)
{
    (void)state;
    struct fsz_confnode *root = fsz_confnode_new(NULL, "root", 1);
    (void)fsz_confnode_new(root, "first", 2);
    (void)fsz_confnode_new(root, "second", 3);
    (void)fsz_confnode_new(root, "third", 4);
    assert_string_equal(root->children->name, "first");
    assert_string_equal(root->children->next->name, "second");
    assert_string_equal(root->children->next->next->name, "third");
    assert_int_equal(root->children->next->next->line, 4);
    assert_null(root->children->next->next->next);
    fsz_confnode_free(&root);
    assert_null(root);
}

static void test_confnode_copies_names_and_values(void **state)
{
    (void)state;
    char                 name[] = "name";
    char                 value[] = "queue-events";
    struct fsz_confnode *node = fsz_confnode_new(NULL, name, 0);
    assert_int_equal(fsz_confnode_set(node, name, value), FSZ_OK);
    assert_int_equal(fsz_confnode_set(node, "value", "1"), FSZ_OK);
    memset(name, 'x', sizeof name - 1);
    memset(value, 'x', sizeof value - 1);
    assert_string_equal(node->name, "name");
    assert_string_equal(fsz_confnode_get(node, "name"), "queue-events");
    assert_string_equal(fsz_confnode_get(node, "value"), "1");
    assert_null(fsz_confnode_get(node, "Name"));
    fsz_confnode_free(&node);
}

static void test_confnode_frees_a_tree_of_any_depth(void **state)
{
    (void)state;
    struct fsz_confnode *root = fsz_confnode_new(NULL, "root", 0);
    struct fsz_confnode *deepest = root;
    for (int i = 0; i < 1000000; i++) { /* more levels than frames fit a stack of 8 MiB */
        deepest = fsz_confnode_new(deepest, "n", i);
        assert_non_null(deepest);
    }
    fsz_confnode_free(&root);
    fsz_confnode_free(&root);
    assert_null(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_confnode_keeps_the_order_of_children),
        cmocka_unit_test(test_confnode_copies_names_and_values),
        cmocka_unit_test(test_confnode_frees_a_tree_of_any_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
