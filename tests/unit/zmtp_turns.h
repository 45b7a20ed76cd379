/* SPDX-License-Identifier: MPL-2.0 */
/* zmtp_turns.h - a loop that a test turns until a condition holds or time is up. */
#ifndef FSZ_TEST_ZMTP_TURNS_H
#define FSZ_TEST_ZMTP_TURNS_H

#include "zmtp/loop.h"

#include <time.h>

enum { TURNS_PATIENCE_MS = 20000 };

static inline int64_t turns_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* Turns until the condition holds; fails the test if it never does. */
#define TURN_UNTIL(loop, condition)                                                                \
    do {                                                                                           \
        int64_t turns_end_ms = turns_now_ms() + TURNS_PATIENCE_MS;                                 \
        while (!(condition)) {                                                                     \
            assert_true(turns_now_ms() < turns_end_ms);                                            \
            fsz_loop_turn((loop), INT64_C(20000000));                                              \
        }                                                                                          \
    } while (0)

#endif
