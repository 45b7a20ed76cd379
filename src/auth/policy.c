/* SPDX-License-Identifier: MPL-2.0 */
#include "auth/policy.h"

#include "base/ref.h"

#include <stdlib.h>
#include <string.h>

struct fsz_policy {
    struct fsz_ref           references;
    struct fsz_users        *users;
    struct fsz_group_config *groups; /* by name */
    size_t                   group_count;
};

static int policy_compare_groups(const void *a, const void *b)
{
    return strcmp(((const struct fsz_group_config *)a)->name,
                  ((const struct fsz_group_config *)b)->name);
}

/* NULL: there is none. */
static const struct fsz_grants *policy_grants(const struct fsz_policy *policy, const char *group)
{
    struct fsz_group_config wanted = {.name = (char *)group};
    if (policy->group_count == 0) {
        return NULL;
    }
    const struct fsz_group_config *found = bsearch(&wanted, policy->groups, policy->group_count,
                                                   sizeof(wanted), policy_compare_groups);
    return found != NULL ? found->grants : NULL;
}

static void policy_free(struct fsz_policy *policy)
{
    for (size_t i = 0; i < policy->group_count; i++) {
        free(policy->groups[i].name);
        fsz_grants_free(&policy->groups[i].grants);
    }
    free(policy->groups);
    fsz_users_free(&policy->users);
    free(policy);
}

static void policy_check_user(const struct fsz_policy *policy, const char *path,
                              const struct fsz_user *user, struct fsz_problems *problems)
{
    for (size_t i = 0; i < user->group_count; i++) {
        if (policy_grants(policy, user->groups[i]) == NULL) {
            fsz_problems_add(problems,
                             "%s: users.%s: groups[%zu]: the configuration has no group \"%s\"; "
                             "add it to <groups>, or remove it from the user",
                             path, user->name, i, user->groups[i]);
        }
    }
}

static fsz_err policy_check(const struct fsz_policy *policy, const char *path,
                            struct fsz_problems *problems)
{
    size_t before = problems->count;
    for (size_t i = 0; i < fsz_users_count(policy->users); i++) {
        policy_check_user(policy, path, fsz_users_at(policy->users, i), problems);
    }
    return problems->count > before ? FSZ_EINVALID : FSZ_OK;
}

fsz_err fsz_policy_new(struct fsz_config *config, struct fsz_users **users,
                       struct fsz_policy **ret_policy, struct fsz_problems *problems)
{
    struct fsz_policy *policy = calloc(1, sizeof(*policy));
    if (policy == NULL) {
        fsz_users_free(users);
        return FSZ_ENOMEM;
    }
    *policy = (struct fsz_policy){.references = {1},
                                  .users = *users,
                                  .groups = config->groups,
                                  .group_count = config->group_count};
    *users = NULL;
    config->groups = NULL;
    config->group_count = 0;
    if (policy->group_count > 0) {
        qsort(policy->groups, policy->group_count, sizeof(*policy->groups), policy_compare_groups);
    }
    fsz_err err = policy_check(policy, config->users_file ? config->users_file : "users", problems);
    if (err != FSZ_OK) {
        policy_free(policy);
        return err;
    }
    *ret_policy = policy;
    return FSZ_OK;
}

fsz_err fsz_policy_load(struct fsz_config *config, struct fsz_policy **ret_policy,
                        struct fsz_problems *problems)
{
    struct fsz_users *users = NULL;
    fsz_err err = config->users_file != NULL ? fsz_users_read(config->users_file, &users, problems)
                                             : fsz_users_new(&users);
    return err == FSZ_OK ? fsz_policy_new(config, &users, ret_policy, problems) : err;
}

struct fsz_policy *fsz_policy_ref(struct fsz_policy *policy)
{
    fsz_ref_take(&policy->references);
    return policy;
}

void fsz_policy_unref(struct fsz_policy **policy)
{
    if (*policy != NULL && fsz_ref_drop(&(*policy)->references)) {
        policy_free(*policy);
    }
    *policy = NULL;
}

static void policy_add_group(const struct fsz_policy *policy, const char *group,
                             struct fsz_principal *principal)
{
    const struct fsz_grants *grants = policy_grants(policy, group);
    if (grants != NULL) {
        principal->grants[principal->grant_count++] = grants;
    }
}

bool fsz_policy_find(const struct fsz_policy *policy, const char *name,
                     struct fsz_principal *ret_principal)
{
    struct fsz_principal   principal = {.name = ""};
    const struct fsz_user *user = NULL;
    if (name[0] == '\0') {
        policy_add_group(policy, FSZ_DEFAULT_GROUP, &principal);
    } else {
        user = fsz_users_find(policy->users, name);
        if (user == NULL) {
            return false;
        }
        principal.name = user->name;
        for (size_t i = 0; i < user->group_count; i++) {
            policy_add_group(policy, user->groups[i], &principal);
        }
    }
    *ret_principal = principal;
    return true;
}

void fsz_policy_find_group(const struct fsz_policy *policy, const char *group,
                           struct fsz_principal *ret_principal)
{
    *ret_principal = (struct fsz_principal){.name = ""};
    policy_add_group(policy, group, ret_principal);
}

static bool policy_user_has(const struct fsz_user *user, uint64_t proof)
{
    bool has = user->password != NULL && fsz_peer_proof(user->password) == proof;
    for (size_t i = 0; !has && i < user->key_count; i++) {
        has = fsz_peer_proof(user->keys[i]) == proof;
    }
    return has;
}

bool fsz_policy_find_peer(const struct fsz_policy *policy, const struct fsz_peer *peer,
                          struct fsz_principal *ret_principal)
{
    const struct fsz_user *user =
        peer->proof != 0 ? fsz_users_find(policy->users, peer->user) : NULL;
    bool proven = peer->proof == 0 || (user != NULL && policy_user_has(user, peer->proof));
    return proven && fsz_policy_find(policy, peer->user, ret_principal);
}

const struct fsz_users *fsz_policy_users(const struct fsz_policy *policy)
{
    return policy->users;
}

bool fsz_principal_may(const struct fsz_principal *principal, enum fsz_right right,
                       const char *what)
{
    bool may = false;
    for (size_t i = 0; !may && i < principal->grant_count; i++) {
        may = fsz_grants_allow(principal->grants[i], right, what);
    }
    return may;
}

bool fsz_principal_may_all(const struct fsz_principal *principal, enum fsz_right right)
{
    bool may = false;
    for (size_t i = 0; !may && i < principal->grant_count; i++) {
        may = fsz_grants_allow_all(principal->grants[i], right);
    }
    return may;
}
