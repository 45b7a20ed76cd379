/* SPDX-License-Identifier: MPL-2.0 */
/* The policy: groups of a configuration and users of a file. */
#include "auth/policy.h"

#include "auth/peer.h"
#include "base/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct fsz_problems problems;

static void add_group(struct fsz_config *config, const char *name, enum fsz_right right,
                      const char *pattern)
{
    struct fsz_group_config *group = &config->groups[config->group_count++];
    group->name = strdup(name);
    assert_int_equal(fsz_grants_new(&group->grants), FSZ_OK);
    assert_int_equal(fsz_grants_add(group->grants, right, pattern), FSZ_OK);
}

static void add_user(struct fsz_users *users, const char *name, const char *group_1,
                     const char *group_2)
{
    char           *groups[] = {(char *)group_1, (char *)group_2};
    struct fsz_user user = {.name = (char *)name,
                            .groups = groups,
                            .group_count = (group_1 != NULL) + (group_2 != NULL)};
    assert_int_equal(fsz_users_set(users, &user), FSZ_OK);
}

static const char KEY[] = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";
static const char OTHER_KEY[] = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";

static void add_keys(struct fsz_users *users)
{
    char           *keys[] = {(char *)KEY};
    struct fsz_user user = {.name = (char *)"keyed", .keys = keys, .key_count = 1};
    assert_int_equal(fsz_users_set(users, &user), FSZ_OK);
}

/* Groups `readers`, `default` and `callers`. */
static void make_groups(struct fsz_config *config)
{
    config->groups = calloc(3, sizeof(*config->groups));
    add_group(config, "readers", FSZ_RIGHT_METHODS, "server.*");
    add_group(config, FSZ_DEFAULT_GROUP, FSZ_RIGHT_METHODS, "server.ping");
    add_group(config, "callers", FSZ_RIGHT_METHODS, "call.*");
}

static int policy_setup(void **state)
{
    struct fsz_config  config = {0};
    struct fsz_users  *users = NULL;
    struct fsz_policy *policy = NULL;
    make_groups(&config);
    assert_int_equal(fsz_users_new(&users), FSZ_OK);
    add_user(users, "alice", "readers", "callers");
    add_user(users, "bob", "callers", NULL);
    add_user(users, "idle", NULL, NULL);
    add_keys(users);
    assert_int_equal(fsz_policy_new(&config, &users, &policy, &problems), FSZ_OK);
    assert_null(config.groups);
    assert_null(users);
    *state = policy;
    return 0;
}

static int policy_teardown(void **state)
{
    struct fsz_policy *policy = *state;
    fsz_policy_unref(&policy);
    assert_null(policy);
    return 0;
}

static bool may(const struct fsz_policy *policy, const char *name, const char *method)
{
    struct fsz_principal principal;
    assert_true(fsz_policy_find(policy, name, &principal));
    assert_string_equal(principal.name, name);
    return fsz_principal_may(&principal, FSZ_RIGHT_METHODS, method);
}

static void test_policy_gives_a_user_what_all_groups_give(void **state)
{
    assert_true(may(*state, "alice", "server.stats"));
    assert_true(may(*state, "alice", "call.hangup"));
    assert_false(may(*state, "alice", "api"));
    assert_true(may(*state, "bob", "call.hangup"));
    assert_false(may(*state, "bob", "server.ping"));
}

static void test_policy_gives_a_user_without_groups_nothing(void **state)
{
    assert_false(may(*state, "idle", "server.ping"));
}

static void test_policy_gives_nobody_the_default_group(void **state)
{
    assert_true(may(*state, "", "server.ping"));
    assert_false(may(*state, "", "server.stats"));
}

static void test_policy_does_not_find_who_is_not_there(void **state)
{
    struct fsz_principal principal = {.name = "untouched"};
    assert_false(fsz_policy_find(*state, "mallory", &principal));
    assert_false(fsz_policy_find(*state, "readers", &principal));
    assert_string_equal(principal.name, "untouched");
}

static void test_policy_without_a_default_group_gives_nobody_anything(void **state)
{
    struct fsz_config    config = {0};
    struct fsz_policy   *policy = NULL;
    struct fsz_principal nobody;
    (void)state;
    assert_int_equal(fsz_policy_load(&config, &policy, &problems), FSZ_OK);
    assert_true(fsz_policy_find(policy, "", &nobody));
    assert_false(fsz_principal_may(&nobody, FSZ_RIGHT_METHODS, "server.ping"));
    assert_false(fsz_principal_may_all(&nobody, FSZ_RIGHT_METHODS));
    assert_int_equal(fsz_users_count(fsz_policy_users(policy)), 0);
    fsz_policy_unref(&policy);
}

static void test_policy_of_a_group_that_is_not_there_is_told(void **state)
{
    struct fsz_config  config = {.users_file = (char *)"/etc/users.json"};
    struct fsz_users  *users = NULL;
    struct fsz_policy *policy = NULL;
    (void)state;
    fsz_problems_init(&problems);
    make_groups(&config);
    assert_int_equal(fsz_users_new(&users), FSZ_OK);
    add_user(users, "alice", "readers", "admins");
    assert_int_equal(fsz_policy_new(&config, &users, &policy, &problems), FSZ_EINVALID);
    assert_null(policy);
    assert_null(config.groups);
    assert_null(users);
    assert_string_equal(problems.lines[0],
                        "/etc/users.json: users.alice: groups[1]: the configuration has no group "
                        "\"admins\"; add it to <groups>, or remove it from the user");
}

static void test_policy_of_a_users_file_that_is_not_there_is_told(void **state)
{
    struct fsz_config  config = {.users_file = (char *)"/nowhere/users.json"};
    struct fsz_policy *policy = NULL;
    (void)state;
    fsz_problems_init(&problems);
    assert_int_equal(fsz_policy_load(&config, &policy, &problems), FSZ_ESYSTEM);
    assert_non_null(strstr(problems.lines[0], "/nowhere/users.json: "));
}

static void test_principal_may_all_by_a_star_only(void **state)
{
    struct fsz_config    config = {0};
    struct fsz_users    *users = NULL;
    struct fsz_policy   *policy = NULL;
    struct fsz_principal nobody;
    (void)state;
    config.groups = calloc(1, sizeof(*config.groups));
    add_group(&config, FSZ_DEFAULT_GROUP, FSZ_RIGHT_API, "*");
    assert_int_equal(fsz_users_new(&users), FSZ_OK);
    assert_int_equal(fsz_policy_new(&config, &users, &policy, &problems), FSZ_OK);
    assert_true(fsz_policy_find(policy, "", &nobody));
    assert_true(fsz_principal_may_all(&nobody, FSZ_RIGHT_API));
    assert_false(fsz_principal_may_all(&nobody, FSZ_RIGHT_METHODS));
    fsz_policy_unref(&policy);
}

static void *use_and_give_back(void *argument)
{
    struct fsz_policy *policy = argument;
    for (int i = 0; i < 1000; i++) {
        struct fsz_policy   *mine = fsz_policy_ref(policy);
        struct fsz_principal principal;
        (void)fsz_policy_find(mine, "alice", &principal);
        fsz_policy_unref(&mine);
    }
    fsz_policy_unref(&policy);
    return NULL;
}

static void test_policy_lives_as_long_as_its_last_user(void **state)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(
            fsz_thread_start(&threads[i], "test", use_and_give_back, fsz_policy_ref(*state)),
            FSZ_OK);
    }
    assert_true(may(*state, "alice", "server.ping"));
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, policy_setup, policy_teardown)

static void test_policy_knows_a_peer_as_long_as_what_it_showed_is_its_users(void **state)
{
    struct fsz_principal who;
    struct fsz_peer      peer = {.user = "keyed", .proof = fsz_peer_proof(KEY)};
    assert_true(fsz_policy_find_peer(*state, &peer, &who));
    assert_string_equal(who.name, "keyed");
    peer.proof = fsz_peer_proof(OTHER_KEY); /* a key that was removed */
    assert_false(fsz_policy_find_peer(*state, &peer, &who));
    peer = (struct fsz_peer){.user = "alice", .proof = fsz_peer_proof(KEY)};
    assert_false(fsz_policy_find_peer(*state, &peer, &who));
    peer = (struct fsz_peer){.user = "mallory", .proof = fsz_peer_proof(KEY)};
    assert_false(fsz_policy_find_peer(*state, &peer, &who));
    peer = (struct fsz_peer){.user = ""};
    assert_true(fsz_policy_find_peer(*state, &peer, &who));
    assert_int_not_equal(fsz_peer_proof(KEY), fsz_peer_proof(OTHER_KEY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_policy_gives_a_user_what_all_groups_give),
        TEST(test_policy_gives_a_user_without_groups_nothing),
        TEST(test_policy_gives_nobody_the_default_group),
        TEST(test_policy_does_not_find_who_is_not_there),
        TEST(test_policy_knows_a_peer_as_long_as_what_it_showed_is_its_users),
        TEST(test_policy_lives_as_long_as_its_last_user),
        cmocka_unit_test(test_policy_without_a_default_group_gives_nobody_anything),
        cmocka_unit_test(test_policy_of_a_group_that_is_not_there_is_told),
        cmocka_unit_test(test_policy_of_a_users_file_that_is_not_there_is_told),
        cmocka_unit_test(test_principal_may_all_by_a_star_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
