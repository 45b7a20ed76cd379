/* fast_path.h - private to the encoder: nearly every event, in one pass that measures nothing.
 *
 * A text is copied block by block until its NUL turns up: how long it was, and that nothing in it
 * was to be escaped, is known when it is copied. The object is written to a place on the stack and
 * moved into an allocation of its size. Any thread. */
#ifndef FSZ_FAST_PATH_H
#define FSZ_FAST_PATH_H

#include "event/encoder.h"

enum {
    FSZ_FAST_PATH_BYTES = 16384
}; /* larger objects take the careful way, as do very odd names */

/* Writes the object to `at`, which has FSZ_FAST_PATH_BYTES. Returns its end; NULL: not this way. */
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
