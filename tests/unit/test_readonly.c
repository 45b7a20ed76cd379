/* SPDX-License-Identifier: MPL-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/readonly.h"

static void test_commands_that_only_read(void **state)
{
    (void)state;
    assert_true(fsz_readonly_api("status", NULL));
    assert_true(fsz_readonly_api("SHOW", "channels as json"));
    assert_true(fsz_readonly_api("sofia", "status profile internal"));
    assert_true(fsz_readonly_api("sofia", "  xmlstatus"));
    assert_true(fsz_readonly_api("hash", "select/realm/key"));
    assert_true(fsz_readonly_api("zmq", "status json"));
    assert_true(fsz_readonly_json_api("sofia.status"));
}

static void test_what_is_not_known_to_only_read_is_a_change(void **state)
{
    (void)state;
    assert_false(fsz_readonly_api("originate", "user/1 &park()"));
    assert_false(fsz_readonly_api("statusx", NULL));
    assert_false(fsz_readonly_api("sofia", "profile internal restart"));
    assert_false(fsz_readonly_api("sofia", NULL));
    assert_false(fsz_readonly_api("sofia", "stat"));
    assert_false(fsz_readonly_api("hash", "insert/realm/key/value"));
    assert_false(fsz_readonly_api("zmq", "reload"));
    assert_false(fsz_readonly_api("zmq", "cache flush"));
    assert_false(fsz_readonly_json_api("execute"));
    assert_false(fsz_readonly_json_api("status mediaStats"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands_that_only_read),
        cmocka_unit_test(test_what_is_not_known_to_only_read_is_a_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
