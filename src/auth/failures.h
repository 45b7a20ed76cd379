/* SPDX-License-Identifier: MPL-2.0 */
/* failures.h - counts wrong passwords and keys of each address within a minute.
 *
 * An IPv6 address counts as its /64, which one host usually has; a peer over ipc as its user of the
 * operating system. When the table is full, it forgets the address that failed longest ago. Belongs
 * to one thread. Callers pass the time, fsz_clock_monotonic_ms(). */
#ifndef FSZ_FAILURES_H
#define FSZ_FAILURES_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FSZ_FAILURES_ADDRESSES_MAX = 16384, FSZ_FAILURES_WINDOW_MS = 60000 };

struct fsz_failures;

FSZ_NODISCARD fsz_err fsz_failures_new(struct fsz_failures **ret_failures);
/* Accepts NULL. */
void fsz_failures_free(struct fsz_failures **failures);
/* Has the address failed `limit` times since its minute began? 0: no limit. */
bool fsz_failures_reach(const struct fsz_failures *failures, const char *address, int64_t limit,
                        int64_t now_ms);
/* Counts a failure. A minute begins with the first failure after the previous minute. */
void   fsz_failures_note(struct fsz_failures *failures, const char *address, int64_t now_ms);
size_t fsz_failures_count(const struct fsz_failures *failures);
/* Addresses that were forgotten before the end of their minute. Any thread. */
uint64_t fsz_failures_forgotten(const struct fsz_failures *failures);

#endif
