/* SPDX-License-Identifier: MPL-2.0 */
#include "keys/users.h"

#include "keys/cert.h"
#include "keys/password.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1 /* otherwise uthash ends the process */
#include <uthash.h>

struct users_entry;

struct users_key {
    UT_hash_handle      hh;
    struct users_entry *owner;
    char                text[FSZ_KEY_BYTES];
};

struct users_entry {
    UT_hash_handle   hh;
    struct fsz_user  user;
    struct users_key keys[]; /* user.keys points into them */
};

struct fsz_users {
    struct users_entry  *by_name;
    struct users_key    *by_key;
    struct users_entry **sorted; /* by name; as many as in by_name */
    size_t               count, capacity;
};

fsz_err fsz_users_new(struct fsz_users **ret_users)
{
    struct fsz_users *users = calloc(1, sizeof(*users));
    if (users == NULL) {
        return FSZ_ENOMEM;
    }
    *ret_users = users;
    return FSZ_OK;
}

/* Frees an entry that is in no table. */
static void users_free_entry(struct users_entry *entry)
{
    for (size_t i = 0; entry->user.groups != NULL && i < entry->user.group_count; i++) {
        free(entry->user.groups[i]);
    }
    free(entry->user.groups);
    free(entry->user.keys);
    free(entry->user.password);
    free(entry->user.name);
    free(entry);
}

static void users_unlist(struct fsz_users *users, struct users_entry *entry)
{
    for (size_t i = 0; i < entry->user.key_count; i++) {
        if (users->by_key != NULL && entry->keys[i].owner != NULL) {
            HASH_DEL(users->by_key, &entry->keys[i]);
        }
    }
    if (users->by_name != NULL && entry->hh.tbl != NULL) {
        HASH_DEL(users->by_name, entry);
    }
    users_free_entry(entry);
}

void fsz_users_free(struct fsz_users **users)
{
    if (*users == NULL) {
        return;
    }
    for (size_t i = 0; i < (*users)->count; i++) {
        users_unlist(*users, (*users)->sorted[i]);
    }
    free((*users)->sorted);
    free(*users);
    *users = NULL;
}

/* ---- lookups --------------------------------------------------------------------------------- */

size_t fsz_users_count(const struct fsz_users *users)
{
    return users->count;
}

const struct fsz_user *fsz_users_at(const struct fsz_users *users, size_t index)
{
    return &users->sorted[index]->user;
}

const struct fsz_user *fsz_users_find(const struct fsz_users *users, const char *name)
{
    struct users_entry *found = NULL;
    HASH_FIND(hh, users->by_name, name, strlen(name), found);
    return found != NULL ? &found->user : NULL;
}

const struct fsz_user *fsz_users_find_key(const struct fsz_users *users, const char *key)
{
    struct users_key *found = NULL;
    HASH_FIND(hh, users->by_key, key, strlen(key), found);
    return found != NULL ? &found->owner->user : NULL;
}

/* ---- checks ---------------------------------------------------------------------------------- */

bool fsz_user_name_is_valid(const char *name)
{
    size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                 "0123456789-_.@");
    return name[length] == '\0' && length > 0 && length <= FSZ_USER_NAME_MAX;
}

static bool users_has_before(char *const *texts, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(texts[i], texts[index]) == 0) {
            return true;
        }
    }
    return false;
}

static fsz_err users_check_key(const struct fsz_users *users, const struct fsz_user *user,
                               size_t index, char *why, size_t why_bytes)
{
    if (!fsz_key_is_valid(user->keys[index])) {
        snprintf(why, why_bytes,
                 "keys[%zu]: not a public key; a key is 40 characters of Z85, as written by "
                 "fszmq keygen",
                 index);
        return FSZ_EINVALID;
    }
    const struct fsz_user *owner = fsz_users_find_key(users, user->keys[index]);
    bool                   is_others = owner != NULL && strcmp(owner->name, user->name) != 0;
    if (is_others || users_has_before(user->keys, index)) {
        snprintf(why, why_bytes,
                 "keys[%zu]: already belongs to user \"%s\"; a key may occur only once", index,
                 is_others ? owner->name : user->name);
        return FSZ_EINVALID;
    }
    return FSZ_OK;
}

static fsz_err users_check_group(const struct fsz_user *user, size_t index, char *why,
                                 size_t why_bytes)
{
    if (fsz_user_name_is_valid(user->groups[index]) && !users_has_before(user->groups, index)) {
        return FSZ_OK;
    }
    snprintf(why, why_bytes,
             "groups[%zu]: \"%s\" is not a valid group name, or is repeated; a name is 1 to %d "
             "letters, digits and - _ . @",
             index, user->groups[index], FSZ_USER_NAME_MAX);
    return FSZ_EINVALID;
}

static fsz_err users_check_counts(const struct fsz_users *users, const struct fsz_user *user,
                                  char *why, size_t why_bytes)
{
    if (user->key_count > FSZ_USER_KEYS_MAX) {
        snprintf(why, why_bytes, "keys: %zu; at most %d are allowed", user->key_count,
                 FSZ_USER_KEYS_MAX);
    } else if (user->group_count > FSZ_USER_GROUPS_MAX) {
        snprintf(why, why_bytes, "groups: %zu; at most %d are allowed", user->group_count,
                 FSZ_USER_GROUPS_MAX);
    } else if (users->count >= FSZ_USERS_MAX && fsz_users_find(users, user->name) == NULL) {
        snprintf(why, why_bytes, "too many users; at most %d are allowed", FSZ_USERS_MAX);
    } else {
        return FSZ_OK;
    }
    return FSZ_ELIMIT;
}

fsz_err fsz_users_check(const struct fsz_users *users, const struct fsz_user *user, char *ret_why,
                        size_t why_bytes)
{
    if (!fsz_user_name_is_valid(user->name)) {
        snprintf(ret_why, why_bytes,
                 "a user name is 1 to %d letters, digits and - _ . @, not \"%s\"",
                 FSZ_USER_NAME_MAX, user->name);
        return FSZ_EINVALID;
    }
    if (user->password != NULL && !fsz_password_hash_is_valid(user->password)) {
        snprintf(
            ret_why, why_bytes,
            "password: not an Argon2id hash ($argon2id$…); make one with: fszmq user passwd %s",
            user->name);
        return FSZ_EINVALID;
    }
    fsz_err err = users_check_counts(users, user, ret_why, why_bytes);
    for (size_t i = 0; err == FSZ_OK && i < user->key_count; i++) {
        err = users_check_key(users, user, i, ret_why, why_bytes);
    }
    for (size_t i = 0; err == FSZ_OK && i < user->group_count; i++) {
        err = users_check_group(user, i, ret_why, why_bytes);
    }
    return err;
}

/* ---- changes --------------------------------------------------------------------------------- */

static bool users_copy_groups(struct fsz_user *copy, const struct fsz_user *user)
{
    copy->groups = calloc(user->group_count + 1, sizeof(*copy->groups));
    for (size_t i = 0; copy->groups != NULL && i < user->group_count; i++) {
        copy->groups[i] = strdup(user->groups[i]);
        if (copy->groups[i] == NULL) {
            return false;
        }
        copy->group_count++;
    }
    return copy->groups != NULL;
}

static struct users_entry *users_copy(const struct fsz_user *user)
{
    struct users_entry *entry =
        calloc(1, sizeof(*entry) + user->key_count * sizeof(entry->keys[0]));
    if (entry == NULL) {
        return NULL;
    }
    struct fsz_user *copy = &entry->user;
    copy->name = strdup(user->name);
    copy->password = user->password != NULL ? strdup(user->password) : NULL;
    copy->keys = calloc(user->key_count + 1, sizeof(*copy->keys));
    if (copy->name == NULL || (copy->password == NULL) != (user->password == NULL) ||
        copy->keys == NULL || !users_copy_groups(copy, user)) {
        users_free_entry(entry);
        return NULL;
    }
    for (; copy->key_count < user->key_count; copy->key_count++) {
        copy->keys[copy->key_count] = entry->keys[copy->key_count].text;
        memcpy(copy->keys[copy->key_count], user->keys[copy->key_count], FSZ_KEY_BYTES);
    }
    return entry;
}

/* Adds an entry to both tables, even if another one has the same name. False: out of memory; it is
 * in neither table. */
static bool users_list(struct fsz_users *users, struct users_entry *entry)
{
    HASH_ADD_KEYPTR(hh, users->by_name, entry->user.name, strlen(entry->user.name), entry);
    bool listed = entry->hh.tbl != NULL;
    for (size_t i = 0; listed && i < entry->user.key_count; i++) {
        struct users_key *key = &entry->keys[i];
        HASH_ADD_KEYPTR(hh, users->by_key, key->text, FSZ_KEY_BYTES - 1, key);
        listed = key->hh.tbl != NULL;
        key->owner = listed ? entry : NULL;
    }
    return listed;
}

static bool users_reserve(struct fsz_users *users)
{
    if (users->count < users->capacity) {
        return true;
    }
    size_t               capacity = users->capacity == 0 ? 16 : users->capacity * 2;
    struct users_entry **sorted = realloc(users->sorted, capacity * sizeof(struct users_entry *));
    if (sorted == NULL) {
        return false;
    }
    users->sorted = sorted;
    users->capacity = capacity;
    return true;
}

/* The position of that user in `sorted`, or where it would be inserted. */
static size_t users_place(const struct fsz_users *users, const char *name)
{
    size_t low = 0, high = users->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(users->sorted[middle]->user.name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

fsz_err fsz_users_set(struct fsz_users *users, const struct fsz_user *user)
{
    char    why[FSZ_PROBLEM_BYTES];
    fsz_err err = fsz_users_check(users, user, why, sizeof(why));
    if (err != FSZ_OK) {
        return err;
    }
    bool                replaces = fsz_users_find(users, user->name) != NULL;
    struct users_entry *entry = users_copy(user);
    if (entry == NULL) {
        return FSZ_ENOMEM;
    }
    if (!users_reserve(users) || !users_list(users, entry)) {
        users_unlist(users, entry);
        return FSZ_ENOMEM;
    }
    size_t place = users_place(users, user->name);
    if (replaces) {
        users_unlist(users, users->sorted[place]);
    } else {
        memmove(&users->sorted[place + 1], &users->sorted[place],
                (users->count - place) * sizeof(struct users_entry *));
        users->count++;
    }
    users->sorted[place] = entry;
    return FSZ_OK;
}

fsz_err fsz_users_remove(struct fsz_users *users, const char *name)
{
    if (fsz_users_find(users, name) == NULL) {
        return FSZ_ENOTFOUND;
    }
    size_t place = users_place(users, name);
    users_unlist(users, users->sorted[place]);
    users->count--;
    memmove(&users->sorted[place], &users->sorted[place + 1],
            (users->count - place) * sizeof(struct users_entry *));
    return FSZ_OK;
}
