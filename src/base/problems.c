/* SPDX-License-Identifier: MPL-2.0 */
#include "base/problems.h"

#include <stdarg.h>
#include <stdio.h>

void fsz_problems_init(struct fsz_problems *p)
{
    p->count = 0;
}

/* A value from a file may contain line feeds or escape sequences; the log gets one plain line. */
static void problems_make_plain(char *line)
{
    for (unsigned char *c = (unsigned char *)line; *c != '\0'; c++) {
        if (*c < 0x20 || *c == 0x7f) {
            *c = '?';
        }
    }
}

void fsz_problems_add(struct fsz_problems *p, const char *format, ...)
{
    if (p->count < FSZ_PROBLEMS_MAX) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(p->lines[p->count], FSZ_PROBLEM_BYTES, format, arguments);
        va_end(arguments);
        problems_make_plain(p->lines[p->count]);
    }
    p->count++;
}

size_t fsz_problems_kept(const struct fsz_problems *p)
{
    return p->count < FSZ_PROBLEMS_MAX ? p->count : FSZ_PROBLEMS_MAX;
}
