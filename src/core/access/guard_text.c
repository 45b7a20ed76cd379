/* Expansion as switch_channel_expand_variables() and switch_event_expand_headers() do it, read so
 * that whatever could be one is taken for one. */
#include "guard_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char GUARD_BLANKS[] = " \t\r\n\v\f";

/* What the switch drops or skips while it looks for `${`. */
static bool text_is_disguise(char c)
{
    return c == '\\' || c == '\'';
}

static bool text_is_of_name(char c)
{
    return c == '_' || c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
}

/* Length up to the bracket that closes what is open before `text`; all of it if none does. */
static size_t text_closed(const char *text, char open, char close)
{
    size_t depth = 1;
    size_t i = 0;
    for (; text[i] != '\0'; i++) {
        if (text[i] == open) {
            depth++;
        } else if (text[i] == close && --depth == 0) {
            break;
        }
    }
    return i;
}

/* `name(arg…)` or `name arg`: its argument is expanded before it runs. */
static fsz_err text_call(struct guard *g, char *inner, size_t name_length, size_t *calls)
{
    bool  in_brackets = inner[name_length] == '(';
    char *arg = inner + name_length + 1;
    inner[name_length] = '\0';
    if (in_brackets) {
        arg[text_closed(arg, '(', ')')] = '\0';
    } else if (strpbrk(arg, "()") != NULL) {
        return guard_deny(g, "brackets in \"${%.60s …}\" can't be looked into: write ${%.60s(…)}",
                          inner, inner);
    }
    struct fsz_buffer seen;
    fsz_buffer_init(&seen, SIZE_MAX);
    fsz_err err = guard_text(g, arg, &seen, calls);
    if (err == FSZ_OK) {
        err = guard_api(g, inner, fsz_buffer_string(&seen));
    }
    if (calls != NULL) {
        ++*calls;
    }
    fsz_buffer_fini(&seen);
    return err;
}

/* What stands between `${` and `}`. */
static fsz_err text_expansion(struct guard *g, const char *text, size_t length, size_t *calls)
{
    size_t blanks = strspn(text, GUARD_BLANKS);
    blanks = blanks < length ? blanks : length;
    char *inner = strndup(text + blanks, length - blanks);
    if (inner == NULL) {
        return guard_deny(g, "%s", fsz_err_text(FSZ_ENOMEM));
    }
    fsz_err err = guard_enter(g, inner);
    size_t  name_length = strcspn(inner, " \t\r\n\v\f(");
    if (err == FSZ_OK && inner[name_length] != '\0') {
        err = text_call(g, inner, name_length, calls);
    } else if (err == FSZ_OK && strchr(inner, '$') != NULL) {
        err = guard_text(g, inner, NULL, calls);
    }
    guard_leave(g);
    free(inner);
    return err;
}

/* At a `$`: does an expansion begin here? Then *ret_inner is behind its bracket. Of `$$$` the
 * switch leaves one before what comes out, and the two could make a new one. */
static bool text_begins(const char *at, const char **ret_inner, bool *ret_disguised)
{
    const char *start = at;
    *ret_disguised = false;
    do {
        at++;
        *ret_disguised |= text_is_disguise(*at);
    } while (*at == '$' || text_is_disguise(*at));
    *ret_disguised |= at - start > 2;
    *ret_inner = at + 1;
    return *at == '{';
}

/* What comes out of two expansions side by side could be a third. */
static bool text_joins(const char *behind)
{
    while (text_is_disguise(*behind)) {
        behind++;
    }
    return *behind == '{' || *behind == '$';
}

static fsz_err text_expansions(struct guard *g, const char *text, struct fsz_buffer *seen,
                               size_t *calls)
{
    const char unknown = GUARD_UNKNOWN;
    fsz_err    err = FSZ_OK;
    for (const char *at = text; err == FSZ_OK && *at != '\0';) {
        const char *inner = NULL;
        bool        disguised = false;
        if (*at != '$' || !text_begins(at, &inner, &disguised)) {
            size_t step = *at == '$' ? (size_t)(inner - at) - 1 : 1;
            if (seen != NULL) {
                fsz_buffer_append(seen, at, step);
            }
            at += step;
            continue;
        }
        disguised |= at > text && at[-1] == '\\';
        size_t length = text_closed(inner, '{', '}');
        at = inner + length + (inner[length] != '\0');
        if (disguised || text_joins(at)) {
            return guard_deny(g,
                              "\"${…}\" with a quote, a backslash or more than \"$$\" before, or "
                              "with \"{\" or \"$\" behind, can't be looked into");
        }
        err = text_expansion(g, inner, length, calls);
        if (seen != NULL) {
            fsz_buffer_append(seen, &unknown, 1);
        }
    }
    return err == FSZ_OK && seen != NULL && seen->failed != FSZ_OK
               ? guard_deny(g, "%s", fsz_err_text(seen->failed))
               : err;
}

/* A file that is the output of a program: mod_shell_stream. */
static fsz_err text_no_programs(struct guard *g, const char *text)
{
    const char *at = strcasestr(text, "shell_stream");
    if (at == NULL) {
        return FSZ_OK;
    }
    at += strlen("shell_stream");
    return guard_may_run(g, FSZ_RIGHT_API, "system", at + strspn(at, ":/"), true);
}

/* Is the kind of a file (`kind://`) in what came out of an expansion? */
static fsz_err text_no_unknown_kinds(struct guard *g, const char *seen)
{
    for (const char *at = seen; (at = strstr(at, "://")) != NULL; at += 3) {
        const char *start = at;
        while (start > seen && (text_is_of_name(start[-1]))) {
            start--;
        }
        if (start > seen && start[-1] == GUARD_UNKNOWN) {
            return guard_deny(g, "what \"${…}\" puts before \"://\" is not known");
        }
    }
    return FSZ_OK;
}

fsz_err guard_text(struct guard *g, const char *text, struct fsz_buffer *seen, size_t *calls)
{
    g->bytes += strlen(text);
    fsz_err err = text_no_programs(g, text);
    if (err == FSZ_OK) {
        err = text_expansions(g, text, seen, calls);
    }
    return err == FSZ_OK && seen != NULL ? text_no_unknown_kinds(g, fsz_buffer_string(seen)) : err;
}

size_t guard_variables_count(const char *text)
{
    enum { NAME_BYTES = 128 };
    char   name[NAME_BYTES];
    size_t length = 0, count = 0;
    bool   ended = false; /* by a blank: an `=` may still come */
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '=') {
            count += guard_variable_kind(name, length) != GUARD_VARIABLE_PLAIN;
        }
        if (text_is_of_name(*at)) {
            length = ended ? 0 : length;
            ended = false;
            name[length] = *at;
            length += length + 1 < NAME_BYTES;
        } else if (*at == ' ') {
            ended = true;
        } else if (*at != '\'' && *at != '"') { /* quotes are dropped before the name is read */
            length = 0;
        }
    }
    return count;
}

bool guard_has_unknown(const char *text)
{
    return strchr(text, GUARD_UNKNOWN) != NULL;
}
