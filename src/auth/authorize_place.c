/* SPDX-License-Identifier: MPL-2.0 */
/* Places where calls continue: an extension, the dialplan that reads it, and a context. */
#include "auth/authorize_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* `app:argument,app:argument` */
static fsz_err place_inline(struct authorize *a, const char *extension)
{
    if (strncmp(extension, "m:", 2) == 0) {
        return authorize_deny(a, "an inline dialplan must not set its own separator (m:)");
    }
    char *copy = strdup(extension);
    if (copy == NULL) {
        return authorize_no_memory(a);
    }
    fsz_err  err = FSZ_OK;
    char    *rest = copy;
    unsigned count = 0;
    for (char *piece; err == FSZ_OK && (piece = strsep(&rest, ",")) != NULL;) {
        if (++count > AUTHORIZE_PIECES_MAX) {
            err = authorize_too_many(a);
            break;
        }
        if (piece[strspn(piece, " ")] != '\0') {
            err = authorize_line(a, piece, ":", authorize_application);
        }
    }
    free(copy);
    return err;
}

/* XML and directory read the switch's own configuration. A pattern must spell out the name of any
 * other dialplan. With an argument (`XML:file`), a dialplan would read something else. */
static fsz_err place_judge(struct authorize *a, const char *extension, const char *dialplan,
                           const char *context)
{
    bool configured = strcasecmp(dialplan, "XML") == 0 || strcasecmp(dialplan, "directory") == 0;
    struct fsz_buffer what;
    if (!authorize_is_name(dialplan) || (context[0] != '\0' && !authorize_is_name(context))) {
        return authorize_deny(
            a, "\"%.60s\" and \"%.60s\" are not valid names of a dialplan and a context", dialplan,
            context);
    }
    fsz_buffer_init(&what, SIZE_MAX);
    fsz_buffer_printf(&what, "%s:%s/%s", dialplan, context, extension);
    fsz_err err = what.failed != FSZ_OK
                      ? authorize_no_memory(a)
                      : authorize_need(a, FSZ_RIGHT_CONTEXTS, fsz_buffer_string(&what),
                                       configured ? 0 : strlen(dialplan) + 1);
    fsz_buffer_fini(&what);
    return err;
}

fsz_err authorize_place(struct authorize *a, const char *extension, const char *dialplan,
                        const char *context)
{
    if (extension[0] == '-') {
        return authorize_deny(a, "an extension cannot begin with \"-\": only uuid_transfer and "
                                 "transfer have options, -bleg and -both");
    }
    return strcasecmp(dialplan, "inline") == 0
               ? place_inline(a, extension)
               : place_judge(a, extension, dialplan[0] ? dialplan : "XML", context);
}
