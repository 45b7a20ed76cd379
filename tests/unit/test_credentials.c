/* SPDX-License-Identifier: MPL-2.0 */
/* Passwords and keys of users. Argon2id is slow by design, so hashes are made once. The test sets
 * the time. */
#include "auth/credentials.h"

#include "keys/password.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define KEY_1 "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define KEY_2 "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"

enum { NOW = 1000000 };

static char hash_1[FSZ_PASSWORD_HASH_BYTES], hash_2[FSZ_PASSWORD_HASH_BYTES];

static int make_hashes(void **state)
{
    (void)state;
    assert_int_equal(fsz_password_hash("secret", hash_1), FSZ_OK);
    assert_int_equal(fsz_password_hash("secret", hash_2), FSZ_OK);
    assert_string_not_equal(hash_1, hash_2);
    return 0;
}

struct rig {
    struct fsz_credentials *credentials;
    struct fsz_users       *users;
    const struct fsz_user  *user; /* the one found */
};

static void add_user(struct rig *rig, const char *name, const char *hash, const char *key)
{
    char           *keys[] = {(char *)key};
    struct fsz_user user = {
        .name = (char *)name, .password = (char *)hash, .keys = keys, .key_count = key != NULL};
    assert_int_equal(fsz_users_set(rig->users, &user), FSZ_OK);
}

static int rig_setup(void **state)
{
    static struct rig rig;
    memset(&rig, 0, sizeof(rig));
    assert_int_equal(fsz_credentials_new(&rig.credentials), FSZ_OK);
    assert_int_equal(fsz_users_new(&rig.users), FSZ_OK);
    add_user(&rig, "alice", hash_1, NULL);
    add_user(&rig, "bob", NULL, KEY_1);
    *state = &rig;
    return 0;
}

static int rig_teardown(void **state)
{
    struct rig *rig = *state;
    fsz_credentials_free(&rig->credentials);
    fsz_users_free(&rig->users);
    assert_null(rig->credentials);
    return 0;
}

static fsz_err plain(struct rig *rig, const char *name, const char *password, int64_t now)
{
    struct fsz_shown shown = {.mechanism = FSZ_ZMTP_PLAIN, .user = name, .password = password};
    rig->user = NULL;
    return fsz_credentials_check(rig->credentials, rig->users, &shown, now, &rig->user);
}

static fsz_err curve(struct rig *rig, const char *key)
{
    struct fsz_shown shown = {.mechanism = FSZ_ZMTP_CURVE, .key = key};
    rig->user = NULL;
    return fsz_credentials_check(rig->credentials, rig->users, &shown, NOW, &rig->user);
}

static uint64_t checked(const struct rig *rig)
{
    return fsz_credentials_counters(rig->credentials).checked;
}

static void test_credentials_of_a_key_are_its_users(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(curve(rig, KEY_1), FSZ_OK);
    assert_string_equal(rig->user->name, "bob");
    assert_int_equal(curve(rig, KEY_2), FSZ_EDENIED);
    assert_null(rig->user);
    assert_int_equal(checked(rig), 0);
}

static void test_credentials_of_a_right_password_are_checked_once(void **state)
{
    struct rig *rig = *state;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(plain(rig, "alice", "secret", NOW), FSZ_OK);
        assert_string_equal(rig->user->name, "alice");
    }
    assert_int_equal(checked(rig), 1);
    assert_int_equal(fsz_credentials_counters(rig->credentials).remembered, 99);
}

static void test_credentials_of_a_wrong_password_are_checked_each_time(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(plain(rig, "alice", "secret", NOW), FSZ_OK);
    assert_int_equal(plain(rig, "alice", "Secret", NOW), FSZ_EDENIED);
    assert_int_equal(plain(rig, "alice", "Secret", NOW), FSZ_EDENIED);
    assert_null(rig->user);
    assert_int_equal(checked(rig), 3);
}

static void test_credentials_of_nobody_cost_a_check_too(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(plain(rig, "nobody", "secret", NOW), FSZ_EDENIED);
    assert_int_equal(plain(rig, "bob", "secret", NOW), FSZ_EDENIED); /* has no password */
    assert_int_equal(plain(rig, "", "secret", NOW), FSZ_EDENIED);
    assert_int_equal(checked(rig), 3);
}

static void test_credentials_remembered_end_with_the_users_hash(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(plain(rig, "alice", "secret", NOW), FSZ_OK);
    add_user(rig, "alice", hash_2, NULL);
    assert_int_equal(plain(rig, "alice", "secret", NOW), FSZ_OK);
    assert_int_equal(checked(rig), 2);
    assert_int_equal(fsz_users_remove(rig->users, "alice"), FSZ_OK);
    assert_int_equal(plain(rig, "alice", "secret", NOW), FSZ_EDENIED);
    assert_int_equal(checked(rig), 3);
}

static void test_credentials_remembered_are_of_one_user(void **state)
{
    struct rig *rig = *state;
    add_user(rig, "carol", hash_1, NULL);
    assert_int_equal(plain(rig, "alice", "secret", NOW), FSZ_OK);
    assert_int_equal(plain(rig, "carol", "secret", NOW), FSZ_OK);
    assert_string_equal(rig->user->name, "carol");
    assert_int_equal(checked(rig), 2);
}

/* An empty password is refused before Argon2id, but counts. */
static void test_credentials_beyond_the_checks_of_a_second_come_later(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(plain(rig, "alice", "secret", NOW), FSZ_OK);
    for (int i = 1; i < FSZ_PASSWORD_CHECKS_PER_S; i++) {
        assert_int_equal(plain(rig, "alice", "", NOW + 999), FSZ_EDENIED);
    }
    assert_int_equal(plain(rig, "alice", "", NOW + 999), FSZ_EBUSY);
    assert_int_equal(plain(rig, "nobody", "", NOW + 999), FSZ_EBUSY);
    assert_int_equal(plain(rig, "alice", "secret", NOW + 999), FSZ_OK); /* is remembered */
    assert_int_equal(curve(rig, KEY_1), FSZ_OK);
    assert_int_equal(plain(rig, "alice", "", NOW + 1000), FSZ_EDENIED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_credentials_of_a_key_are_its_users),
        TEST(test_credentials_of_a_right_password_are_checked_once),
        TEST(test_credentials_of_a_wrong_password_are_checked_each_time),
        TEST(test_credentials_of_nobody_cost_a_check_too),
        TEST(test_credentials_remembered_end_with_the_users_hash),
        TEST(test_credentials_remembered_are_of_one_user),
        TEST(test_credentials_beyond_the_checks_of_a_second_come_later),
    };
    return cmocka_run_group_tests(tests, make_hashes, NULL);
}
