/* SPDX-License-Identifier: MPL-2.0 */
/* problems.h - collects the mistakes of a configuration, so that all are reported at once.
 *
 * Each is one line: what is wrong, where, and what is allowed. Not thread-safe. At most
 * FSZ_PROBLEMS_MAX are kept; the rest are only counted. */
#ifndef FSZ_PROBLEMS_H
#define FSZ_PROBLEMS_H

#include "base/err.h"

#include <stddef.h>

enum { FSZ_PROBLEMS_MAX = 32, FSZ_PROBLEM_BYTES = 512 };

struct fsz_problems {
    size_t count; /* including those beyond FSZ_PROBLEMS_MAX */
    char   lines[FSZ_PROBLEMS_MAX][FSZ_PROBLEM_BYTES];
};

void fsz_problems_init(struct fsz_problems *p);
/* Adds a line. It is cut to FSZ_PROBLEM_BYTES, and control characters become `?`. */
void fsz_problems_add(struct fsz_problems *p, const char *format, ...) FSZ_PRINTF(2, 3);
/* Number of lines kept: the smaller of `count` and FSZ_PROBLEMS_MAX. */
size_t fsz_problems_kept(const struct fsz_problems *p);

#endif
