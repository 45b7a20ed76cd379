/* SPDX-License-Identifier: MPL-2.0 */
#include "base/uuid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 2000 };

static void test_uuid_has_the_form_of_version_4(void **state)
{
    (void)state;
    for (int i = 0; i < MANY; i++) {
        char text[FSZ_UUID_BYTES];
        fsz_uuid_new(text);
        assert_int_equal(strlen(text), 36);
        assert_int_equal(strspn(text, "0123456789abcdef-"), 36);
        assert_true(text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-');
        assert_int_equal(text[14], '4');
        assert_non_null(strchr("89ab", text[19]));
    }
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void test_uuids_are_all_different(void **state)
{
    (void)state;
    static char all[MANY][FSZ_UUID_BYTES];
    for (int i = 0; i < MANY; i++) {
        fsz_uuid_new(all[i]);
    }
    qsort(all, MANY, sizeof(all[0]), compare);
    for (int i = 1; i < MANY; i++) {
        assert_string_not_equal(all[i - 1], all[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uuid_has_the_form_of_version_4),
        cmocka_unit_test(test_uuids_are_all_different),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
