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
    bool             usable; /* this processor has what it takes */
};

/* All of them, the portable one first and better ones later, ended by a NULL name. Static storage.
 */
const struct fsz_fast_path *fsz_fast_paths(void);
/* Takes another one than the best, for tests and benchmarks; not while another thread encodes. */
void fsz_fast_path_use(const struct fsz_fast_path *fast_path);

/* The one in use: the best, chosen when the program is loaded. Changed only by fsz_fast_path_use().
 */
extern const struct fsz_fast_path *fsz_fast_path;

#endif
