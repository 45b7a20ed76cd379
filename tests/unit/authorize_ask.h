/* SPDX-License-Identifier: MPL-2.0 */
/* authorize_ask.h - a principal with given grants, and its requests. */
#ifndef AUTHORIZE_ASK_H
#define AUTHORIZE_ASK_H

#include "auth/authorize.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { ASK_GRANTS_MAX = 20 };

enum ask { ASK_API, ASK_APP, ASK_VARIABLE, ASK_JSON, ASK_TRANSFER, ASK_ENDPOINT };

/* All rights, and all names by wildcards, but not `*` for commands and applications, so that each
 * argument is checked. Programs and the script `lua` are spelled out. */
static const char *const ask_nearly_all[] = {"api:*_*",
                                             "api:*e*",
                                             "api:*a*",
                                             "applications:*a*",
                                             "applications:*e*",
                                             "applications:*o*",
                                             "variables:*",
                                             "endpoints:*",
                                             "files:*",
                                             "contexts:*",
                                             "json-api:fsapi",
                                             "api:system *",
                                             "api:bgapi *",
                                             "applications:lua *",
                                             NULL};

/* "api:show *": the right's name, a colon, the pattern. */
static inline void ask_grant(struct fsz_grants *grants, const char *grant)
{
    for (int right = 0; right < FSZ_RIGHTS; right++) {
        size_t length = strlen(fsz_right_name(right));
        if (strncmp(grant, fsz_right_name(right), length) == 0 && grant[length] == ':') {
            assert_int_equal(fsz_grants_add(grants, right, grant + length + 1), FSZ_OK);
            return;
        }
    }
    fail_msg("no such right: %s", grant);
}

static inline fsz_err ask_with(const struct fsz_principal *p, enum ask kind, const char *what,
                               const char *with, fsz_why why)
{
    switch (kind) {
    case ASK_API:
        return fsz_authorize_api(p, what, with, why);
    case ASK_APP:
        return fsz_authorize_application(p, what, with, why);
    case ASK_VARIABLE:
        return fsz_authorize_variable(p, what, with, why);
    case ASK_JSON:
        return fsz_authorize_json_api(p, what, with, why);
    case ASK_ENDPOINT:
        return fsz_authorize_endpoint(p, what, why);
    default:
        return fsz_authorize_transfer(p, what, with, NULL, why);
    }
}

/* Checks a request with the grants of the list, which ends with NULL, except number `without` (-1:
 * with all). The reason is in `why`. */
static inline fsz_err ask(enum ask kind, const char *what, const char *with,
                          const char *const *grants, int without, fsz_why why)
{
    struct fsz_grants *group = NULL;
    assert_int_equal(fsz_grants_new(&group), FSZ_OK);
    for (int i = 0; i < ASK_GRANTS_MAX && grants[i] != NULL; i++) {
        if (i != without) {
            ask_grant(group, grants[i]);
        }
    }
    struct fsz_principal p = {.name = "alice", .grants = {group}, .grant_count = 1};
    why[0] = '\0';
    fsz_err err = ask_with(&p, kind, what, with, why);
    fsz_grants_free(&group);
    return err;
}

struct question {
    enum ask    kind;
    const char *what, *with;
};

static inline void assert_answers(const struct question *questions, size_t count,
                                  const char *const *grants, fsz_err expected)
{
    int wrong = 0;
    for (size_t i = 0; i < count; i++) {
        fsz_why why;
        fsz_err err = ask(questions[i].kind, questions[i].what, questions[i].with, grants, -1, why);
        if (err != expected) {
            print_error("%s %s: %s\n", questions[i].what, questions[i].with,
                        err == FSZ_OK ? "allowed" : why);
            wrong++;
        }
        if (err != FSZ_OK) {
            assert_in_range(strlen(why), 1, FSZ_WHY_BYTES - 1);
            assert_int_equal(strcspn(why, "\x01\n\r\t\x7f"), strlen(why));
        }
    }
    assert_int_equal(wrong, 0);
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
