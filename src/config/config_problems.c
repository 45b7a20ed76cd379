/* SPDX-License-Identifier: MPL-2.0 */
/* Mistakes and warnings, each with its line and the section that it is in. */
#include "config/config_reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void problems_add(const struct fsz_config_reader *r, struct fsz_problems *problems, int line,
                         const char *text)
{
    const char *colon = r->where[0] == '\0' ? "" : ": ";
    if (line > 0) {
        fsz_problems_add(problems, "line %d: %s%s%s", line, r->where, colon, text);
    } else {
        fsz_problems_add(problems, "%s%s%s", r->where, colon, text);
    }
}

void fsz_config_complain(struct fsz_config_reader *r, int line, const char *format, ...)
{
    char    text[FSZ_PROBLEM_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    r->mistakes++;
    problems_add(r, r->problems, line, text);
}

void fsz_config_warn(struct fsz_config_reader *r, int line, const char *format, ...)
{
    char    text[FSZ_PROBLEM_BYTES];
    va_list arguments;
    if (r->warnings == NULL) {
        r->warnings = malloc(sizeof *r->warnings);
        if (r->warnings == NULL) {
            r->err = FSZ_ENOMEM;
            return;
        }
        fsz_problems_init(r->warnings);
    }
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    problems_add(r, r->warnings, line, text);
}
