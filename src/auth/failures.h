/* failures.h - wrong passwords and keys of each address within a minute.
 *
 * An IPv6 address counts as its /64, which is what one host is given; a peer through ipc as its
 * user of the operating system. Bounded: when it is full, the address that failed longest ago is
 * forgotten. Belongs to one thread. Time is the caller's (fsz_clock_monotonic_ms()). */
#ifndef FSZ_FAILURES_H
#define FSZ_FAILURES_H

#include "base/clock.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FSZ_FAILURES_ADDRESSES_MAX = 16384, FSZ_FAILURES_WINDOW_MS = 60000 };

struct fsz_failures;

FSZ_NODISCARD fsz_err fsz_failures_new(struct fsz_failures **ret_failures);
/* Accepts NULL. */
void fsz_failures_free(struct fsz_failures **failures);
/* Has that address failed `limit` times since its minute began? 0: no limit. */
bool fsz_failures_reach(const struct fsz_failures *failures, const char *address, int64_t limit,
                        int64_t now_ms);
/* One more. A minute begins with the first failure after the last minute. */
void   fsz_failures_note(struct fsz_failures *failures, const char *address, int64_t now_ms);
size_t fsz_failures_count(const struct fsz_failures *failures);
/* Addresses that were forgotten before their minute was over. Any thread. */
uint64_t fsz_failures_forgotten(const struct fsz_failures *failures);

#endif
