/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/random.h"

#include "base/clock.h"

#include <stdlib.h>
#include <sys/random.h>

void fsz_random_init(struct fsz_random *random, uint64_t seed)
{
    if (seed == 0 && getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed) {
        seed = fsz_clock_monotonic_ns();
    }
    for (int i = 0; i < 3; i++) {
        random->state[i] = (unsigned short)(seed >> (16 * i));
    }
    (void)fsz_random_next(random); /* small seeds differ only from the second draw on */
}

uint32_t fsz_random_next(struct fsz_random *random)
{
    return (uint32_t)jrand48(random->state);
}

void fsz_random_uuid(struct fsz_random *random, char ret_uuid[FSZ_UUID_BYTES])
{
    static const char hex[] = "0123456789abcdef";
    uint32_t          bits = 0;
    for (int i = 0; i < 36; i++) {
        if (i % 8 == 0) {
            bits = fsz_random_next(random);
        }
        ret_uuid[i] = hex[bits & 15];
        bits >>= 4;
    }
    ret_uuid[8] = ret_uuid[13] = ret_uuid[18] = ret_uuid[23] = '-';
    ret_uuid[14] = '4';
    ret_uuid[19] = hex[8 + (fsz_random_next(random) & 3)];
    ret_uuid[36] = '\0';
}

void fsz_random_tag(struct fsz_random *random, char *ret_tag, size_t length)
{
    static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    for (size_t i = 0; i < length; i++) {
        ret_tag[i] = letters[fsz_random_next(random) & 31];
    }
    ret_tag[length] = '\0';
}
