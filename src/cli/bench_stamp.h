/* bench_stamp.h - send time and number inside an event's JSON, at a fixed width.
 *
 * A publisher that is measured sends events that hold the members
 *   "Bench-Time-Ns":"00000000000000000000"   CLOCK_MONOTONIC of the sending, in nanoseconds
 *   "Bench-Sequence":"00000000000000000000"  1 for the first event sent, then without a gap
 * with 20 digits each, so that every event keeps its size. */
#ifndef FSZ_BENCH_STAMP_H
#define FSZ_BENCH_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FSZ_STAMP_TIME "\"Bench-Time-Ns\":\""
#define FSZ_STAMP_SEQUENCE "\"Bench-Sequence\":\""

enum { FSZ_STAMP_DIGITS = 20 };

/* Where the digits of the member start in the text, or SIZE_MAX if it is not there. */
size_t fsz_stamp_find(const char *text, size_t size, const char *member);
/* Writes the number, with leading zeros, over the digits at `offset`. */
void fsz_stamp_write(char *text, size_t offset, uint64_t number);

/* Finds a stamp in one event after another: they mostly stand as far from the end as in the last
 * one. */
struct fsz_stamp_reader {
    const char *member;
    size_t      from_end; /* of the digits; 0: not known yet */
};

/* Returns false if the text has no such stamp. */
bool fsz_stamp_read(struct fsz_stamp_reader *reader, const char *text, size_t size,
                    uint64_t *ret_number);

#endif
