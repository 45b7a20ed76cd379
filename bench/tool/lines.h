/* SPDX-License-Identifier: MPL-2.0 */
/* lines.h - the events of a file (one JSON object per line), with stamps, for sending
 * repeatedly. */
#ifndef FSZ_BENCH_LINES_H
#define FSZ_BENCH_LINES_H

#include <stddef.h>
#include <stdint.h>

struct fsz_bench_line {
    char  *text;
    size_t size;
    size_t time_offset; /* where the digits of the time stamp begin */
    size_t sequence_offset;
};

struct fsz_bench_lines {
    struct fsz_bench_line *lines;
    size_t                 count;
    size_t                 longest;
};

/* Reads the file. Stamps that a line lacks are added as its last members. Returns 0, or an errno;
 * EINVAL: the file has no events, or a line that is not a JSON object. */
int  fsz_bench_lines_read(struct fsz_bench_lines *lines, const char *path);
void fsz_bench_lines_fini(struct fsz_bench_lines *lines);

#endif
