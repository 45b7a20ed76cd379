#include "guard_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char GUARD_BLANKS[] = " \t\r\n\v\f";

/* A copy without the white space at both ends, as switch_api_execute() takes commands and
 * arguments. */
static char *api_strip(const char *text)
{
    text += strspn(text, GUARD_BLANKS);
    size_t length = strlen(text);
    while (length > 0 && strchr(GUARD_BLANKS, text[length - 1]) != NULL) {
        length--;
    }
    return strndup(text, length);
}

static fsz_err api_judge(struct guard *g, const char *command, const char *arg)
{
    if (!guard_is_name(command)) {
        return guard_deny(g, "api \"%.100s\" is no command's name", command);
    }
    struct guard_name name = guard_api_name(command);
    fsz_err err = guard_may_run(g, FSZ_RIGHT_API, command, arg, name.shape == GUARD_OTHER);
    if (err == FSZ_OK) {
        err = guard_text(g, arg, NULL, NULL);
    }
    bool looks =
        name.shape != GUARD_OTHER && name.shape != GUARD_HARMLESS && name.shape != GUARD_COMMAND;
    if (err == FSZ_OK && looks && guard_has_unknown(arg)) {
        err = guard_deny(g, "what \"${…}\" makes of \"%.60s\" is not known before it is run",
                         command);
    }
    return err == FSZ_OK ? guard_look(g, name, arg) : err;
}

fsz_err guard_api(struct guard *g, const char *command, const char *arg)
{
    if (guard_trusts(g)) {
        return FSZ_OK;
    }
    char   *name = api_strip(command);
    char   *rest = api_strip(arg ? arg : "");
    fsz_err err = guard_enter(g, command);
    if (name == NULL || rest == NULL) {
        err = guard_deny(g, "%s", fsz_err_text(FSZ_ENOMEM));
    } else if (err == FSZ_OK) {
        g->bytes += strlen(rest);
        err = api_judge(g, name, rest);
    }
    guard_leave(g);
    free(name);
    free(rest);
    return err;
}

/* Expanded, the argument is what guard_text() makes of it. */
static fsz_err api_expanded(struct guard *g, const char *command, const char *arg)
{
    struct fsz_buffer seen;
    fsz_buffer_init(&seen, SIZE_MAX);
    fsz_err err = guard_text(g, arg, &seen, NULL);
    if (err == FSZ_OK) {
        err = guard_api(g, command, fsz_buffer_string(&seen));
    }
    fsz_buffer_fini(&seen);
    return err;
}

fsz_err guard_command_line(struct guard *g, const char *line, char separator, bool expands)
{
    const char separators[] = {separator, '\t', '\r', '\n', '\0'};
    line += strspn(line, GUARD_BLANKS);
    size_t      length = strcspn(line, separators);
    const char *arg = line + length + (line[length] != '\0');
    char       *command = strndup(line, length);
    if (command == NULL) {
        return guard_deny(g, "%s", fsz_err_text(FSZ_ENOMEM));
    }
    fsz_err err = expands ? api_expanded(g, command, arg) : guard_api(g, command, arg);
    free(command);
    return err;
}
