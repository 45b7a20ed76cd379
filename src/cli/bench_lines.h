/* bench_lines.h - the events of a file (one JSON object a line), stamped, to be sent again and
 * again. */
#ifndef FSZ_BENCH_LINES_H
#define FSZ_BENCH_LINES_H

#include <stddef.h>
#include <stdint.h>

struct fsz_bench_line {
    char  *text;
    size_t size;
    size_t time_offset; /* of the stamps' digits */
    size_t sequence_offset;
};

struct fsz_bench_lines {
    struct fsz_bench_line *lines;
    size_t                 count;
    size_t                 longest;
};

/* Reads the file; a line that lacks the stamps gets them as its last members. Returns 0, or an
 * errno: EINVAL for a file without events. */
int  fsz_bench_lines_read(struct fsz_bench_lines *lines, const char *path);
void fsz_bench_lines_fini(struct fsz_bench_lines *lines);

#endif
