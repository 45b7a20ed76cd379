/* SPDX-License-Identifier: MPL-2.0 */
/* stamp.h - send time and number inside an event's JSON, with a fixed width.
 *
 * Events of a publisher under test have the members
 *   "Bench-Time-Ns":"00000000000000000000"   CLOCK_MONOTONIC when sent, in nanoseconds
 *   "Bench-Sequence":"00000000000000000000"  1 for the first event sent, without gaps
 * with 20 digits each, so that the size of an event does not change. */
#ifndef FSZ_BENCH_STAMP_H
#define FSZ_BENCH_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FSZ_STAMP_TIME "\"Bench-Time-Ns\":\""
#define FSZ_STAMP_SEQUENCE "\"Bench-Sequence\":\""

enum { FSZ_STAMP_DIGITS = 20 };

/* The offset of the member's digits in the text, or SIZE_MAX if the member is missing. */
size_t fsz_stamp_find(const char *text, size_t size, const char *member);
/* Overwrites the digits at `offset` with the number, with leading zeros. */
void fsz_stamp_write(char *text, size_t offset, uint64_t number);

/* Finds a stamp in one event after another. It usually has the same distance from the end as in the
 * previous event. */
struct fsz_stamp_reader {
    const char *member;
    size_t      from_end; /* distance of the digits from the end; 0: unknown */
};

/* Returns false if the text has no such stamp. */
bool fsz_stamp_read(struct fsz_stamp_reader *reader, const char *text, size_t size,
                    uint64_t *ret_number);

#endif
