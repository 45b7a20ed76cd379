#include "guard_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A value is expanded when it is read, and what a command put into it then again. */
static fsz_err variable_value(struct guard *g, const char *value)
{
    size_t  calls = 0;
    fsz_err err = guard_text(g, value, NULL, &calls);
    if (err == FSZ_OK && calls > 0) {
        err = guard_deny(g, "a command's output in a variable would be expanded again, and nobody "
                            "knows what it says");
    }
    return err;
}

/* `extension:dialplan:context` */
static fsz_err variable_transfer(struct guard *g, const char *value)
{
    struct guard_words words;
    fsz_err            err = guard_words_split(g, value, ':', 3, &words);
    if (err == FSZ_OK) {
        err = guard_transfer(g, guard_word(&words, 0), guard_word(&words, 1));
        guard_words_free(&words);
    }
    return err;
}

/* With a shell, each argument of which may be anything. */
static fsz_err variable_system(struct guard *g, const char *value)
{
    struct fsz_buffer seen;
    fsz_buffer_init(&seen, SIZE_MAX);
    fsz_err err = guard_text(g, value, &seen, NULL);
    if (err == FSZ_OK) {
        err = guard_api(g, "system", fsz_buffer_string(&seen));
    }
    fsz_buffer_fini(&seen);
    return err;
}

/* Of a variable that runs its value. */
static fsz_err variable_runs(struct guard *g, enum guard_variable kind, const char *name,
                             const char *value)
{
    if (strncmp(value, "ARRAY::", 7) == 0) {
        return guard_deny(g, "variable \"%.60s\" runs each of several values: set one", name);
    }
    switch (kind) {
    case GUARD_VARIABLE_APPLICATION:
        return guard_application_line(g, value, " :");
    case GUARD_VARIABLE_COMMAND:
        return guard_command_line(g, value, ' ', true);
    case GUARD_VARIABLE_COMMAND_COLON:
        return guard_command_line(g, value, ':', true);
    case GUARD_VARIABLE_TRANSFER:
        return variable_transfer(g, value);
    case GUARD_VARIABLE_SYSTEM:
        return variable_system(g, value);
    case GUARD_VARIABLE_MUSIC:
        return guard_music(g, value);
    default:
        return guard_deny(g,
                          "variable \"%.60s\" is part of something that is run and can't be "
                          "judged alone",
                          name);
    }
}

fsz_err guard_variable(struct guard *g, const char *name, const char *value)
{
    if (guard_trusts(g)) {
        return FSZ_OK;
    }
    enum guard_variable kind = guard_variable_kind(name, strlen(name));
    if (name[0] == '\0' || guard_has_unknown(name) || strpbrk(name, "${}") != NULL) {
        return guard_deny(g, "\"%.100s\" is no variable's name", name);
    }
    bool runs = kind != GUARD_VARIABLE_PLAIN && value != NULL && value[0] != '\0';
    bool is_file = kind == GUARD_VARIABLE_MUSIC; /* most often; so it is a variable like others */
    if ((!runs || is_file) && !guard_may(g, FSZ_RIGHT_VARIABLES, name, 0)) {
        return guard_deny(g, "variables \"%.100s\" is not granted", name);
    }
    if (!runs) {
        return value ? variable_value(g, value) : FSZ_OK;
    }
    fsz_err err = guard_enter(g, value);
    err = err == FSZ_OK ? variable_runs(g, kind, name, value) : err;
    guard_leave(g);
    return err;
}

fsz_err guard_variable_filled(struct guard *g, const char *name)
{
    if (guard_variable_kind(name, strlen(name)) != GUARD_VARIABLE_PLAIN) {
        return guard_deny(g, "variable \"%.60s\" runs its value, and nobody knows what it gets",
                          name);
    }
    return guard_variable(g, name, NULL);
}

/* A copy of a name without blanks at its ends, quotes and backslashes: what is left is not less
 * than what the switch leaves. */
static char *variable_name(const char *text, size_t length)
{
    static const char nolocal[] = "nolocal:"; /* of exports: not on this leg */

    char *name = malloc(length + 1);
    if (name == NULL) {
        return NULL;
    }
    size_t size = 0;
    for (size_t i = 0; i < length; i++) {
        if (strchr("'\\", text[i]) == NULL && (size > 0 || text[i] != ' ')) {
            name[size++] = text[i];
        }
    }
    while (size > 0 && name[size - 1] == ' ') {
        size--;
    }
    name[size] = '\0';
    if (strncasecmp(name, nolocal, strlen(nolocal)) == 0) {
        memmove(name, name + strlen(nolocal), size + 1 - strlen(nolocal));
    }
    return name;
}

static fsz_err variable_assign(struct guard *g, const char *text, size_t name_length,
                               const char *value)
{
    char *name = variable_name(text, name_length);
    if (name == NULL) {
        return guard_deny(g, "%s", fsz_err_text(FSZ_ENOMEM));
    }
    fsz_err err = guard_variable(g, name, value);
    free(name);
    return err;
}

fsz_err guard_assignment(struct guard *g, const char *text)
{
    size_t length = strcspn(text, "=");
    if (strncmp(text, "^^", 2) == 0) {
        return guard_deny(g, "a separator of one's own (^^) can't be looked into here");
    }
    if (text[length] == '\0') {
        length = strcspn(text, ",");
    }
    return variable_assign(g, text, length, text[length] ? text + length + 1 : NULL);
}

/* Divides at every delimiter, also where quotes keep the switch from it: that finds more names than
 * there are, never fewer; but a value may be cut, so one that is run must have no quotes. */
fsz_err guard_assignments(struct guard *g, const char *text, char delimiter, size_t *running)
{
    fsz_err err = guard_enter(g, text);
    bool    marked = strncmp(text, "^^", 2) == 0 && text[2] != '\0';
    bool    in_dial = delimiter == ','; /* where a piece without a value is none */
    delimiter = marked ? text[2] : delimiter;
    char *copy = strdup(text + (marked ? 3 : 0));
    if (err == FSZ_OK && copy == NULL) {
        err = guard_deny(g, "%s", fsz_err_text(FSZ_ENOMEM));
    }
    if (err == FSZ_OK && guard_has_unknown(text)) {
        err = guard_deny(g, "what \"${…}\" makes of a list of variables is not known");
    }
    bool  quotes = strpbrk(text, "'\\") != NULL;
    char  delimiters[] = {delimiter, '\0'};
    char *rest = copy;
    for (char *piece; err == FSZ_OK && (piece = strsep(&rest, delimiters)) != NULL;) {
        size_t length = strcspn(piece, "=");
        bool   runs = guard_variable_kind(piece, length) != GUARD_VARIABLE_PLAIN;
        *running += runs && piece[length] == '=';
        if (runs && quotes) {
            err = guard_deny(g,
                             "variable \"%.60s\" runs its value, which can't be looked into "
                             "among quotes and backslashes",
                             piece);
        } else if (piece[strspn(piece, " ")] != '\0' && (piece[length] == '=' || !in_dial)) {
            err = guard_assignment(g, piece);
        }
    }
    guard_leave(g);
    free(copy);
    return err;
}
