/* SPDX-License-Identifier: MPL-2.0 */
#include "auth/authorize.h"

#include "auth/authorize_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

fsz_err authorize_deny(struct authorize *a, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(a->why, FSZ_WHY_BYTES, format, arguments);
    va_end(arguments);
    for (char *c = a->why; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            *c = '?';
        }
    }
    return FSZ_EDENIED;
}

fsz_err authorize_no_memory(struct authorize *a)
{
    return authorize_deny(a, "%s", fsz_err_text(FSZ_ENOMEM));
}

fsz_err authorize_too_many(struct authorize *a)
{
    return authorize_deny(a, "a text has more than %d pieces", AUTHORIZE_PIECES_MAX);
}

bool authorize_may(const struct authorize *a, enum fsz_right right, const char *what,
                   size_t spelled)
{
    for (size_t i = 0; i < a->p->grant_count; i++) {
        if (fsz_grants_allow_spelled(a->p->grants[i], right, what, spelled)) {
            return true;
        }
    }
    return false;
}

bool authorize_may_all(const struct authorize *a, enum fsz_right right)
{
    for (size_t i = 0; i < a->p->grant_count; i++) {
        if (fsz_grants_allow_all(a->p->grants[i], right)) {
            return true;
        }
    }
    return false;
}

bool authorize_trusts(const struct authorize *a)
{
    return authorize_may_all(a, FSZ_RIGHT_API) && authorize_may_all(a, FSZ_RIGHT_APPLICATIONS);
}

fsz_err authorize_need(struct authorize *a, enum fsz_right right, const char *what, size_t spelled)
{
    if (authorize_may(a, right, what, spelled)) {
        return FSZ_OK;
    }
    bool wild = spelled > 0 && authorize_may(a, right, what, 0);
    return authorize_deny(a,
                          wild ? "%s \"%.100s\" is granted only by a pattern that spells out its "
                                 "name"
                               : "%s \"%.100s\" is not granted",
                          fsz_right_name(right), what);
}

fsz_err authorize_enter(struct authorize *a, const char *text)
{
    a->bytes += strlen(text) + 1;
    if (++a->depth > FSZ_AUTHORIZE_DEPTH_MAX) {
        return authorize_deny(a, "commands and variables are nested more than %d deep",
                              FSZ_AUTHORIZE_DEPTH_MAX);
    }
    return a->bytes > AUTHORIZE_BYTES_MAX
               ? authorize_deny(a, "the request is longer than %d bytes", AUTHORIZE_BYTES_MAX)
               : FSZ_OK;
}

void authorize_leave(struct authorize *a)
{
    a->depth--;
}

/* Patterns are matched with the name and, after one space, the argument. */
static fsz_err authorize_need_line(struct authorize *a, enum fsz_right right,
                                   const struct authorize_name *name, const char *arg)
{
    struct fsz_buffer line;
    fsz_buffer_init(&line, SIZE_MAX);
    fsz_buffer_text(&line, name->name);
    if (arg[0] != '\0') {
        fsz_buffer_text(&line, " ");
        fsz_buffer_text(&line, arg);
    }
    fsz_err err = line.failed != FSZ_OK ? authorize_no_memory(a)
                                        : authorize_need(a, right, fsz_buffer_string(&line),
                                                         name->spelled ? strlen(name->name) : 0);
    fsz_buffer_fini(&line);
    return err;
}

static fsz_err authorize_run(struct authorize *a, enum fsz_right right,
                             const struct authorize_name *name, const char *arg)
{
    fsz_err err = authorize_enter(a, arg);
    if (err == FSZ_OK && !authorize_is_name(name->name)) {
        err = authorize_deny(a, "%s \"%.100s\" is not a valid name", fsz_right_name(right),
                             name->name);
    }
    if (err == FSZ_OK) {
        err = authorize_need_line(a, right, name, arg);
    }
    if (err == FSZ_OK) {
        err = authorize_slots(a, name, arg);
    }
    authorize_leave(a);
    return err;
}

/* A copy without white space at both ends, which switch_api_execute() removes too. */
static char *authorize_strip(const char *text)
{
    static const char blanks[] = " \t\r\n\v"; /* not \f: the switch keeps it */
    text += strspn(text, blanks);
    size_t length = strlen(text);
    while (length > 0 && strchr(blanks, text[length - 1]) != NULL) {
        length--;
    }
    return strndup(text, length);
}

fsz_err authorize_api(struct authorize *a, const char *command, const char *arg)
{
    if (authorize_trusts(a)) {
        return FSZ_OK;
    }
    char   *name = authorize_strip(command);
    char   *rest = authorize_strip(arg ? arg : "");
    fsz_err err = FSZ_OK;
    if (name == NULL || rest == NULL) {
        err = authorize_no_memory(a);
    } else {
        struct authorize_name entry = authorize_api_name(name);
        entry.name = name;
        err = authorize_run(a, FSZ_RIGHT_API, &entry, rest);
    }
    free(name);
    free(rest);
    return err;
}

fsz_err authorize_application(struct authorize *a, const char *app, const char *arg)
{
    struct authorize_name entry = authorize_application_name(app);
    if (entry.argued && (arg == NULL || arg[strspn(arg, " ")] == '\0')) {
        return authorize_deny(a, "application \"%.60s\" without an argument would crash the switch",
                              app);
    }
    if (authorize_trusts(a)) {
        return FSZ_OK;
    }
    entry.name = app;
    return authorize_run(a, FSZ_RIGHT_APPLICATIONS, &entry, arg ? arg : "");
}

fsz_err fsz_authorize_method(const struct fsz_principal *p, const char *method, fsz_why ret_why)
{
    struct authorize a = {.p = p, .why = ret_why};
    return authorize_may(&a, FSZ_RIGHT_METHODS, method, 0)
               ? FSZ_OK
               : authorize_deny(&a, "method \"%.100s\" is not granted", method);
}

fsz_err fsz_authorize_api(const struct fsz_principal *p, const char *command, const char *arg,
                          fsz_why ret_why)
{
    struct authorize a = {.p = p, .why = ret_why};
    return authorize_api(&a, command, arg);
}

fsz_err fsz_authorize_application(const struct fsz_principal *p, const char *app, const char *arg,
                                  fsz_why ret_why)
{
    struct authorize a = {.p = p, .why = ret_why};
    return authorize_application(&a, app, arg);
}

fsz_err fsz_authorize_variable(const struct fsz_principal *p, const char *name, const char *value,
                               fsz_why ret_why)
{
    struct authorize a = {.p = p, .why = ret_why};
    return authorize_variable(&a, name, value);
}

fsz_err fsz_authorize_endpoint(const struct fsz_principal *p, const char *dial, fsz_why ret_why)
{
    struct authorize a = {.p = p, .why = ret_why};
    if (authorize_trusts(&a)) {
        return FSZ_OK;
    }
    fsz_err err = authorize_plain(&a, dial, true);
    if (err == FSZ_OK) {
        err = authorize_dial(&a, &dial);
    }
    return err == FSZ_OK && dial[0] != '\0'
               ? authorize_deny(&a, "an endpoint ends at the first blank, but more text follows")
               : err;
}

fsz_err fsz_authorize_json_api(const struct fsz_principal *p, const char *command, const char *data,
                               fsz_why ret_why)
{
    struct authorize a = {.p = p, .why = ret_why};
    return authorize_json_command(&a, command, data);
}

fsz_err fsz_authorize_transfer(const struct fsz_principal *p, const char *extension,
                               const char *dialplan, const char *context, fsz_why ret_why)
{
    struct authorize a = {.p = p, .why = ret_why};
    if (authorize_trusts(&a)) {
        return FSZ_OK;
    }
    fsz_err err = authorize_plain(&a, extension, false);
    return err == FSZ_OK
               ? authorize_place(&a, extension, dialplan ? dialplan : "", context ? context : "")
               : err;
}

/* A core event speaks for the switch, so a pattern must spell out its name. It must spell out the
 * subclass too if a module obeys such events, or if clients would take them for ours. */
fsz_err fsz_authorize_send_event(const struct fsz_principal *p, const struct fsz_event *event,
                                 fsz_why ret_why)
{
    struct authorize  a = {.p = p, .why = ret_why};
    const char       *subclass = event->subclass ? event->subclass : "";
    struct fsz_header call_command;
    struct fsz_buffer type;
    fsz_buffer_init(&type, SIZE_MAX);
    fsz_buffer_printf(&type, "%s/%s", event->name, subclass);
    const char *text = fsz_buffer_string(&type);
    size_t      spelled = authorize_subclass_is_obeyed(subclass) ? type.size : strlen(event->name);
    fsz_err     err = FSZ_OK;
    if (type.failed != FSZ_OK || !authorize_may(&a, FSZ_RIGHT_SEND_EVENTS, text, spelled)) {
        err = authorize_deny(&a, "send-events \"%.100s\" is not granted by its name", text);
    } else if (fsz_event_find(event, "call-command", &call_command) && !authorize_trusts(&a)) {
        err = authorize_deny(
            &a, "an event with the header call-command controls a call: use call.execute");
    }
    fsz_buffer_fini(&type);
    return err;
}
