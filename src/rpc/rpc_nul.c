/* SPDX-License-Identifier: MPL-2.0 */
#include "rpc/rpc_nul.h"

#include <stdlib.h>
#include <string.h>

static const char nul_escape[] = "\\u0000";
static const char nul_mark[] = "\\ufffe";        /* as long as the escape that it replaces */
static const char nul_marked[] = "\xef\xbf\xbe"; /* in the parser's output */

enum { NUL_ESCAPE_SIZE = sizeof nul_escape - 1 };

/* The first \u0000 at or after `at`, or `size`. An escaped backslash does not begin an escape. */
static size_t nul_find(const char *text, size_t size, size_t at)
{
    while (at + NUL_ESCAPE_SIZE <= size) {
        if (text[at] != '\\') {
            at++;
        } else if (memcmp(text + at, nul_escape, NUL_ESCAPE_SIZE) == 0) {
            return at;
        } else {
            at += 2;
        }
    }
    return size;
}

char *fsz_rpc_nul_mark(const void *bytes, size_t size, bool *ret_found)
{
    size_t at = nul_find(bytes, size, 0);
    *ret_found = at < size;
    char *copy = *ret_found ? malloc(size) : NULL;
    if (copy == NULL) {
        return NULL;
    }
    memcpy(copy, bytes, size);
    for (; at < size; at = nul_find(copy, size, at)) {
        memcpy(copy + at, nul_mark, NUL_ESCAPE_SIZE);
    }
    return copy;
}

static bool nul_is_in(const char *text)
{
    return text != NULL && strstr(text, nul_marked) != NULL;
}

bool fsz_rpc_nul_is_marked(const json_t *value)
{
    json_t     *container = (json_t *)value; /* for jansson's iterators; not changed */
    const char *name = NULL;
    json_t     *member = NULL;
    size_t      index = 0;
    bool        marked = nul_is_in(json_string_value(value));
    json_object_foreach(container, name, member)
    {
        marked = marked || nul_is_in(name) || fsz_rpc_nul_is_marked(member);
    }
    json_array_foreach(container, index, member)
    {
        marked = marked || fsz_rpc_nul_is_marked(member);
    }
    return marked;
}
