/* SPDX-License-Identifier: MPL-2.0 */
/* The users file: what it takes, what it refuses and how it says so. */
#include "keys/users.h"

#include "keys/cert.h"
#include "keys/password.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define KEY_1 "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define KEY_2 "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define HASH                                                                                       \
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$"                                       \
    "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"

static struct fsz_problems problems;

struct rig {
    char              folder[64], path[128], lock[128];
    struct fsz_users *users;
};

static int rig_setup(void **state)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    strcpy(rig->folder, "/tmp/fsz-users-XXXXXX");
    assert_non_null(mkdtemp(rig->folder));
    snprintf(rig->path, sizeof(rig->path), "%s/users.json", rig->folder);
    snprintf(rig->lock, sizeof(rig->lock), "%s/users.json.lock", rig->folder);
    assert_int_equal(fsz_users_new(&rig->users), FSZ_OK);
    fsz_problems_init(&problems);
    *state = rig;
    return 0;
}

static int rig_teardown(void **state)
{
    struct rig *rig = *state;
    fsz_users_free(&rig->users);
    assert_null(rig->users);
    unlink(rig->path);
    unlink(rig->lock);
    assert_int_equal(rmdir(rig->folder), 0); /* no temporary file is left */
    free(rig);
    return 0;
}

static void write_text(struct rig *rig, const char *text, mode_t mode)
{
    FILE *file = fopen(rig->path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(rig->path, mode), 0);
}

static void read_good(struct rig *rig)
{
    fsz_users_free(&rig->users);
    if (fsz_users_read(rig->path, &rig->users, &problems) != FSZ_OK) {
        fail_msg("%s", problems.lines[0]);
    }
}

/* One problem: the path, then `what`. */
static void refuse_text(struct rig *rig, const char *text, const char *what)
{
    struct fsz_users *users = NULL;
    fsz_problems_init(&problems);
    write_text(rig, text, 0600);
    assert_int_equal(fsz_users_read(rig->path, &users, &problems), FSZ_EINVALID);
    assert_null(users);
    assert_int_equal(problems.count, 1);
    assert_memory_equal(problems.lines[0], rig->path, strlen(rig->path));
    assert_string_equal(problems.lines[0] + strlen(rig->path), what);
}

static void test_users_are_read(void **state)
{
    struct rig *rig = *state;
    write_text(rig,
               "{\"users\": {\"zoe\": {\"keys\": [\"" KEY_1 "\", \"" KEY_2 "\"]},"
               " \"alice\": {\"password\": \"" HASH "\", \"groups\": [\"operators\", \"a\"]},"
               " \"b@example.org\": {}}}",
               0640);
    read_good(rig);
    assert_int_equal(fsz_users_count(rig->users), 3);
    const struct fsz_user *alice = fsz_users_at(rig->users, 0);
    const struct fsz_user *bob = fsz_users_at(rig->users, 1);
    const struct fsz_user *zoe = fsz_users_at(rig->users, 2);
    assert_string_equal(alice->name, "alice");
    assert_string_equal(alice->password, HASH);
    assert_int_equal(alice->group_count, 2);
    assert_string_equal(alice->groups[0], "operators");
    assert_string_equal(bob->name, "b@example.org");
    assert_null(bob->password);
    assert_int_equal(bob->key_count + bob->group_count, 0);
    assert_ptr_equal(fsz_users_find(rig->users, "zoe"), zoe);
    assert_ptr_equal(fsz_users_find_key(rig->users, KEY_2), zoe);
    assert_string_equal(zoe->keys[1], KEY_2);
    assert_null(fsz_users_find(rig->users, "zo"));
    assert_null(fsz_users_find_key(rig->users, "zoe"));
}

static void test_users_file_that_is_no_json_is_told_with_its_line(void **state)
{
    refuse_text(*state, "{\"users\": {\n\"a\" }}", ":2: ':' expected near '}'");
    refuse_text(*state, "{\"users\": {\"a\": {}, \"a\": {}}}",
                ":1: duplicate object key near '\"a\"'");
    refuse_text(*state, "[]", ": must be {\"users\": {…}}, as written by fszmq user add");
    refuse_text(*state, "{}", ": must be {\"users\": {…}}, as written by fszmq user add");
    refuse_text(*state, "{\"users\": {}, \"groups\": {}}",
                ": groups: unknown member; only `users` is allowed");
}

static void test_users_that_are_wrong_are_told_by_name(void **state)
{
#define ALICE(members) "{\"users\": {\"alice\": " members "}}"
    refuse_text(*state, ALICE("1"), ": users.alice: must be an object");
    refuse_text(*state, ALICE("{\"pasword\": \"x\"}"),
                ": users.alice: pasword: unknown member; a user has password, keys and groups");
    refuse_text(*state, ALICE("{\"password\": \"secret\"}"),
                ": users.alice: password: not an Argon2id hash ($argon2id$…); make one with: "
                "fszmq user passwd alice");
    refuse_text(*state, ALICE("{\"password\": 1}"),
                ": users.alice: password: must be a string, or absent");
    refuse_text(*state, ALICE("{\"keys\": \"" KEY_1 "\"}"),
                ": users.alice: keys: must be a list of at most 64 strings");
    refuse_text(*state, ALICE("{\"keys\": [\"abc\"]}"),
                ": users.alice: keys[0]: not a public key; a key is 40 characters of Z85, as "
                "written by fszmq keygen");
    refuse_text(*state, ALICE("{\"groups\": [\"a\", \"a\"]}"),
                ": users.alice: groups[1]: \"a\" is not a valid group name, or is repeated; a name "
                "is 1 to 64 letters, digits and - _ . @");
    refuse_text(*state, "{\"users\": {\"a b\": {}}}",
                ": users.a b: a user name is 1 to 64 letters, digits and - _ . @, not "
                "\"a b\"");
    refuse_text(*state,
                "{\"users\": {\"b\": {\"keys\": [\"" KEY_1 "\"]}, \"a\": {\"keys\": [\"" KEY_1
                "\"]}}}",
                ": users.b: keys[0]: already belongs to user \"a\"; a key may occur only once");
}

static void test_users_mistakes_are_told_all_at_once(void **state)
{
    struct rig       *rig = *state;
    struct fsz_users *users = NULL;
    write_text(rig, "{\"users\": {\"a\": 1, \"b\": {\"keys\": [1]}, \"c\": {\"x\": 1}}}", 0600);
    assert_int_equal(fsz_users_read(rig->path, &users, &problems), FSZ_EINVALID);
    assert_int_equal(problems.count, 3);
}

static void test_users_file_that_others_may_write_is_refused(void **state)
{
    struct rig       *rig = *state;
    struct fsz_users *users = NULL;
    write_text(rig, "{\"users\": {}}", 0620);
    assert_int_equal(fsz_users_read(rig->path, &users, &problems), FSZ_EINVALID);
    assert_non_null(strstr(problems.lines[0], "writable by others; run chmod go-w"));
}

static void test_users_file_that_is_not_there_is_told(void **state)
{
    struct rig       *rig = *state;
    struct fsz_users *users = NULL;
    assert_int_equal(fsz_users_read(rig->path, &users, &problems), FSZ_ESYSTEM);
    assert_non_null(strstr(problems.lines[0], "No such file"));
}

static void set_user(struct fsz_users *users, const char *name, const char *key)
{
    char           *keys[] = {(char *)key};
    char           *groups[] = {"operators"};
    struct fsz_user user = {.name = (char *)name,
                            .password = HASH,
                            .keys = keys,
                            .key_count = key != NULL,
                            .groups = groups,
                            .group_count = 1};
    assert_int_equal(fsz_users_set(users, &user), FSZ_OK);
}

static void test_users_written_are_read_again(void **state)
{
    struct rig *rig = *state;
    struct stat status;
    set_user(rig->users, "bob", KEY_1);
    set_user(rig->users, "alice", NULL);
    assert_int_equal(fsz_users_write(rig->path, rig->users, &problems), FSZ_OK);
    assert_int_equal(stat(rig->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    read_good(rig);
    assert_int_equal(fsz_users_count(rig->users), 2);
    assert_string_equal(fsz_users_at(rig->users, 0)->name, "alice");
    assert_string_equal(fsz_users_at(rig->users, 0)->password, HASH);
    assert_string_equal(fsz_users_find_key(rig->users, KEY_1)->name, "bob");
    assert_string_equal(fsz_users_at(rig->users, 1)->groups[0], "operators");
}

static void test_users_file_keeps_its_mode_and_its_link(void **state)
{
    struct rig *rig = *state;
    struct stat status;
    char        link[160];
    snprintf(link, sizeof(link), "%s.link", rig->path);
    write_text(rig, "{\"users\": {}}", 0640);
    assert_int_equal(symlink(rig->path, link), 0);
    set_user(rig->users, "alice", NULL);
    assert_int_equal(fsz_users_write(link, rig->users, &problems), FSZ_OK);
    assert_int_equal(lstat(link, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_int_equal(stat(rig->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
    read_good(rig);
    assert_int_equal(fsz_users_count(rig->users), 1);
    unlink(link);
}

static void test_users_file_that_can_not_be_written_is_told(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(fsz_users_write("/nowhere/users.json", rig->users, &problems), FSZ_ESYSTEM);
    assert_non_null(strstr(problems.lines[0], "/nowhere/users.json: cannot write"));
}

static void test_users_of_the_same_name_replace_each_other(void **state)
{
    struct rig *rig = *state;
    set_user(rig->users, "alice", KEY_1);
    set_user(rig->users, "alice", KEY_2);
    assert_int_equal(fsz_users_count(rig->users), 1);
    assert_null(fsz_users_find_key(rig->users, KEY_1));
    assert_string_equal(fsz_users_find_key(rig->users, KEY_2)->name, "alice");
    set_user(rig->users, "alice", KEY_2);
    set_user(rig->users, "bob", KEY_1);
    assert_int_equal(fsz_users_remove(rig->users, "alice"), FSZ_OK);
    assert_int_equal(fsz_users_remove(rig->users, "alice"), FSZ_ENOTFOUND);
    assert_null(fsz_users_find_key(rig->users, KEY_2));
    assert_string_equal(fsz_users_at(rig->users, 0)->name, "bob");
}

static void test_users_refuse_what_a_file_may_not_say(void **state)
{
    struct rig     *rig = *state;
    char           *keys[FSZ_USER_KEYS_MAX + 1] = {KEY_1, KEY_1};
    char           *groups[FSZ_USER_GROUPS_MAX + 1] = {"no group"};
    struct fsz_user bad_name = {.name = "a#1"}, no_name = {.name = ""};
    struct fsz_user twice = {.name = "a", .keys = keys, .key_count = 2};
    struct fsz_user many_keys = {.name = "a", .keys = keys, .key_count = FSZ_USER_KEYS_MAX + 1};
    struct fsz_user many = {.name = "a", .groups = groups, .group_count = FSZ_USER_GROUPS_MAX + 1};
    struct fsz_user bad_group = {.name = "a", .groups = groups, .group_count = 1};
    assert_int_equal(fsz_users_set(rig->users, &bad_name), FSZ_EINVALID);
    assert_int_equal(fsz_users_set(rig->users, &no_name), FSZ_EINVALID);
    assert_int_equal(fsz_users_set(rig->users, &twice), FSZ_EINVALID);
    assert_int_equal(fsz_users_set(rig->users, &bad_group), FSZ_EINVALID);
    assert_int_equal(fsz_users_set(rig->users, &many_keys), FSZ_ELIMIT);
    assert_int_equal(fsz_users_set(rig->users, &many), FSZ_ELIMIT);
    assert_int_equal(fsz_users_count(rig->users), 0);
}

static void test_users_stay_sorted_in_whatever_order_they_come(void **state)
{
    struct rig *rig = *state;
    char        name[16];
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "u%03u", i * 7 % 1000);
        set_user(rig->users, name, NULL);
    }
    for (unsigned i = 0; i < 1000; i += 2) {
        snprintf(name, sizeof(name), "u%03u", i);
        assert_int_equal(fsz_users_remove(rig->users, name), FSZ_OK);
    }
    assert_int_equal(fsz_users_count(rig->users), 500);
    for (unsigned i = 0; i < 500; i++) {
        snprintf(name, sizeof(name), "u%03u", i * 2 + 1);
        assert_string_equal(fsz_users_at(rig->users, i)->name, name);
        assert_ptr_equal(fsz_users_find(rig->users, name), fsz_users_at(rig->users, i));
    }
}

static void test_users_lock_keeps_others_out(void **state)
{
    struct rig *rig = *state;
    int         held = fsz_users_lock(rig->path);
    assert_true(held >= 0);
    FILE *other = fopen(rig->lock, "r");
    assert_non_null(other);
    assert_int_equal(flock(fileno(other), LOCK_EX | LOCK_NB), -1);
    close(held);
    assert_int_equal(flock(fileno(other), LOCK_EX | LOCK_NB), 0);
    fclose(other);
    assert_int_equal(fsz_users_lock("/nowhere/users.json"), -1);
}

static void test_password_fits_its_own_hash_only(void **state)
{
    char hash[FSZ_PASSWORD_HASH_BYTES], too_long[FSZ_PASSWORD_MAX + 2];
    (void)state;
    memset(too_long, 'x', sizeof(too_long));
    too_long[FSZ_PASSWORD_MAX + 1] = '\0';
    assert_int_equal(fsz_password_hash("correct horse", hash), FSZ_OK);
    assert_true(fsz_password_hash_is_valid(hash));
    assert_true(fsz_password_fits("correct horse", hash));
    assert_false(fsz_password_fits("correct hors", hash));
    assert_false(fsz_password_fits("", hash));
    assert_int_equal(fsz_password_hash("", hash), FSZ_EINVALID);
    assert_int_equal(fsz_password_hash(too_long, hash), FSZ_EINVALID);
    assert_false(fsz_password_hash_is_valid("$argon2id$"));
    assert_false(fsz_password_hash_is_valid("correct horse"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_users_are_read),
        TEST(test_users_file_that_is_no_json_is_told_with_its_line),
        TEST(test_users_that_are_wrong_are_told_by_name),
        TEST(test_users_mistakes_are_told_all_at_once),
        TEST(test_users_file_that_others_may_write_is_refused),
        TEST(test_users_file_that_is_not_there_is_told),
        TEST(test_users_written_are_read_again),
        TEST(test_users_file_keeps_its_mode_and_its_link),
        TEST(test_users_file_that_can_not_be_written_is_told),
        TEST(test_users_of_the_same_name_replace_each_other),
        TEST(test_users_refuse_what_a_file_may_not_say),
        TEST(test_users_stay_sorted_in_whatever_order_they_come),
        TEST(test_users_lock_keeps_others_out),
        cmocka_unit_test(test_password_fits_its_own_hash_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
