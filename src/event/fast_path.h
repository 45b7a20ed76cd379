/* SPDX-License-Identifier: MPL-2.0 */
/* fast_path.h - private to the encoder: writes most events in one pass, without measuring.
 *
 * A text is copied block by block up to its NUL. Its length, and whether it needs escapes, is only
 * known once it is copied. The object is written to the stack, then copied into an allocation of
 * its size. Any thread. */
#ifndef FSZ_FAST_PATH_H
#define FSZ_FAST_PATH_H

#include "event/encoder.h"

/* Larger objects, and those with names that need an escape, take the slow path. */
enum { FSZ_FAST_PATH_BYTES = 16384 };

/* Writes the object to `at`, which has room for FSZ_FAST_PATH_BYTES. Returns its end. NULL: the
 * object must take the slow path. */
typedef unsigned char *(*fsz_fast_path_fn)(struct fsz_encoder *e, unsigned char *at);

struct fsz_fast_path {
    const char      *name;
    fsz_fast_path_fn write;
};

/* The variants that this processor can run, the best last; a NULL name ends the list. */
const struct fsz_fast_path *fsz_fast_paths(void);

/* The one in use. Tests and benchmarks may set another one while no other thread encodes. */
extern const struct fsz_fast_path *fsz_fast_path;

#endif
