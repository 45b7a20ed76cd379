/* SPDX-License-Identifier: MPL-2.0 */
/* counters.h - the counters of a structure, for the status.
 *
 * counters.def is the one table. A structure gets its members from it:
 *
 *     struct fsz_jobs_counters {
 *     #define FSZ_COUNTERS_JOBS(member, unit, meaning) uint64_t member;
 *     #include "counters/counters.def"
 *     };
 *
 * and the status its list:
 *
 *     static const struct fsz_counter jobs_counters[] = {
 *     #define FSZ_COUNTERS_JOBS(member, unit, meaning)                                      \
 *         FSZ_COUNTER(struct fsz_jobs_counters, member),
 *     #include "counters/counters.def"
 *     };
 *
 * Any thread, as far as the structure may be read. */
#ifndef FSZ_COUNTERS_H
#define FSZ_COUNTERS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct fsz_counter {
    const char *member;
    size_t      offset; /* of a uint64_t, atomic or not */
};

/* The formatter takes #member for a directive. */
/* clang-format off */
#define FSZ_COUNTER(type, member) {#member, offsetof(type, member)}
/* clang-format on */

/* Adds each counter of the list to the object. `values` is the structure. */
void fsz_counters_write(json_t *object, const struct fsz_counter *list, size_t count,
                        const void *values);
#define FSZ_COUNTERS_WRITE(object, list, values)                                                   \
    fsz_counters_write((object), (list), sizeof(list) / sizeof((list)[0]), (values))

/* A new object with the counters of the list. NULL: out of memory. */
json_t *fsz_counters_json(const struct fsz_counter *list, size_t count, const void *values);
#define FSZ_COUNTERS_JSON(list, values)                                                            \
    fsz_counters_json((list), sizeof(list) / sizeof((list)[0]), (values))

#endif
