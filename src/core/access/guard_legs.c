/* The legs of a dial string, `a,b|c:_:d`: a `*` in a pattern would match commas too, and with them
 * legs that nobody granted. */
#include "guard_private.h"

#include <string.h>

/* Length of the leg at `at`. Commas in its `[…]` do not end it, all else does, also in quotes: the
 * switch takes them away before it looks. */
static size_t legs_length(const char *at, const char *end)
{
    const char *closing = NULL;
    size_t      i = 0;
    for (; at + i < end; i++) {
        closing = at[i] == '[' && closing == NULL ? guard_closing(at + i) : closing;
        bool ends = at[i] == '|' || strncmp(at + i, ":_:", 3) == 0;
        if (ends || (at[i] == ',' && closing == NULL)) {
            break;
        }
        closing = at + i == closing ? NULL : closing;
    }
    return i;
}

/* Length of the variables in front, which are those of all legs. */
static size_t legs_variables(const char *dial, const char *end)
{
    const char *at = dial;
    while (at < end && (*at == '{' || *at == '<')) {
        const char *closing = guard_closing(at);
        if (closing == NULL || closing >= end) {
            break;
        }
        at = closing + 1;
    }
    return (size_t)(at - dial);
}

static fsz_err legs_judge(struct guard *g, enum fsz_right right, const char *name,
                          struct fsz_buffer *arg)
{
    const char *text = fsz_buffer_string(arg);
    return arg->failed != FSZ_OK ? guard_deny(g, "%s", fsz_err_text(arg->failed))
                                 : guard_may_run(g, right, name, text, false);
}

fsz_err guard_legs(struct guard *g, enum fsz_right right, const char *name, const char *dial,
                   size_t dial_length)
{
    const char *end = dial + dial_length;
    size_t      variables = legs_variables(dial, end);
    const char *at = dial + variables;
    fsz_err     err = FSZ_OK;
    if (at + legs_length(at, end) == end) {
        return FSZ_OK; /* one leg: what has been judged */
    }
    while (err == FSZ_OK && at < end) {
        size_t            length = legs_length(at, end);
        struct fsz_buffer arg;
        fsz_buffer_init(&arg, SIZE_MAX);
        fsz_buffer_append(&arg, dial, variables);
        fsz_buffer_append(&arg, at, length);
        fsz_buffer_text(&arg, end);
        g->bytes += arg.size;
        err = g->bytes > GUARD_BYTES_MAX ? guard_deny(g, "too many legs to be looked into")
                                         : legs_judge(g, right, name, &arg);
        fsz_buffer_fini(&arg);
        at += length;
        at += strncmp(at, ":_:", 3) == 0 ? 3 : at < end;
    }
    return err;
}
