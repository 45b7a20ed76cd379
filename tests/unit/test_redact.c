/* SPDX-License-Identifier: MPL-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "auth/redact.h"

#define KEY "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"

static void becomes(const char *text, const char *expected)
{
    char out[256];
    fsz_redact(text, out, sizeof(out));
    assert_string_equal(out, expected);
}

static void test_redact_leaves_what_is_no_secret(void **state)
{
    static const char *const texts[] = {
        "",
        "show channels as json",
        "originate {origination_caller_id_name='A B',x=1}sofia/gateway/gw/1000 &park()",
        "playback /sounds/keys/shipping.wav",
        "uuid_bridge 3a5e2b0c-0000-4000-8000-000000000001 3a5e2b0c-0000-4000-8000-000000000002",
        "sofia status profile internal",
        "sip:1000@192.0.2.1:5060",
        "keyboard=1, ping=2, opinion=3, hashtag=4",
        "na\xc3\xafve",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        becomes(texts[i], texts[i]);
    }
}

static void test_redact_cuts_values_of_names_that_mean_secrets(void **state)
{
    (void)state;
    becomes("{sip_auth_password=abc,x=1}user/1", "{sip_auth_password=***,x=1}user/1");
    becomes("{sip_auth_password='a,b',x=1}u", "{sip_auth_password=***,x=1}u");
    becomes("{^^:password=a,b:x=1}u", "{^^:password=***");
    becomes("{password=a\\,b,x=1}u", "{password=***");
    becomes("{\"Password\": \"a b\", \"n\": 1}", "{\"Password\": ***, \"n\": 1}");
    becomes("http://h/?api_key=abc&x=1", "http://h/?api_key=***&x=1");
    becomes("uuid_setvar U vm-password 1 2 3", "uuid_setvar U vm-password ***");
    becomes("conference 3000 pin 1234", "conference 3000 pin ***");
    becomes("set PIN=1234", "set PIN=***");
    becomes("hash insert/realm/secret/x/y", "hash insert/realm/secret/***/y");
    becomes("Authorization: Digest username=\"a\", response=\"b\"", "Authorization: ***");
    becomes("set client_secret,abc", "set client_secret,***");
    becomes("access_token : abc", "access_token : ***");
}

static void test_redact_cuts_passwords_of_addresses(void **state)
{
    (void)state;
    becomes("sofia/x/sip:bob:geheim@h", "sofia/x/sip:***@h");
    becomes("bridge sip:bob:geheim@h x", "bridge sip:bob:***@h x");
    becomes("http://bob:ge:heim@h/p", "http://bob:***@h/p");
    becomes("{a=http://bob:ge@im@h}", "{a=http://bob:***@h}");
}

static void test_redact_cuts_keys_and_hashes(void **state)
{
    (void)state;
    becomes("use " KEY, "use ***");
    becomes("use $argon2id$v=19$m=65536,t=2,p=1$abc$def now", "use *** now");
    becomes("2c26b46b68ffc68ff99b453c1d3041341342d706", "2c26b46b68ffc68ff99b453c1d3041341342d706");
}

static void test_redact_makes_one_bounded_line(void **state)
{
    (void)state;
    becomes("a\nb\r\tc\x7f\x01", "a b  c  ");
    char out[16];
    fsz_redact("0123456789012345", out, sizeof(out));
    assert_string_equal(out, "012345678901...");
    fsz_redact("012345678901", out, sizeof(out));
    assert_string_equal(out, "012345678901");
    fsz_redact("..........\xc3\xaf...", out, sizeof(out));
    assert_string_equal(out, ".............");
    fsz_redact("...........\xc3\xaf...", out, sizeof(out));
    assert_string_equal(out, "..............");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_redact_leaves_what_is_no_secret),
        cmocka_unit_test(test_redact_cuts_values_of_names_that_mean_secrets),
        cmocka_unit_test(test_redact_cuts_passwords_of_addresses),
        cmocka_unit_test(test_redact_cuts_keys_and_hashes),
        cmocka_unit_test(test_redact_makes_one_bounded_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
