/* SPDX-License-Identifier: MPL-2.0 */
/* mech_curve_server.c - the server's side of CURVE.
 *
 * Until a client has shown its long-term key, a connection keeps only state of a fixed size.
 * Between WELCOME and INITIATE that is the key of its cookie; C' and s' come back in the cookie.
 * Each connection has its own cookie key: a cookie is useless on another connection, needs no clock
 * to expire, and connections share nothing. */
#include "zmtp/mech_curve_private.h"

#include <string.h>

static bool hello_is_well_formed(const struct curve_hello *hello, size_t size)
{
    return size == sizeof(*hello) + CURVE_HELLO_ZEROS && hello->version[0] == 1 &&
           hello->version[1] == 0 && sodium_is_zero(hello->padding, sizeof(hello->padding)) == 1;
}

/* A peer that does not know our key causes only one multiplication on the curve. */
static fsz_err hello_take(struct mech_curve *curve, const struct fsz_frame_command *command)
{
    const struct curve_hello *hello = (const struct curve_hello *)command->data;
    uint8_t                   zeros[CURVE_HELLO_ZEROS];
    if (!hello_is_well_formed(hello, command->data_size)) {
        return fsz_mech_curve_malformed(curve);
    }
    if (!fsz_mech_curve_share(curve, hello->client, curve->base.config.secret_key) ||
        !fsz_mech_curve_unbox(curve, "CurveZMQHELLO---", &hello->box, sizeof(zeros), zeros)) {
        return fsz_mech_curve_forged(curve);
    }
    if (sodium_is_zero(zeros, sizeof(zeros)) != 1) {
        return fsz_mech_curve_malformed(curve);
    }
    sodium_memzero(curve->base.config.secret_key, sizeof(curve->base.config.secret_key));
    memcpy(curve->client, hello->client, sizeof(hello->client));
    curve->step = CURVE_SEND_WELCOME;
    return FSZ_OK;
}

static void cookie_write(struct mech_curve *curve, const struct curve_cookie_secret *secret,
                         struct curve_cookie *ret_cookie)
{
    uint8_t nonce[crypto_secretbox_NONCEBYTES];
    randombytes_buf(curve->cookie_key, sizeof(curve->cookie_key));
    randombytes_buf(ret_cookie->nonce, sizeof(ret_cookie->nonce));
    fsz_mech_curve_long_nonce(nonce, "COOKIE--", ret_cookie->nonce);
    crypto_secretbox_easy(ret_cookie->box, (const uint8_t *)secret, sizeof(*secret), nonce,
                          curve->cookie_key);
}

static bool cookie_open(struct mech_curve *curve, const struct curve_cookie *cookie,
                        struct curve_cookie_secret *ret_secret)
{
    uint8_t nonce[crypto_secretbox_NONCEBYTES];
    fsz_mech_curve_long_nonce(nonce, "COOKIE--", cookie->nonce);
    int rc = crypto_secretbox_open_easy((uint8_t *)ret_secret, cookie->box, sizeof(cookie->box),
                                        nonce, curve->cookie_key);
    sodium_memzero(curve->cookie_key, sizeof(curve->cookie_key));
    return rc == 0;
}

/* The key pair of this connection is created here and sent in the cookie. */
static void welcome_write(struct mech_curve *curve, struct curve_welcome *ret_welcome)
{
    struct curve_welcome_secret secret;
    struct curve_cookie_secret  cookie;
    uint8_t                     nonce[crypto_box_NONCEBYTES];
    crypto_box_keypair(secret.server, cookie.server_secret);
    memcpy(cookie.client, curve->client, sizeof(cookie.client));
    cookie_write(curve, &cookie, &secret.cookie);
    randombytes_buf(ret_welcome->nonce, sizeof(ret_welcome->nonce));
    fsz_mech_curve_long_nonce(nonce, "WELCOME-", ret_welcome->nonce);
    crypto_box_easy_afternm(ret_welcome->box, (const uint8_t *)&secret, sizeof(secret), nonce,
                            curve->key);
    sodium_memzero(&cookie, sizeof(cookie));
    sodium_memzero(curve->client, sizeof(curve->client));
    sodium_memzero(curve->key, sizeof(curve->key));
}

static bool welcome_put(struct mech_curve *curve, struct fsz_buffer *out)
{
    struct curve_welcome welcome;
    welcome_write(curve, &welcome);
    fsz_mechanism_put_name(out, "WELCOME");
    fsz_buffer_append(out, &welcome, sizeof(welcome));
    curve->step = CURVE_WAIT_INITIATE;
    return true;
}

/* Does the owner of C vouch for C', for this server? */
static bool vouch_holds(const struct mech_curve *curve, const struct curve_cookie_secret *cookie,
                        const struct curve_initiate_secret *secret)
{
    struct curve_vouch vouch;
    uint8_t            nonce[crypto_box_NONCEBYTES];
    fsz_mech_curve_long_nonce(nonce, "VOUCH---", secret->vouch_nonce);
    return crypto_box_open_easy((uint8_t *)&vouch, secret->vouch_box, sizeof(secret->vouch_box),
                                nonce, secret->client, cookie->server_secret) == 0 &&
           sodium_memcmp(vouch.client, cookie->client, sizeof(vouch.client)) == 0 &&
           sodium_memcmp(vouch.server, curve->base.config.public_key, sizeof(vouch.server)) == 0;
}

/* Checks the cookie first: a peer without a valid one causes no multiplication. */
static bool initiate_open(struct mech_curve *curve, const struct curve_initiate *initiate,
                          size_t size, struct curve_initiate_secret *ret_secret)
{
    struct curve_cookie_secret cookie;
    bool                       opened = cookie_open(curve, &initiate->cookie, &cookie) &&
                  fsz_mech_curve_share(curve, cookie.client, cookie.server_secret) &&
                  fsz_mech_curve_unbox(curve, "CurveZMQINITIATE", &initiate->box, size,
                                       (uint8_t *)ret_secret) &&
                  vouch_holds(curve, &cookie, ret_secret);
    sodium_memzero(&cookie, sizeof(cookie));
    return opened;
}

static fsz_err initiate_take(struct mech_curve *curve, const struct fsz_frame_command *command)
{
    const struct curve_initiate *initiate = (const struct curve_initiate *)command->data;
    uint8_t bytes[sizeof(struct curve_initiate_secret) + FSZ_METADATA_BYTES_MAX];
    struct curve_initiate_secret *secret = (struct curve_initiate_secret *)bytes;
    if (command->data_size < sizeof(*initiate) + sizeof(*secret) ||
        command->data_size > sizeof(*initiate) + sizeof(bytes)) {
        return fsz_mech_curve_malformed(curve);
    }
    size_t size = command->data_size - sizeof(*initiate);
    if (!initiate_open(curve, initiate, size, secret)) {
        return fsz_mech_curve_forged(curve);
    }
    fsz_err err =
        fsz_mechanism_take_metadata(&curve->base, secret->metadata, size - sizeof(*secret));
    if (err == FSZ_OK) {
        memcpy(curve->base.credentials.key, secret->client, sizeof(secret->client));
        curve->base.state = FSZ_MECHANISM_ASKING;
    }
    return err;
}

static bool ready_put(struct mech_curve *curve, struct fsz_buffer *out)
{
    static const struct curve_box head;
    fsz_mechanism_put_name(out, "READY");
    fsz_buffer_append(out, &head, sizeof(head));
    size_t begin = out->size;
    fsz_mechanism_put_metadata(&curve->base, out);
    curve->step = CURVE_DONE;
    curve->base.state = FSZ_MECHANISM_READY;
    return fsz_mech_curve_box_end(curve, "CurveZMQREADY---", out, begin);
}

fsz_err fsz_mech_curve_server_take(struct mech_curve              *curve,
                                   const struct fsz_frame_command *command)
{
    if (curve->step == CURVE_BEGIN && fsz_frame_command_is(command, "HELLO")) {
        return hello_take(curve, command);
    }
    if (curve->step == CURVE_WAIT_INITIATE && fsz_frame_command_is(command, "INITIATE")) {
        return initiate_take(curve, command);
    }
    return fsz_mech_curve_malformed(curve);
}

bool fsz_mech_curve_server_next(struct mech_curve *curve, struct fsz_buffer *out)
{
    if (curve->step == CURVE_SEND_WELCOME) {
        return welcome_put(curve, out);
    }
    return curve->step == CURVE_SEND_READY && ready_put(curve, out);
}
