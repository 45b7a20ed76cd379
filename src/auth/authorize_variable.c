/* SPDX-License-Identifier: MPL-2.0 */
#include "auth/authorize_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* `extension:dialplan:context` */
static fsz_err variable_place(struct authorize *a, const char *value)
{
    char *copy = strdup(value);
    if (copy == NULL) {
        return authorize_no_memory(a);
    }
    char       *rest = copy;
    const char *extension = strsep(&rest, ":");
    const char *dialplan = rest ? strsep(&rest, ":") : "";
    fsz_err     err = authorize_place(a, extension, dialplan, rest ? rest : "");
    free(copy);
    return err;
}

static fsz_err variable_shell(struct authorize *a, const char *value)
{
    return authorize_api(a, "system", value);
}

/* Tones name nothing: `%(2000,4000,440)`, perhaps after a volume. */
static fsz_err variable_tone(struct authorize *a, const char *value)
{
    bool tone = strchr(value, '/') == NULL && strstr(value, "%(") != NULL;
    return tone || strcasecmp(value, "silence") == 0 ? FSZ_OK : authorize_file(a, value, false);
}

/* The value changes what an endpoint, file or context means, so grants for these do not help. */
static fsz_err variable_steers(struct authorize *a, const char *name)
{
    bool free = authorize_may_all(a, FSZ_RIGHT_ENDPOINTS) &&
                authorize_may_all(a, FSZ_RIGHT_FILES) && authorize_may_all(a, FSZ_RIGHT_CONTEXTS);
    return free ? FSZ_OK : authorize_need(a, FSZ_RIGHT_VARIABLES, name, strlen(name));
}

static fsz_err variable_runs(struct authorize *a, enum authorize_variable kind, const char *name,
                             const char *value)
{
    if (kind == AUTHORIZE_PART) {
        return authorize_deny(a,
                              "variable \"%.60s\" is part of something that the switch executes, "
                              "so it cannot be checked alone",
                              name);
    }
    if (kind == AUTHORIZE_STEERS) {
        return variable_steers(a, name);
    }
    fsz_err err = authorize_plain(a, value, false);
    if (err != FSZ_OK || strncmp(value, "ARRAY::", 7) == 0) {
        return err != FSZ_OK
                   ? err
                   : authorize_deny(a, "variable \"%.60s\" must have a single value", name);
    }
    switch (kind) {
    case AUTHORIZE_RUNS_APPLICATION:
        return authorize_line(a, value, " :", authorize_application);
    case AUTHORIZE_RUNS_APPLICATION_COLON:
        return authorize_line(a, value, ":", authorize_application);
    case AUTHORIZE_RUNS_COMMAND:
        return authorize_line(a, value, " ", authorize_api);
    case AUTHORIZE_RUNS_COMMAND_COLON:
        return authorize_line(a, value, ":", authorize_api);
    case AUTHORIZE_RUNS_SHELL:
        return variable_shell(a, value);
    case AUTHORIZE_NAMES_PLACE:
        return variable_place(a, value);
    case AUTHORIZE_NAMES_MUSIC:
        return authorize_music(a, value);
    default:
        return variable_tone(a, value);
    }
}

/* The dialplan may insert a variable anywhere, so its text must not expand. Quotes are allowed,
 * because names of callers have them. */
static fsz_err variable_value(struct authorize *a, const char *value)
{
    return authorize_plain(a, value, true);
}

fsz_err authorize_variable(struct authorize *a, const char *name, const char *value)
{
    if (authorize_trusts(a)) {
        return FSZ_OK;
    }
    if (!authorize_is_name(name)) {
        return authorize_deny(a, "\"%.100s\" is not a valid variable name", name);
    }
    enum authorize_variable kind = authorize_variable_kind(name);
    bool                    plain = kind == AUTHORIZE_PLAIN || value == NULL || value[0] == '\0';
    fsz_err                 err = authorize_enter(a, value ? value : "");
    if (err == FSZ_OK) {
        err = authorize_need(a, FSZ_RIGHT_VARIABLES, name, 0);
    }
    if (err == FSZ_OK && value != NULL) {
        err = variable_value(a, value);
    }
    if (err == FSZ_OK && !plain) {
        err = variable_runs(a, kind, name, value);
    }
    authorize_leave(a);
    return err;
}

fsz_err authorize_filled(struct authorize *a, const char *name)
{
    enum authorize_variable kind = authorize_variable_kind(name);
    return kind == AUTHORIZE_PLAIN || kind == AUTHORIZE_STEERS
               ? authorize_variable(a, name, "x")
               : authorize_deny(a,
                                "the switch would execute the value of variable \"%.60s\", which "
                                "is not known yet",
                                name);
}

fsz_err authorize_assign(struct authorize *a, const char *text)
{
    static const char nolocal[] = "nolocal:"; /* of export: not on this leg */
    text += strspn(text, " ");
    text += strncasecmp(text, nolocal, strlen(nolocal)) == 0 ? strlen(nolocal) : 0;
    size_t length = strcspn(text, "=");
    length = text[length] == '\0' ? strcspn(text, ",") : length;
    size_t end = length;
    while (end > 0 && text[end - 1] == ' ') {
        end--;
    }
    char *name = strndup(text, end);
    if (name == NULL) {
        return authorize_no_memory(a);
    }
    fsz_err err = authorize_variable(a, name, text[length] ? text + length + 1 : NULL);
    free(name);
    return err;
}
