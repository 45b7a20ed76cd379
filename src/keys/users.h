/* SPDX-License-Identifier: MPL-2.0 */
/* users.h - the users file: the passwords, keys and groups of each user.
 *
 * JSON, so that any program can write it:
 *   {"users": {"alice": {"password": "$argon2id$…", "keys": ["Z85…"], "groups": ["operators"]}}}
 * The configuration says what a group may do (grants.h). The file is read as a whole, changed by
 * the tool, and written as a whole. Not thread-safe; any number of threads may read one that no
 * thread changes. */
#ifndef FSZ_USERS_H
#define FSZ_USERS_H

#include "base/err.h"
#include "base/problems.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    FSZ_USER_NAME_MAX = 64, /* bytes: letters, digits, - _ . @ */
    FSZ_USERS_MAX = 100000,
    FSZ_USER_KEYS_MAX = 64,
    FSZ_USER_GROUPS_MAX = 16,
    FSZ_USERS_FILE_BYTES_MAX = 64 << 20,
};

struct fsz_user {
    char  *name;
    char  *password; /* hash by Argon2id; NULL: no password is accepted */
    char **keys;     /* Z85 public keys */
    size_t key_count;
    char **groups;
    size_t group_count;
};

struct fsz_users;

FSZ_NODISCARD fsz_err fsz_users_new(struct fsz_users **ret_users);
/* Accepts NULL. */
void fsz_users_free(struct fsz_users **users);
/* FSZ_EINVALID, FSZ_ENOMEM, FSZ_ESYSTEM (a missing file, for one): `problems` says what is wrong,
 * where, and what to do. Mistakes include a key that two users have, a bad name, an unknown member,
 * and a file that others than its owner may write. */
FSZ_NODISCARD fsz_err fsz_users_read(const char *path, struct fsz_users **ret_users,
                                     struct fsz_problems *problems);
/* Replaces the file in one step: a crash leaves the old or the new one. It keeps its owner and
 * mode; a new file has mode 0600. FSZ_ESYSTEM and FSZ_ENOMEM, reported in `problems`. */
FSZ_NODISCARD fsz_err fsz_users_write(const char *path, const struct fsz_users *users,
                                      struct fsz_problems *problems);
/* Locks the file `path`.lock against other tools while the users file is read, changed and written.
 * Returns a descriptor to close, or -1 and errno. Waits. */
int fsz_users_lock(const char *path);

size_t                 fsz_users_count(const struct fsz_users *users);
const struct fsz_user *fsz_users_at(const struct fsz_users *users,
                                    size_t                  index); /* in the order of names */
/* NULL: no such user. */
const struct fsz_user *fsz_users_find(const struct fsz_users *users, const char *name);
const struct fsz_user *fsz_users_find_key(const struct fsz_users *users, const char *key);

bool fsz_user_name_is_valid(const char *name); /* also for the name of a group */
/* Would fsz_users_set() accept it? FSZ_EINVALID: bad name, hash or group, or a key that is bad or
 * belongs to another user; FSZ_ELIMIT: too many. ret_why says which member and why ("keys[1]: …").
 */
FSZ_NODISCARD fsz_err fsz_users_check(const struct fsz_users *users, const struct fsz_user *user,
                                      char *ret_why, size_t why_bytes);
/* Adds a copy of a user, or replaces the user of that name. Returns what fsz_users_check() does, or
 * FSZ_ENOMEM: nothing changed. */
FSZ_NODISCARD fsz_err fsz_users_set(struct fsz_users *users, const struct fsz_user *user);
/* FSZ_ENOTFOUND. */
FSZ_NODISCARD fsz_err fsz_users_remove(struct fsz_users *users, const char *name);

#endif
