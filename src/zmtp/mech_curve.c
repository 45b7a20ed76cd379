/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/mech_curve_private.h"

#include <stdlib.h>

static fsz_err curve_take(struct fsz_mechanism *m, const struct fsz_frame_command *command)
{
    struct mech_curve *curve = (struct mech_curve *)m;
    return m->config.as_server ? fsz_mech_curve_server_take(curve, command)
                               : fsz_mech_curve_client_take(curve, command);
}

static bool curve_next(struct fsz_mechanism *m, struct fsz_buffer *out)
{
    struct mech_curve *curve = (struct mech_curve *)m;
    return m->config.as_server ? fsz_mech_curve_server_next(curve, out)
                               : fsz_mech_curve_client_next(curve, out);
}

static void curve_admitted(struct fsz_mechanism *m)
{
    ((struct mech_curve *)m)->step = CURVE_SEND_READY;
}

fsz_err fsz_mech_curve_malformed(struct mech_curve *curve)
{
    return fsz_mechanism_fail(&curve->base, FSZ_ZMTP_END_PROTOCOL);
}

fsz_err fsz_mech_curve_forged(struct mech_curve *curve)
{
    return fsz_mechanism_fail(&curve->base, FSZ_ZMTP_END_CRYPTO);
}

static const struct fsz_mechanism_ops curve_ops = {
    .take = curve_take,
    .next = curve_next,
    .admitted = curve_admitted,
    .overhead = CURVE_OVERHEAD,
    .seal = fsz_mech_curve_seal,
    .open = fsz_mech_curve_open,
};

fsz_err fsz_mech_curve_new(struct fsz_mechanism **ret_mechanism)
{
    struct mech_curve *curve = sodium_init() < 0 ? NULL : calloc(1, sizeof(*curve));
    if (curve == NULL) {
        return FSZ_ENOMEM;
    }
    curve->base.ops = &curve_ops;
    curve->base.size = sizeof(*curve);
    *ret_mechanism = &curve->base;
    return FSZ_OK;
}
