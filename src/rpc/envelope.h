/* SPDX-License-Identifier: MPL-2.0 */
/* envelope.h - the frames in front of a request, up to the first empty one. They go back in front
 * of the reply (RFC 28), so that proxies on the way can route it.
 *
 * Reference-counted and immutable, because a registration keeps the envelope that it came with.
 * NULL is an envelope without frames. Any thread. */
#ifndef FSZ_ENVELOPE_H
#define FSZ_ENVELOPE_H

#include "base/err.h"
#include "base/ref.h"

#include <stddef.h>
#include <stdint.h>

struct fsz_envelope {
    struct fsz_ref references;
    size_t         size;
    uint8_t        bytes[]; /* whole frames, as on the wire (zmtp/router.h) */
};

/* Copies the bytes; without any, *ret_envelope is NULL. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_envelope_new(const void *bytes, size_t size,
                                       struct fsz_envelope **ret_envelope);
/* Both accept NULL. */
struct fsz_envelope *fsz_envelope_ref(struct fsz_envelope *envelope);
void                 fsz_envelope_unref(struct fsz_envelope **envelope);
size_t               fsz_envelope_size(const struct fsz_envelope *envelope);

#endif
