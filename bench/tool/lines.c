/* SPDX-License-Identifier: MPL-2.0 */
#include "tool/lines.h"

#include "tool/stamp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_DIGITS "00000000000000000000"

static const char *line_member_if_missing(const char *text, size_t size, const char *member,
                                          const char *addition)
{
    return fsz_stamp_find(text, size, member) == SIZE_MAX ? addition : "";
}

/* A copy of the object with both stamps; NULL with errno. */
static char *line_with_stamps(const char *text, size_t size)
{
    char *stamped = NULL;
    if (size < sizeof "{\"a\":1}" - 1 || text[0] != '{' || text[size - 1] != '}') {
        errno = EINVAL;
        return NULL;
    }
    const char *time =
        line_member_if_missing(text, size, FSZ_STAMP_TIME, "," FSZ_STAMP_TIME LINE_DIGITS "\"");
    const char *sequence = line_member_if_missing(text, size, FSZ_STAMP_SEQUENCE,
                                                  "," FSZ_STAMP_SEQUENCE LINE_DIGITS "\"");
    if (asprintf(&stamped, "%.*s%s%s}", (int)size - 1, text, time, sequence) < 0) {
        errno = ENOMEM;
        return NULL;
    }
    return stamped;
}

static int lines_add(struct fsz_bench_lines *lines, const char *text, size_t size)
{
    struct fsz_bench_line *grown =
        reallocarray(lines->lines, lines->count + 1, sizeof *lines->lines);
    if (grown == NULL) {
        return ENOMEM;
    }
    lines->lines = grown;
    char *stamped = line_with_stamps(text, size);
    if (stamped == NULL) {
        return errno;
    }
    struct fsz_bench_line *line = &lines->lines[lines->count++];
    line->text = stamped;
    line->size = strlen(stamped);
    line->time_offset = fsz_stamp_find(stamped, line->size, FSZ_STAMP_TIME);
    line->sequence_offset = fsz_stamp_find(stamped, line->size, FSZ_STAMP_SEQUENCE);
    if (line->size > lines->longest) {
        lines->longest = line->size;
    }
    return 0;
}

int fsz_bench_lines_read(struct fsz_bench_lines *lines, const char *path)
{
    char   *text = NULL;
    size_t  capacity = 0;
    int     error = 0;
    FILE   *in = fopen(path, "re");
    ssize_t size = 0;
    *lines = (struct fsz_bench_lines){0};
    if (in == NULL) {
        return errno;
    }
    while (error == 0 && (size = getline(&text, &capacity, in)) > 0) {
        size -= text[size - 1] == '\n';
        if (size > 0) {
            error = lines_add(lines, text, (size_t)size);
        }
    }
    free(text);
    fclose(in);
    if (error != 0) {
        fsz_bench_lines_fini(lines);
    }
    return error == 0 && lines->count == 0 ? EINVAL : error;
}

void fsz_bench_lines_fini(struct fsz_bench_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        free(lines->lines[i].text);
    }
    free(lines->lines);
    *lines = (struct fsz_bench_lines){0};
}
