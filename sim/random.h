/* SPDX-License-Identifier: MPL-2.0 */
/* random.h - a seeded random generator, so that a run can be repeated.
 *
 * Not for secrets. One owner, no lock. */
#ifndef FSZ_RANDOM_H
#define FSZ_RANDOM_H

#include <stddef.h>
#include <stdint.h>

enum { FSZ_UUID_BYTES = 37 }; /* 36 characters and the NUL */

struct fsz_random {
    unsigned short state[3]; /* of jrand48() */
};

/* Seed 0: a seed from the system, different each time. */
void     fsz_random_init(struct fsz_random *random, uint64_t seed);
uint32_t fsz_random_next(struct fsz_random *random);
/* A version 4 UUID in lower case. */
void fsz_random_uuid(struct fsz_random *random, char ret_uuid[FSZ_UUID_BYTES]);
/* `length` digits and capital letters, and a NUL. */
void fsz_random_tag(struct fsz_random *random, char *ret_tag, size_t length);

#endif
