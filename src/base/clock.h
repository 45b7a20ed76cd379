/* SPDX-License-Identifier: MPL-2.0 */
/* clock.h - the monotonic clock, for durations and deadlines, and wall-clock time. Any thread. */
#ifndef FSZ_CLOCK_H
#define FSZ_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC. */
int64_t fsz_clock_monotonic_ns(void);
int64_t fsz_clock_monotonic_us(void);
int64_t fsz_clock_monotonic_ms(void);

/* Microseconds since 1970-01-01 UTC. May jump forwards or backwards. */
int64_t fsz_clock_wall_us(void);

#endif
