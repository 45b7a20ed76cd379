/* SPDX-License-Identifier: MPL-2.0 */
#include "rpc/envelope.h"

#include "base/ref.h"

#include <stdlib.h>
#include <string.h>

fsz_err fsz_envelope_new(const void *bytes, size_t size, struct fsz_envelope **ret_envelope)
{
    if (size == 0) {
        *ret_envelope = NULL;
        return FSZ_OK;
    }
    struct fsz_envelope *envelope = malloc(sizeof(*envelope) + size);
    if (envelope == NULL) {
        return FSZ_ENOMEM;
    }
    fsz_ref_init(&envelope->references, 1);
    envelope->size = size;
    memcpy(envelope->bytes, bytes, size);
    *ret_envelope = envelope;
    return FSZ_OK;
}

struct fsz_envelope *fsz_envelope_ref(struct fsz_envelope *envelope)
{
    if (envelope != NULL) {
        fsz_ref_take(&envelope->references);
    }
    return envelope;
}

void fsz_envelope_unref(struct fsz_envelope **envelope)
{
    if (*envelope != NULL && fsz_ref_drop(&(*envelope)->references)) {
        free(*envelope);
    }
    *envelope = NULL;
}

size_t fsz_envelope_size(const struct fsz_envelope *envelope)
{
    return envelope != NULL ? envelope->size : 0;
}
