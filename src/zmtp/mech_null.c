/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/mechanism_private.h"

#include <stdlib.h>

/* Both sides send READY at once, and are ready when they receive the other's (RFC 23). */
struct mech_null {
    struct fsz_mechanism base;
    bool                 has_sent, has_taken;
};

static void null_check_ready(struct mech_null *null)
{
    if (null->has_sent && null->has_taken) {
        null->base.state = FSZ_MECHANISM_READY;
    }
}

static fsz_err null_take(struct fsz_mechanism *m, const struct fsz_frame_command *command)
{
    struct mech_null *null = (struct mech_null *)m;
    if (null->has_taken || !fsz_frame_command_is(command, "READY")) {
        return fsz_mechanism_fail(m, FSZ_ZMTP_END_PROTOCOL);
    }
    fsz_err err = fsz_mechanism_take_metadata(m, command->data, command->data_size);
    if (err == FSZ_OK) {
        null->has_taken = true;
        null_check_ready(null);
    }
    return err;
}

static bool null_next(struct fsz_mechanism *m, struct fsz_buffer *out)
{
    struct mech_null *null = (struct mech_null *)m;
    if (null->has_sent) {
        return false;
    }
    fsz_mechanism_put_name(out, "READY");
    fsz_mechanism_put_metadata(m, out);
    null->has_sent = true;
    null_check_ready(null);
    return true;
}

static const struct fsz_mechanism_ops null_ops = {.take = null_take, .next = null_next};

fsz_err fsz_mech_null_new(struct fsz_mechanism **ret_mechanism)
{
    struct mech_null *null = calloc(1, sizeof(*null));
    if (null == NULL) {
        return FSZ_ENOMEM;
    }
    null->base.ops = &null_ops;
    null->base.size = sizeof(*null);
    *ret_mechanism = &null->base;
    return FSZ_OK;
}
