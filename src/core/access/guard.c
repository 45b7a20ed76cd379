#include "guard.h"

#include "guard_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

fsz_err guard_deny(struct guard *g, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(g->why, FSZ_GUARD_WHY_BYTES, format, arguments);
    va_end(arguments);
    for (char *c = g->why; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            *c = '?';
        }
    }
    return FSZ_EDENIED;
}

bool guard_may(const struct guard *g, enum fsz_right right, const char *what, size_t spelled)
{
    for (size_t i = 0; i < g->p->grant_count; i++) {
        if (fsz_grants_allow_spelled(g->p->grants[i], right, what, spelled)) {
            return true;
        }
    }
    return false;
}

static bool guard_may_all(const struct guard *g, enum fsz_right right)
{
    for (size_t i = 0; i < g->p->grant_count; i++) {
        if (fsz_grants_allow_all(g->p->grants[i], right)) {
            return true;
        }
    }
    return false;
}

bool guard_trusts(const struct guard *g)
{
    return guard_may_all(g, FSZ_RIGHT_API) && guard_may_all(g, FSZ_RIGHT_APPLICATIONS);
}

fsz_err guard_enter(struct guard *g, const char *text)
{
    g->bytes += strlen(text) + 1;
    if (++g->depth > FSZ_GUARD_DEPTH_MAX) {
        return guard_deny(g, "what is asked for is nested more than %d deep", FSZ_GUARD_DEPTH_MAX);
    }
    if (g->bytes > GUARD_BYTES_MAX) {
        return guard_deny(g, "what is asked for is too long to be looked into");
    }
    return FSZ_OK;
}

void guard_leave(struct guard *g)
{
    g->depth--;
}

fsz_err guard_may_run(struct guard *g, enum fsz_right right, const char *name, const char *arg,
                      bool must_be_spelled)
{
    struct fsz_buffer what;
    fsz_buffer_init(&what, SIZE_MAX);
    fsz_buffer_text(&what, name);
    if (arg[0] != '\0') {
        fsz_buffer_text(&what, " ");
        fsz_buffer_text(&what, arg);
    }
    size_t      spelled = must_be_spelled ? strlen(name) : 0;
    const char *text = fsz_buffer_string(&what);
    fsz_err     err = FSZ_OK;
    if (what.failed != FSZ_OK) {
        err = guard_deny(g, "%s", fsz_err_text(what.failed));
    } else if (!guard_may(g, right, text, spelled)) {
        bool by_the_way = must_be_spelled && guard_may(g, right, text, 0);
        err = guard_deny(g,
                         by_the_way ? "%s \"%.100s\" is granted only by a pattern that spells out "
                                      "its name"
                                    : "%s \"%.100s\" is not granted",
                         fsz_right_name(right), text);
    }
    fsz_buffer_fini(&what);
    return err;
}

fsz_err fsz_guard_method(const struct fsz_principal *p, const char *method, fsz_guard_why ret_why)
{
    struct guard g = {.p = p, .why = ret_why};
    return guard_may(&g, FSZ_RIGHT_METHODS, method, 0)
               ? FSZ_OK
               : guard_deny(&g, "method \"%.100s\" is not granted", method);
}

fsz_err fsz_guard_api(const struct fsz_principal *p, const char *command, const char *arg,
                      fsz_guard_why ret_why)
{
    struct guard g = {.p = p, .why = ret_why};
    return guard_api(&g, command, arg);
}

fsz_err fsz_guard_application(const struct fsz_principal *p, const char *app, const char *arg,
                              fsz_guard_why ret_why)
{
    struct guard g = {.p = p, .why = ret_why};
    return guard_application(&g, app, arg);
}

fsz_err fsz_guard_variable(const struct fsz_principal *p, const char *name, const char *value,
                           fsz_guard_why ret_why)
{
    struct guard g = {.p = p, .why = ret_why};
    return guard_variable(&g, name, value);
}

fsz_err fsz_guard_json_api(const struct fsz_principal *p, const char *command, const char *data,
                           fsz_guard_why ret_why)
{
    struct guard g = {.p = p, .why = ret_why};
    return guard_json_command(&g, command, data);
}

fsz_err fsz_guard_transfer(const struct fsz_principal *p, const char *extension,
                           const char *dialplan, const char *context, fsz_guard_why ret_why)
{
    struct guard g = {.p = p, .why = ret_why};
    fsz_err      err = guard_transfer(&g, extension, dialplan ? dialplan : "");
    if (err == FSZ_OK && context != NULL && !guard_trusts(&g)) {
        err = guard_text(&g, context, NULL, NULL);
    }
    return err;
}

/* A core event is what the switch itself says: its name must be spelled out. So must the whole kind
 * where a module does what an event tells it, and where ours would be believed. */
fsz_err fsz_guard_send_event(const struct fsz_principal *p, const struct fsz_event *event,
                             fsz_guard_why ret_why)
{
    struct guard      g = {.p = p, .why = ret_why};
    const char       *subclass = event->subclass ? event->subclass : "";
    struct fsz_header call_command;
    struct fsz_buffer kind;
    fsz_buffer_init(&kind, SIZE_MAX);
    fsz_buffer_printf(&kind, "%s/%s", event->name, subclass);
    const char *text = fsz_buffer_string(&kind);
    size_t      spelled = guard_subclass_is_obeyed(subclass) ? kind.size : strlen(event->name);
    fsz_err     err = FSZ_OK;
    if (kind.failed != FSZ_OK || !guard_may(&g, FSZ_RIGHT_SEND_EVENTS, text, spelled)) {
        err = guard_deny(&g, "send-events \"%.100s\" is not granted by its name", text);
    } else if (fsz_event_find(event, "call-command", &call_command) && !guard_trusts(&g)) {
        err = guard_deny(&g, "an event with call-command is a command to a call: use call.execute");
    }
    fsz_buffer_fini(&kind);
    return err;
}
