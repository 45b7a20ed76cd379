/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/mech_curve_private.h"

#include <string.h>

/* The box proves that we know the server's key. The key pair of this connection is created here. */
static bool hello_put(struct mech_curve *curve, struct fsz_buffer *out)
{
    uint8_t             bytes[sizeof(struct curve_hello) + CURVE_HELLO_ZEROS] = {0};
    struct curve_hello *hello = (struct curve_hello *)bytes;
    crypto_box_keypair(curve->client, curve->secret);
    hello->version[0] = 1;
    memcpy(hello->client, curve->client, sizeof(hello->client));
    if (!fsz_mech_curve_share(curve, curve->base.config.server_key, curve->secret) ||
        fsz_mech_curve_box(curve, "CurveZMQHELLO---", &hello->box, CURVE_HELLO_ZEROS) != FSZ_OK) {
        fsz_mech_curve_forged(curve);
        return false;
    }
    fsz_mechanism_put_name(out, "HELLO");
    fsz_buffer_append(out, bytes, sizeof(bytes));
    curve->step = CURVE_WAIT_WELCOME;
    return true;
}

static bool welcome_open(struct mech_curve *curve, const struct curve_welcome *welcome,
                         struct curve_welcome_secret *ret_secret)
{
    uint8_t nonce[crypto_box_NONCEBYTES];
    fsz_mech_curve_long_nonce(nonce, "WELCOME-", welcome->nonce);
    return crypto_box_open_easy_afternm((uint8_t *)ret_secret, welcome->box, sizeof(welcome->box),
                                        nonce, curve->key) == 0;
}

/* From here on the key is that of C' and S'; c' is not needed any more. */
static fsz_err welcome_take(struct mech_curve *curve, const struct fsz_frame_command *command)
{
    const struct curve_welcome *welcome = (const struct curve_welcome *)command->data;
    struct curve_welcome_secret secret;
    if (command->data_size != sizeof(*welcome)) {
        return fsz_mech_curve_malformed(curve);
    }
    if (!welcome_open(curve, welcome, &secret) ||
        !fsz_mech_curve_share(curve, secret.server, curve->secret)) {
        return fsz_mech_curve_forged(curve);
    }
    sodium_memzero(curve->secret, sizeof(curve->secret));
    memcpy(curve->server, secret.server, sizeof(secret.server));
    curve->cookie = secret.cookie;
    curve->step = CURVE_SEND_INITIATE;
    return FSZ_OK;
}

/* The vouch binds C' to C, for this server alone. The long-term secret is not needed any more. */
static bool vouch_write(struct mech_curve *curve, struct curve_initiate_secret *ret_secret)
{
    struct fsz_mechanism_config *config = &curve->base.config;
    struct curve_vouch           vouch;
    uint8_t                      nonce[crypto_box_NONCEBYTES];
    memcpy(vouch.client, curve->client, sizeof(vouch.client));
    memcpy(vouch.server, config->server_key, sizeof(vouch.server));
    memcpy(ret_secret->client, config->public_key, sizeof(ret_secret->client));
    randombytes_buf(ret_secret->vouch_nonce, sizeof(ret_secret->vouch_nonce));
    fsz_mech_curve_long_nonce(nonce, "VOUCH---", ret_secret->vouch_nonce);
    int rc = crypto_box_easy(ret_secret->vouch_box, (const uint8_t *)&vouch, sizeof(vouch), nonce,
                             curve->server, config->secret_key);
    sodium_memzero(config->secret_key, sizeof(config->secret_key));
    return rc == 0;
}

static bool initiate_put(struct mech_curve *curve, struct fsz_buffer *out)
{
    struct curve_initiate        initiate = {.cookie = curve->cookie};
    struct curve_initiate_secret secret;
    if (!vouch_write(curve, &secret)) {
        fsz_mech_curve_forged(curve);
        return false;
    }
    fsz_mechanism_put_name(out, "INITIATE");
    fsz_buffer_append(out, &initiate, sizeof(initiate));
    size_t begin = out->size;
    fsz_buffer_append(out, &secret, sizeof(secret));
    fsz_mechanism_put_metadata(&curve->base, out);
    curve->step = CURVE_WAIT_READY;
    return fsz_mech_curve_box_end(curve, "CurveZMQINITIATE", out, begin);
}

static fsz_err ready_take(struct mech_curve *curve, const struct fsz_frame_command *command)
{
    const struct curve_box *box = (const struct curve_box *)command->data;
    uint8_t                 metadata[FSZ_METADATA_BYTES_MAX];
    if (command->data_size < sizeof(*box) || command->data_size - sizeof(*box) > sizeof(metadata)) {
        return fsz_mech_curve_malformed(curve);
    }
    size_t size = command->data_size - sizeof(*box);
    if (!fsz_mech_curve_unbox(curve, "CurveZMQREADY---", box, size, metadata)) {
        return fsz_mech_curve_forged(curve);
    }
    fsz_err err = fsz_mechanism_take_metadata(&curve->base, metadata, size);
    if (err == FSZ_OK) {
        curve->step = CURVE_DONE;
        curve->base.state = FSZ_MECHANISM_READY;
    }
    return err;
}

fsz_err fsz_mech_curve_client_take(struct mech_curve              *curve,
                                   const struct fsz_frame_command *command)
{
    if (curve->step == CURVE_WAIT_WELCOME && fsz_frame_command_is(command, "WELCOME")) {
        return welcome_take(curve, command);
    }
    if (curve->step == CURVE_WAIT_READY && fsz_frame_command_is(command, "READY")) {
        return ready_take(curve, command);
    }
    return fsz_mech_curve_malformed(curve);
}

bool fsz_mech_curve_client_next(struct mech_curve *curve, struct fsz_buffer *out)
{
    if (curve->step == CURVE_BEGIN) {
        return hello_put(curve, out);
    }
    return curve->step == CURVE_SEND_INITIATE && initiate_put(curve, out);
}
