/* SPDX-License-Identifier: MPL-2.0 */
/* `fszmq user`: edits the users file of a switch (docs/access.md). */
#include "cli/ask_password.h"
#include "cli/cli.h"
#include "cli/cli_options.h"
#include "keys/cert.h"
#include "keys/users.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct user_options {
    const char            *file;
    struct fsz_option_list groups, keys;
    bool                   password;
};

#define USER_OPTION(member) offsetof(struct user_options, member)

static const struct fsz_option user_options[] = {
    {"file", 'f', FSZ_OPTION_TEXT, USER_OPTION(file), "FILE",
     "the users file, as in the configuration (users-file)"},
    {"group", 'g', FSZ_OPTION_LIST, USER_OPTION(groups), "NAME",
     "add: a group of the user; repeatable"},
    {"key", 'k', FSZ_OPTION_LIST, USER_OPTION(keys), "KEY|FILE",
     "add: a public CURVE key or its certificate; repeatable"},
    {"password", 'p', FSZ_OPTION_FLAG, USER_OPTION(password), NULL,
     "add: ask for a password, or read it from standard input"},
    {0},
};

static const struct fsz_usage user_usage = {
    .program = "fszmq user",
    .arguments = "[OPTION...] add|passwd|del NAME\n       fszmq user [OPTION...] list",
    .summary = "Edits the users file of a switch. Apply it with 'zmq reload' (fszmqd: or SIGHUP).",
    .options = user_options,
};

static int user_fail(const char *format, const char *text)
{
    fprintf(stderr, "%s: ", user_usage.program);
    fprintf(stderr, format, text);
    fputc('\n', stderr);
    return FSZ_EXIT_FAILED;
}

static int user_tell(const struct fsz_problems *problems, fsz_err err)
{
    for (size_t i = 0; i < fsz_problems_kept(problems); i++) {
        user_fail("%s", problems->lines[i]);
    }
    return problems->count > 0 ? FSZ_EXIT_FAILED : user_fail("%s", fsz_err_text(err));
}

/* `text` is the key itself, or the path of a file that contains it. False: reported. */
static bool user_key(const char *text, char ret_key[FSZ_KEY_BYTES])
{
    struct fsz_cert cert = {0};
    char            why[512];
    bool            good = fsz_key_is_valid(text);
    if (good) {
        snprintf(ret_key, FSZ_KEY_BYTES, "%s", text);
    } else if (fsz_cert_read(text, &cert, why, sizeof why) == FSZ_OK) {
        memcpy(ret_key, cert.public_key, FSZ_KEY_BYTES);
        good = true;
    } else {
        user_fail("%s", why);
    }
    fsz_cert_forget(&cert);
    return good;
}

/* Asks for a password and hashes it. False: reported. */
static bool user_hash(const char *name, char ret_hash[FSZ_PASSWORD_HASH_BYTES])
{
    char prompt[FSZ_USER_NAME_MAX + 32];
    char password[FSZ_PASSWORD_MAX + 1];
    snprintf(prompt, sizeof prompt, "New password for %.*s", FSZ_USER_NAME_MAX, name);
    if (!fsz_ask_password(prompt, password)) {
        user_fail("no password, or one that is too long for ZMTP; %s is unchanged", name);
        return false;
    }
    fsz_err err = fsz_password_hash(password, ret_hash);
    explicit_bzero(password, sizeof password);
    if (err != FSZ_OK) {
        user_fail("cannot hash the password: %s", fsz_err_text(err));
    }
    return err == FSZ_OK;
}

/* Changes the users as one verb requires. FSZ_EXIT_OK: write the file. */
typedef int (*user_change_fn)(struct fsz_users *users, const struct user_options *options,
                              const char *name);

static int user_set(struct fsz_users *users, const struct fsz_user *user)
{
    fsz_err err = fsz_users_set(users, user);
    return err == FSZ_OK ? FSZ_EXIT_OK
           : err == FSZ_EINVALID
               ? user_fail("%s: invalid name, invalid key, or key of another user", user->name)
               : user_fail("%s", fsz_err_text(err));
}

static int user_add(struct fsz_users *users, const struct user_options *options, const char *name)
{
    char  keys[FSZ_USER_KEYS_MAX][FSZ_KEY_BYTES];
    char *key_list[FSZ_USER_KEYS_MAX];
    char  hash[FSZ_PASSWORD_HASH_BYTES];
    if (fsz_users_find(users, name) != NULL) {
        return user_fail("%s exists already; 'passwd' changes the password, 'del' removes a user",
                         name);
    }
    if (!fsz_user_name_is_valid(name)) {
        return user_fail("'%s' is not a valid name: use letters, digits, - _ . @", name);
    }
    if (options->keys.count > FSZ_USER_KEYS_MAX || options->groups.count > FSZ_USER_GROUPS_MAX) {
        return user_fail("%s: too many keys or groups", name);
    }
    for (size_t i = 0; i < options->keys.count; i++) {
        key_list[i] = keys[i];
        if (!user_key(options->keys.items[i], keys[i])) {
            return FSZ_EXIT_FAILED;
        }
    }
    if (options->password && !user_hash(name, hash)) {
        return FSZ_EXIT_FAILED;
    }
    const struct fsz_user user = {.name = (char *)(uintptr_t)name,
                                  .password = options->password ? hash : NULL,
                                  .keys = key_list,
                                  .key_count = options->keys.count,
                                  .groups = (char **)(uintptr_t)options->groups.items,
                                  .group_count = options->groups.count};
    return user_set(users, &user);
}

static int user_passwd(struct fsz_users *users, const struct user_options *options,
                       const char *name)
{
    char                   hash[FSZ_PASSWORD_HASH_BYTES];
    const struct fsz_user *found = fsz_users_find(users, name);
    (void)options;
    if (found == NULL) {
        return user_fail("no user %s", name);
    }
    struct fsz_user user = *found;
    user.password = hash;
    return user_hash(name, hash) ? user_set(users, &user) : FSZ_EXIT_FAILED;
}

static int user_del(struct fsz_users *users, const struct user_options *options, const char *name)
{
    (void)options;
    return fsz_users_remove(users, name) == FSZ_OK ? FSZ_EXIT_OK : user_fail("no user %s", name);
}

static int user_list(const struct fsz_users *users)
{
    for (size_t i = 0; i < fsz_users_count(users); i++) {
        const struct fsz_user *user = fsz_users_at(users, i);
        printf("%-24s %-10s %zu key%s ", user->name, user->password ? "password" : "-",
               user->key_count, user->key_count == 1 ? " " : "s");
        for (size_t g = 0; g < user->group_count; g++) {
            printf(" %s", user->groups[g]);
        }
        putchar('\n');
    }
    return FSZ_EXIT_OK;
}

/* Reads the file. If `may_begin`, a file that does not exist yet counts as one without users. */
static fsz_err user_read(const char *path, bool may_begin, struct fsz_users **ret_users,
                         struct fsz_problems *problems)
{
    if (may_begin && access(path, F_OK) != 0 && errno == ENOENT) {
        return fsz_users_new(ret_users);
    }
    return fsz_users_read(path, ret_users, problems);
}

static int user_change(const struct user_options *options, user_change_fn change, const char *name)
{
    struct fsz_problems problems;
    struct fsz_users   *users = NULL;
    fsz_problems_init(&problems);
    int lock = fsz_users_lock(options->file);
    if (lock < 0) {
        fprintf(stderr, "%s: %s: %s\n", user_usage.program, options->file, strerror(errno));
        return FSZ_EXIT_FAILED;
    }
    fsz_err err = user_read(options->file, change == user_add, &users, &problems);
    int     exit_code = err == FSZ_OK ? change(users, options, name) : user_tell(&problems, err);
    if (exit_code == FSZ_EXIT_OK) {
        err = fsz_users_write(options->file, users, &problems);
        exit_code = err == FSZ_OK ? FSZ_EXIT_OK : user_tell(&problems, err);
    }
    fsz_users_free(&users);
    close(lock);
    return exit_code;
}

static int user_show(const struct user_options *options)
{
    struct fsz_problems problems;
    struct fsz_users   *users = NULL;
    fsz_problems_init(&problems);
    fsz_err err = fsz_users_read(options->file, &users, &problems);
    int     exit_code = err == FSZ_OK ? user_list(users) : user_tell(&problems, err);
    fsz_users_free(&users);
    return exit_code;
}

int fsz_user_command(int argc, char **argv)
{
    static const struct {
        const char    *name;
        user_change_fn change;
    } verbs[] = {{"add", user_add}, {"passwd", user_passwd}, {"del", user_del}};
    struct user_options options = {0};
    int                 exit_code = FSZ_EXIT_OK;
    int                 first = fsz_options_read(&user_usage, argc, argv, &options, &exit_code);
    if (first < 0) {
        return exit_code;
    }
    if (options.file == NULL) {
        return fsz_usage_error(&user_usage, "--file=FILE is missing");
    }
    if (argc - first == 1 && strcmp(argv[first], "list") == 0) {
        return user_show(&options);
    }
    for (size_t i = 0; argc - first == 2 && i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(argv[first], verbs[i].name) == 0) {
            return user_change(&options, verbs[i].change, argv[first + 1]);
        }
    }
    return fsz_usage_error(&user_usage, "needs add, passwd or del and a name, or list");
}
