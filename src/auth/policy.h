/* SPDX-License-Identifier: MPL-2.0 */
/* policy.h - the users and their grants, replaced as a whole by a reload.
 *
 * Made from a configuration's groups and a users file. Immutable and reference-counted: a decision
 * takes a reference, so it always uses one generation. Any thread. */
#ifndef FSZ_POLICY_H
#define FSZ_POLICY_H

#include "auth/peer.h"
#include "config/config.h"
#include "config/grants.h"
#include "keys/users.h"

struct fsz_policy;

/* A user and the grants of all the user's groups. Valid as long as the caller keeps its reference
 * to the policy. */
struct fsz_principal {
    const char              *name; /* empty: a peer without a name */
    const struct fsz_grants *grants[FSZ_USER_GROUPS_MAX];
    size_t                   grant_count;
};

/* Takes the groups of *config and *users, also on failure. FSZ_EINVALID: a user has a group that
 * the configuration does not have, as `problems` says. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_policy_new(struct fsz_config *config, struct fsz_users **users,
                                     struct fsz_policy **ret_policy, struct fsz_problems *problems);
/* The same with the users file of *config, or without users. Also returns the errors of
 * fsz_users_read(). */
FSZ_NODISCARD fsz_err fsz_policy_load(struct fsz_config *config, struct fsz_policy **ret_policy,
                                      struct fsz_problems *problems);
struct fsz_policy    *fsz_policy_ref(struct fsz_policy *policy);
/* Accepts NULL in *policy. */
void fsz_policy_unref(struct fsz_policy **policy);

/* Finds a user by name; an empty name has the grants of the default group. False: there is no such
 * user, or no longer. */
bool fsz_policy_find(const struct fsz_policy *policy, const char *name,
                     struct fsz_principal *ret_principal);
/* A principal without a name and with the grants of that group; an unknown group has none. */
void fsz_policy_find_group(const struct fsz_policy *policy, const char *group,
                           struct fsz_principal *ret_principal);
/* Finds the user of a peer. False also if the key or password that the peer used is no longer its
 * user's. */
bool fsz_policy_find_peer(const struct fsz_policy *policy, const struct fsz_peer *peer,
                          struct fsz_principal *ret_principal);
const struct fsz_users *fsz_policy_users(const struct fsz_policy *policy);

bool fsz_principal_may(const struct fsz_principal *principal, enum fsz_right right,
                       const char *what);
bool fsz_principal_may_all(const struct fsz_principal *principal, enum fsz_right right);

#endif
