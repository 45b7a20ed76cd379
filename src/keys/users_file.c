/* SPDX-License-Identifier: MPL-2.0 */
#include "keys/file.h"
#include "keys/users.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { USERS_WHERE_BYTES = 128, USERS_TEXTS_MAX = 64 };

/* The state of reading one file. */
struct users_reader {
    const char          *path;
    struct fsz_users    *users;
    struct fsz_problems *problems;
};

/* ---- one user -------------------------------------------------------------------------------- */

static void users_complain(struct users_reader *reader, const char *name, const char *wrong)
{
    fsz_problems_add(reader->problems, "%s: users.%s: %s", reader->path, name, wrong);
}

/* Reads a list of texts, which `list` owns. False: not a list of texts, or too long. */
static bool users_take_texts(const json_t *list, char **texts, size_t *ret_count)
{
    size_t count = json_array_size(list);
    if (!json_is_array(list) || count > USERS_TEXTS_MAX) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        texts[i] = (char *)json_string_value(json_array_get(list, i));
        if (texts[i] == NULL) {
            return false;
        }
    }
    *ret_count = count;
    return true;
}

static void users_take_member(struct users_reader *reader, struct fsz_user *user,
                              const char *member, const json_t *value)
{
    if (strcmp(member, "password") == 0) {
        user->password = (char *)json_string_value(value);
        if (user->password == NULL && !json_is_null(value)) {
            users_complain(reader, user->name, "password: must be a string, or absent");
        }
    } else if (strcmp(member, "keys") == 0) {
        if (!users_take_texts(value, user->keys, &user->key_count)) {
            users_complain(reader, user->name, "keys: must be a list of at most 64 strings");
        }
    } else if (strcmp(member, "groups") == 0) {
        if (!users_take_texts(value, user->groups, &user->group_count)) {
            users_complain(reader, user->name, "groups: must be a list of at most 16 strings");
        }
    } else {
        char wrong[USERS_WHERE_BYTES];
        snprintf(wrong, sizeof(wrong),
                 "%.40s: unknown member; a user has password, keys and groups", member);
        users_complain(reader, user->name, wrong);
    }
}

static fsz_err users_take(struct users_reader *reader, const char *name, json_t *object)
{
    char           *keys[USERS_TEXTS_MAX], *groups[USERS_TEXTS_MAX];
    struct fsz_user user = {.name = (char *)name, .keys = keys, .groups = groups};
    char            why[FSZ_PROBLEM_BYTES - USERS_WHERE_BYTES];
    const char     *member = NULL;
    json_t         *value = NULL;
    size_t          before = reader->problems->count;
    if (!json_is_object(object)) {
        users_complain(reader, name, "must be an object");
        return FSZ_EINVALID;
    }
    json_object_foreach(object, member, value)
    {
        users_take_member(reader, &user, member, value);
    }
    if (reader->problems->count > before) {
        return FSZ_EINVALID;
    }
    fsz_err err = fsz_users_check(reader->users, &user, why, sizeof(why));
    if (err != FSZ_OK) {
        users_complain(reader, name, why);
        return FSZ_EINVALID;
    }
    return fsz_users_set(reader->users, &user);
}

/* ---- the file -------------------------------------------------------------------------------- */

static int users_compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In the order of names, so that each is appended to those before. */
static fsz_err users_take_all(struct users_reader *reader, json_t *object)
{
    size_t       count = 0;
    const char **names = calloc(json_object_size(object) + 1, sizeof(*names));
    fsz_err      err = FSZ_OK;
    const char  *name = NULL;
    json_t      *value = NULL;
    if (names == NULL) {
        return FSZ_ENOMEM;
    }
    json_object_foreach(object, name, value)
    {
        names[count++] = name;
    }
    qsort(names, count, sizeof(*names), users_compare_names);
    for (size_t i = 0; i < count && err != FSZ_ENOMEM; i++) {
        err = users_take(reader, names[i], json_object_get(object, names[i]));
    }
    free(names);
    return err == FSZ_ENOMEM ? err : FSZ_OK;
}

static fsz_err users_take_root(struct users_reader *reader, const json_t *root)
{
    json_t     *users = json_object_get(root, "users");
    const char *member = NULL;
    json_t     *value = NULL;
    if (!json_is_object(users)) {
        fsz_problems_add(reader->problems,
                         "%s: must be {\"users\": {…}}, as written by fszmq user add",
                         reader->path);
        return FSZ_EINVALID;
    }
    json_object_foreach((json_t *)root, member, value)
    {
        if (value != users) {
            fsz_problems_add(reader->problems, "%s: %s: unknown member; only `users` is allowed",
                             reader->path, member);
        }
    }
    return users_take_all(reader, users);
}

static fsz_err users_parse(struct users_reader *reader, const struct fsz_file *file)
{
    json_error_t error;
    if ((file->mode & 022) != 0) {
        fsz_problems_add(reader->problems,
                         "%s: writable by others; run chmod go-w and check its content",
                         reader->path);
        return FSZ_EINVALID;
    }
    json_t *root = json_loadb(file->text, file->size, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        fsz_problems_add(reader->problems, "%s:%d: %s", reader->path, error.line, error.text);
        return FSZ_EINVALID;
    }
    size_t  before = reader->problems->count;
    fsz_err err = users_take_root(reader, root);
    json_decref(root);
    if (err == FSZ_ENOMEM) {
        fsz_problems_add(reader->problems, "%s: out of memory", reader->path);
    }
    return err == FSZ_OK && reader->problems->count > before ? FSZ_EINVALID : err;
}

fsz_err fsz_users_read(const char *path, struct fsz_users **ret_users,
                       struct fsz_problems *problems)
{
    struct users_reader reader = {.path = path, .problems = problems};
    struct fsz_file     file = {0};
    char                why[FSZ_PROBLEM_BYTES];
    fsz_err err = fsz_file_read(path, FSZ_USERS_FILE_BYTES_MAX, &file, why, sizeof(why));
    if (err != FSZ_OK) {
        fsz_problems_add(problems, "%s", why);
        return err == FSZ_ELIMIT ? FSZ_EINVALID : err;
    }
    err = fsz_users_new(&reader.users);
    if (err == FSZ_OK) {
        err = users_parse(&reader, &file);
    }
    fsz_file_forget(&file);
    if (err != FSZ_OK) {
        fsz_users_free(&reader.users);
        return err;
    }
    *ret_users = reader.users;
    return FSZ_OK;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* These return NULL when out of memory; an incomplete list must not be written. */

static json_t *users_pack_texts(char *const *texts, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < count; i++) {
        if (json_array_append_new(list, json_string(texts[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *users_pack(const struct fsz_user *user)
{
    return json_pack("{ss* so so}", "password", user->password, "keys",
                     users_pack_texts(user->keys, user->key_count), "groups",
                     users_pack_texts(user->groups, user->group_count));
}

static char *users_compose(const struct fsz_users *users)
{
    json_t *all = json_object();
    bool    packed = all != NULL;
    for (size_t i = 0; packed && i < fsz_users_count(users); i++) {
        const struct fsz_user *user = fsz_users_at(users, i);
        packed = json_object_set_new(all, user->name, users_pack(user)) == 0;
    }
    json_t *root = packed ? json_pack("{sO}", "users", all) : NULL;
    char   *text = root != NULL ? json_dumps(root, JSON_INDENT(2)) : NULL;
    json_decref(root);
    json_decref(all);
    return text;
}

fsz_err fsz_users_write(const char *path, const struct fsz_users *users,
                        struct fsz_problems *problems)
{
    char  why[FSZ_PROBLEM_BYTES];
    char *text = users_compose(users);
    if (text == NULL) {
        fsz_problems_add(problems, "%s: out of memory; the old file is unchanged", path);
        return FSZ_ENOMEM;
    }
    fsz_err err = fsz_file_replace(path, text, why, sizeof(why));
    free(text);
    if (err != FSZ_OK) {
        fsz_problems_add(problems, "%s", why);
    }
    return err;
}

int fsz_users_lock(const char *path)
{
    char lock[PATH_MAX];
    if (snprintf(lock, sizeof(lock), "%s.lock", path) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    while (fd >= 0 && flock(fd, LOCK_EX) != 0) {
        if (errno != EINTR) {
            int error = errno;
            close(fd);
            errno = error;
            return -1;
        }
    }
    return fd;
}
