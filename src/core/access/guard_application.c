#include "guard_private.h"

#include <stdlib.h>
#include <string.h>

/* What the switch may drop when it expands. */
static const char *application_undisguised(const char *arg)
{
    return arg + strspn(arg, "\\'$");
}

/* Variables for the time of one application: `%[name=value]`, also with a separator of its own. The
 * switch looks for them in what was expanded: what is not known could be some, or the rest of them.
 * No application is too harmless for them: while it runs, others read the call's variables. */
static bool application_may_be_scoped(const char *arg)
{
    const char *at = application_undisguised(arg);
    if (*at != '%') {
        return *at == GUARD_UNKNOWN;
    }
    at = application_undisguised(at + 1);
    if (*at == '[' || *at == GUARD_UNKNOWN || *at == '\0') {
        return *at != '\0';
    }
    at = application_undisguised(at + 1);
    return *at == '[' || *at == GUARD_UNKNOWN;
}

static fsz_err application_judge(struct guard *g, const char *app, const char *arg, size_t calls)
{
    struct guard_name name = guard_application_name(app);
    bool              expands =
        name.shape == GUARD_ASSIGN || name.shape == GUARD_MULTISET || name.shape == GUARD_PLAY;
    fsz_err err = guard_may_run(g, FSZ_RIGHT_APPLICATIONS, app, arg, name.shape == GUARD_OTHER);
    if (err != FSZ_OK) {
        return err;
    }
    if (application_may_be_scoped(arg)) {
        return guard_deny(g,
                          "variables in front of an argument (%%[…]) can't be looked into, nor can "
                          "\"${…}\" there, which could be some");
    }
    if (expands && calls > 0) {
        return guard_deny(g,
                          "a command's output in a variable or file would be expanded again, and "
                          "nobody knows what it says");
    }
    return guard_look(g, name, arg);
}

/* The switch expands the argument before the application gets it. */
fsz_err guard_application(struct guard *g, const char *app, const char *arg)
{
    if (guard_trusts(g)) {
        return FSZ_OK;
    }
    if (!guard_is_name(app)) {
        return guard_deny(g, "\"%.100s\" is no application's name", app);
    }
    struct fsz_buffer seen;
    size_t            calls = 0;
    fsz_buffer_init(&seen, SIZE_MAX);
    fsz_err err = guard_enter(g, app);
    if (err == FSZ_OK) {
        err = guard_text(g, arg ? arg : "", &seen, &calls);
    }
    if (err == FSZ_OK) {
        err = application_judge(g, app, fsz_buffer_string(&seen), calls);
    }
    guard_leave(g);
    fsz_buffer_fini(&seen);
    return err;
}

fsz_err guard_application_line(struct guard *g, const char *line, const char *separators)
{
    line += strspn(line, " ");
    size_t length = strcspn(line, separators);
    char  *app = strndup(line, length);
    if (app == NULL) {
        return guard_deny(g, "%s", fsz_err_text(FSZ_ENOMEM));
    }
    const char *arg = line + length;
    arg += *arg != '\0';
    arg += line[length] == ':' && *arg == ':';
    fsz_err err = guard_application(g, app, arg);
    free(app);
    return err;
}
