/* SPDX-License-Identifier: MPL-2.0 */
/* Grants, a command and its argument from arbitrary bytes. A command that is denied must also be
 * denied through every wrapper, and one more grant must never deny what was allowed before. */
#include "auth/authorize.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS = 4, LINE_BYTES = 16384 };

static void require(bool held)
{
    if (!held) {
        abort();
    }
}

/* Splits the input at its first NULs; missing parts are "". The caller frees *ret_text. */
static void parts_take(const uint8_t *data, size_t size, char **ret_text, char *ret_parts[PARTS])
{
    char *text = calloc(size + PARTS, 1);
    require(text != NULL);
    if (size > 0) {
        memcpy(text, data, size);
    }
    *ret_text = text;
    for (size_t i = 0; i < PARTS; i++) {
        ret_parts[i] = text;
        text += strlen(text) + 1;
    }
}

/* Each line is the number of a right and a pattern. Skips `*`: with it nothing is denied. */
static struct fsz_grants *grants_make(char *lines)
{
    struct fsz_grants *grants = NULL;
    require(fsz_grants_new(&grants) == FSZ_OK);
    for (char *line; (line = strsep(&lines, "\n")) != NULL;) {
        enum fsz_right right = (unsigned char)line[0] % FSZ_RIGHTS;
        if (line[0] != '\0' && strcmp(line + 1, "*") != 0) {
            fsz_err err = fsz_grants_add(grants, right, line + 1);
            require(err == FSZ_OK || err == FSZ_EINVALID || err == FSZ_ELIMIT);
        }
    }
    return grants;
}

static const struct {
    bool        application; /* the wrapper is an application */
    const char *name, *format;
} wrappers[] = {
    {false, "bgapi", "%s %s"},
    {false, "bgapi", "uuid:x  %s %s"},
    {false, "sched_api", "+1 none %s %s"},
    {false, "xml_wrap", "encoded %s %s"},
    {false, "eval", "${%s(%s)}"},
    {false, "eval", "a ${ %s %s}"},
    {false, "echo", "$\\'{%s(%s)}"},
    {false, "uuid_setvar", "u api_on_answer %s %s"},
    {false, "bgapi", "bgapi sched_api 1 none xml_wrap %s %s"},
    {true, "log", "INFO ${%s(%s)}"},
    {true, "set", "api_hangup_hook=%s %s"},
    {true, "bind_digit_action", "r,1,api:%s,%s"},
};

/* The wrappers themselves are granted. */
static void wrapped_is_denied(const struct fsz_grants *grants, const char *command, const char *arg)
{
    struct fsz_grants *wrapping = NULL;
    char               line[LINE_BYTES];
    fsz_why            why;
    require(fsz_grants_new(&wrapping) == FSZ_OK);
    for (size_t i = 0; i < sizeof(wrappers) / sizeof(wrappers[0]); i++) {
        char pattern[64];
        snprintf(pattern, sizeof(pattern), "%s *", wrappers[i].name);
        require(fsz_grants_add(wrapping,
                               wrappers[i].application ? FSZ_RIGHT_APPLICATIONS : FSZ_RIGHT_API,
                               pattern) == FSZ_OK);
    }
    struct fsz_principal p = {.name = "", .grants = {grants, wrapping}, .grant_count = 2};
    if (fsz_authorize_api(&p, command, arg, why) == FSZ_EDENIED) {
        for (size_t i = 0; i < sizeof(wrappers) / sizeof(wrappers[0]); i++) {
            snprintf(line, sizeof(line), wrappers[i].format, command, arg);
            require((wrappers[i].application
                         ? fsz_authorize_application(&p, wrappers[i].name, line, why)
                         : fsz_authorize_api(&p, wrappers[i].name, line, why)) == FSZ_EDENIED);
        }
    }
    fsz_grants_free(&wrapping);
}

/* Each command and application of the table, by the grammar of its argument. */
static const struct {
    bool        application;
    const char *name;
} names[] = {
#define AUTHORIZE_HARMLESS_API(words)
#define AUTHORIZE_HARMLESS_APP(words)
#define AUTHORIZE_API(name, ...) {false, name},
#define AUTHORIZE_APP(name, ...) {true, name},
#include "auth/authorize_names.def"
};

enum { NAMES = sizeof(names) / sizeof(names[0]) };

static fsz_err name_is_asked(const struct fsz_principal *p, size_t index, const char *with)
{
    fsz_why why;
    fsz_err err = names[index].application
                      ? fsz_authorize_application(p, names[index].name, with, why)
                      : fsz_authorize_api(p, names[index].name, with, why);
    require(err == FSZ_OK || (err == FSZ_EDENIED && why[0] != '\0'));
    return err;
}

/* Grants all that the argument names: everything that was allowed before must still be. */
static void more_takes_nothing_away(const struct fsz_principal *p, size_t index, const char *with)
{
    static const enum fsz_right rights[] = {FSZ_RIGHT_ENDPOINTS, FSZ_RIGHT_FILES,
                                            FSZ_RIGHT_CONTEXTS, FSZ_RIGHT_VARIABLES};
    struct fsz_grants          *more = NULL;
    require(fsz_grants_new(&more) == FSZ_OK);
    for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++) {
        require(fsz_grants_add(more, rights[i], "*") == FSZ_OK);
    }
    struct fsz_principal both = {.name = "", .grants = {p->grants[0], more}, .grant_count = 2};
    if (name_is_asked(p, index, with) == FSZ_OK) {
        require(name_is_asked(&both, index, with) == FSZ_OK);
    }
    fsz_grants_free(&more);
}

/* With grants for each name, so that only the argument decides. */
static void each_grammar_is_asked(const struct fsz_grants *grants, size_t index, const char *with)
{
    struct fsz_grants *named = NULL;
    char               pattern[64];
    require(fsz_grants_new(&named) == FSZ_OK);
    snprintf(pattern, sizeof(pattern), "%s *", names[index].name);
    require(fsz_grants_add(named, names[index].application ? FSZ_RIGHT_APPLICATIONS : FSZ_RIGHT_API,
                           pattern) == FSZ_OK);
    struct fsz_principal p = {.name = "", .grants = {named, grants}, .grant_count = 2};
    name_is_asked(&p, index, with);
    p.grant_count = 1;
    more_takes_nothing_away(&p, index, with);
    fsz_grants_free(&named);
}

static void everything_is_asked(const struct fsz_principal *p, const char *what, const char *with)
{
    const struct fsz_header headers[] = {{.name = what, .value = with}, {.name = NULL}};
    const struct fsz_event  event = {
         .name = "CUSTOM", .subclass = what, .headers = headers, .read = fsz_headers_of_array};
    fsz_why why;
    fsz_err answers[] = {fsz_authorize_api(p, what, with, why),
                         fsz_authorize_application(p, what, with, why),
                         fsz_authorize_variable(p, what, with, why),
                         fsz_authorize_json_api(p, what, with, why),
                         fsz_authorize_json_api(p, "fsapi", with, why),
                         fsz_authorize_send_event(p, &event, why),
                         fsz_authorize_transfer(p, what, with, "", why),
                         fsz_authorize_transfer(p, with, "inline", NULL, why),
                         fsz_authorize_endpoint(p, with, why),
                         fsz_authorize_endpoint(p, what, why),
                         fsz_authorize_variable(p, "transfer_after_bridge", with, why),
                         fsz_authorize_variable(p, "execute_on_answer", with, why),
                         fsz_authorize_variable(p, "ringback", with, why),
                         fsz_authorize_variable(p, "hold_music", with, why),
                         fsz_authorize_method(p, what, why)};
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        require(answers[i] == FSZ_OK || answers[i] == FSZ_EDENIED);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = NULL;
    char *parts[PARTS];
    parts_take(data, size, &text, parts);
    struct fsz_grants   *grants = grants_make(parts[0]);
    struct fsz_principal p = {.name = "", .grants = {grants}, .grant_count = 1};
    everything_is_asked(&p, parts[1], parts[2]);
    each_grammar_is_asked(grants, (size_t)(unsigned char)parts[3][0] % NAMES, parts[2]);
    each_grammar_is_asked(grants, (NAMES - 1 - (size_t)(unsigned char)parts[3][0]) % NAMES,
                          parts[2]);
    /* a name and an argument that surrounding text cannot change */
    bool plain = parts[1][0] != '\0' &&
                 parts[1][strspn(parts[1], "abcdefghijklmnopqrstuvwxyz_")] == '\0' &&
                 strpbrk(parts[2], "(){}$,\\'\x01&") == NULL;
    if (plain && strlen(parts[2]) < LINE_BYTES / 2 && strlen(parts[1]) < LINE_BYTES / 4) {
        wrapped_is_denied(grants, parts[1], parts[2]);
    }
    fsz_grants_free(&grants);
    free(text);
    return 0;
}
