/* policy.h - who is known and what each may do: a value, swapped whole at a reload.
 *
 * Made from a configuration's groups and a users file. Immutable and counted: whoever decides takes
 * a reference, so a decision is always by one generation. Any thread. */
#ifndef FSZ_POLICY_H
#define FSZ_POLICY_H

#include "auth/peer.h"
#include "config/config.h"
#include "config/grants.h"
#include "keys/users.h"

struct fsz_policy;

/* Somebody and their grants: the union of their groups'. Valid as long as the policy is held. */
struct fsz_principal {
    const char              *name; /* empty: a peer without a name */
    const struct fsz_grants *grants[FSZ_USER_GROUPS_MAX];
    size_t                   grant_count;
};

/* Takes the groups out of *config and *users over, also on failure. A user's group that the
 * configuration does not have is a mistake, told in `problems`: FSZ_EINVALID. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_policy_new(struct fsz_config *config, struct fsz_users **users,
                                     struct fsz_policy **ret_policy, struct fsz_problems *problems);
/* The same with the users file that *config names, or without users. Also what fsz_users_read()
 * says. */
FSZ_NODISCARD fsz_err fsz_policy_load(struct fsz_config *config, struct fsz_policy **ret_policy,
                                      struct fsz_problems *problems);
struct fsz_policy    *fsz_policy_ref(struct fsz_policy *policy);
/* Accepts NULL in *policy. */
void fsz_policy_unref(struct fsz_policy **policy);

/* The user of that name, or with an empty name the default group. False: nobody of that name any
 * more. */
bool fsz_policy_find(const struct fsz_policy *policy, const char *name,
                     struct fsz_principal *ret_principal);
/* Somebody without a name who has the grants of that group; an unknown one has none. */
void fsz_policy_find_group(const struct fsz_policy *policy, const char *group,
                           struct fsz_principal *ret_principal);
/* The same of a peer. False too where the key or password that it showed is not its user's any
 * more. */
bool fsz_policy_find_peer(const struct fsz_policy *policy, const struct fsz_peer *peer,
                          struct fsz_principal *ret_principal);
const struct fsz_users *fsz_policy_users(const struct fsz_policy *policy);

bool fsz_principal_may(const struct fsz_principal *principal, enum fsz_right right,
                       const char *what);
bool fsz_principal_may_all(const struct fsz_principal *principal, enum fsz_right right);

#endif
