/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/mech_curve_private.h"

#include <endian.h>
#include <string.h>

enum {
    SHORT_PREFIX = crypto_box_NONCEBYTES - CURVE_SHORT_NONCE,
    LONG_PREFIX = crypto_box_NONCEBYTES - CURVE_LONG_NONCE
};

/* The flags inside the box of a MESSAGE. COMMAND is another bit than in a frame's header. */
enum { BOXED_MORE = 0x01, BOXED_COMMAND = 0x02 };

static const uint8_t message_name[8] = {7, 'M', 'E', 'S', 'S', 'A', 'G', 'E'};

/* The last letter names the sender: client or server. */
static const char *message_prefix(bool of_server)
{
    return of_server ? "CurveZMQMESSAGES" : "CurveZMQMESSAGEC";
}

static void short_nonce(uint8_t ret_nonce[crypto_box_NONCEBYTES], const char *prefix,
                        const uint8_t rest[CURVE_SHORT_NONCE])
{
    memcpy(ret_nonce, prefix, SHORT_PREFIX);
    memcpy(ret_nonce + SHORT_PREFIX, rest, CURVE_SHORT_NONCE);
}

void fsz_mech_curve_long_nonce(uint8_t ret_nonce[crypto_box_NONCEBYTES], const char *prefix,
                               const uint8_t rest[CURVE_LONG_NONCE])
{
    memcpy(ret_nonce, prefix, LONG_PREFIX);
    memcpy(ret_nonce + LONG_PREFIX, rest, CURVE_LONG_NONCE);
}

bool fsz_mech_curve_share(struct mech_curve *curve, const uint8_t public_key[CURVE_KEY],
                          const uint8_t secret_key[CURVE_KEY])
{
    return crypto_box_beforenm(curve->key, public_key, secret_key) == 0;
}

/* Using a nonce twice would reveal both texts, so the counter never wraps. */
fsz_err fsz_mech_curve_box(struct mech_curve *curve, const char *prefix, struct curve_box *box,
                           size_t size)
{
    uint8_t nonce[crypto_box_NONCEBYTES];
    if (curve->sent == UINT64_MAX) {
        return FSZ_ELIMIT;
    }
    uint64_t counter = htobe64(++curve->sent);
    memcpy(box->nonce, &counter, sizeof(counter));
    short_nonce(nonce, prefix, box->nonce);
    int rc = crypto_box_detached_afternm(box->bytes, box->mac, box->bytes, size, nonce, curve->key);
    return rc == 0 ? FSZ_OK : FSZ_EINVALID;
}

bool fsz_mech_curve_box_end(struct mech_curve *curve, const char *prefix, struct fsz_buffer *out,
                            size_t begin)
{
    if (out->failed != FSZ_OK) {
        return true;
    }
    struct curve_box *box = (struct curve_box *)(out->data + begin - sizeof(*box));
    return fsz_mech_curve_box(curve, prefix, box, out->size - begin) == FSZ_OK;
}

/* The nonce counts only once the box is open: a forged box cannot advance it. */
bool fsz_mech_curve_unbox(struct mech_curve *curve, const char *prefix, const struct curve_box *box,
                          size_t size, uint8_t *ret_bytes)
{
    uint8_t  nonce[crypto_box_NONCEBYTES];
    uint64_t counter = 0;
    memcpy(&counter, box->nonce, sizeof(counter));
    counter = be64toh(counter);
    short_nonce(nonce, prefix, box->nonce);
    if (counter < curve->least || counter == UINT64_MAX ||
        crypto_box_open_detached_afternm(ret_bytes, box->bytes, box->mac, size, nonce,
                                         curve->key) != 0) {
        return false;
    }
    curve->least = counter + 1;
    return true;
}

static uint8_t flags_to_box(uint8_t flags)
{
    return (uint8_t)((flags & FSZ_FRAME_MORE ? BOXED_MORE : 0) |
                     (flags & FSZ_FRAME_COMMAND ? BOXED_COMMAND : 0));
}

static uint8_t flags_from_box(uint8_t flags)
{
    return (uint8_t)((flags & BOXED_MORE ? FSZ_FRAME_MORE : 0) |
                     (flags & BOXED_COMMAND ? FSZ_FRAME_COMMAND : 0));
}

/* The body is copied behind its flags and encrypted there: libsodium needs one contiguous text. */
fsz_err fsz_mech_curve_seal(struct fsz_mechanism *m, uint8_t flags, const uint8_t *body,
                            size_t size, uint8_t *sealed)
{
    struct curve_message *message = (struct curve_message *)sealed;
    memcpy(message->name, message_name, sizeof(message_name));
    message->box.bytes[0] = flags_to_box(flags);
    if (size > 0) {
        memcpy(message->box.bytes + CURVE_MESSAGE_FLAGS, body, size);
    }
    return fsz_mech_curve_box((struct mech_curve *)m, message_prefix(m->config.as_server),
                              &message->box, CURVE_MESSAGE_FLAGS + size);
}

fsz_err fsz_mech_curve_open(struct fsz_mechanism *m, uint8_t *sealed, size_t size,
                            uint8_t *ret_flags, uint8_t **ret_body, size_t *ret_size)
{
    struct curve_message *message = (struct curve_message *)sealed;
    if (size < CURVE_OVERHEAD || memcmp(message->name, message_name, sizeof(message_name)) != 0 ||
        !fsz_mech_curve_unbox((struct mech_curve *)m, message_prefix(!m->config.as_server),
                              &message->box, size - sizeof(*message), message->box.bytes)) {
        return FSZ_EINVALID;
    }
    *ret_flags = flags_from_box(message->box.bytes[0]);
    *ret_body = message->box.bytes + CURVE_MESSAGE_FLAGS;
    *ret_size = size - CURVE_OVERHEAD;
    return FSZ_OK;
}
