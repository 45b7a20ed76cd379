/* SPDX-License-Identifier: MPL-2.0 */
/* mechanism_private.h - shared by mechanism.c and the three mechanisms. */
#ifndef FSZ_ZMTP_MECHANISM_PRIVATE_H
#define FSZ_ZMTP_MECHANISM_PRIVATE_H

#include "zmtp/frame.h"
#include "zmtp/mechanism.h"

/* What differs between mechanisms. A mechanism leaves members that it does not need NULL. */
struct fsz_mechanism_ops {
    /* Implements fsz_mechanism_take(); the command is already split into name and data, and ERROR
     * has been handled. On failure it calls fsz_mechanism_fail() and returns FSZ_EINVALID. */
    fsz_err (*take)(struct fsz_mechanism *m, const struct fsz_frame_command *command);
    bool (*next)(struct fsz_mechanism *m, struct fsz_buffer *out);
    /* The start of libzmq's ERROR command for this mechanism, if it does not start with a name. */
    const char *odd_error;
    /* Called by fsz_mechanism_judge() with "200". */
    void (*admitted)(struct fsz_mechanism *m);
    size_t overhead;
    fsz_err (*seal)(struct fsz_mechanism *m, uint8_t flags, const uint8_t *body, size_t size,
                    uint8_t *sealed);
    fsz_err (*open)(struct fsz_mechanism *m, uint8_t *sealed, size_t size, uint8_t *ret_flags,
                    uint8_t **ret_body, size_t *ret_size);
};

enum { MECHANISM_REASON_BYTES = 64 };

/* First member of each mechanism's own struct. */
struct fsz_mechanism {
    const struct fsz_mechanism_ops  *ops;
    struct fsz_mechanism_config      config;
    struct fsz_mechanism_credentials credentials;
    struct fsz_metadata              peer;
    enum fsz_mechanism_state         state;
    enum fsz_zmtp_ending             ending;
    char                             status[4]; /* for the ERROR to be sent */
    bool                             error_is_due;
    char                             reason[MECHANISM_REASON_BYTES]; /* from the ERROR received */
    size_t                           size; /* of the whole struct, for wiping */
};

/* Constructors. FSZ_ENOMEM. */
fsz_err fsz_mech_null_new(struct fsz_mechanism **ret_mechanism);
fsz_err fsz_mech_plain_new(struct fsz_mechanism **ret_mechanism);
fsz_err fsz_mech_curve_new(struct fsz_mechanism **ret_mechanism);

/* Sets state FAILED and the ending; returns FSZ_EINVALID. */
fsz_err fsz_mechanism_fail(struct fsz_mechanism *m, enum fsz_zmtp_ending ending);
/* Reads the peer's metadata into m->peer and checks its socket type. Fails the mechanism if they
 * are not valid. */
FSZ_NODISCARD fsz_err fsz_mechanism_take_metadata(struct fsz_mechanism *m, const uint8_t *bytes,
                                                  size_t size);
/* Appends this side's metadata: Socket-Type, and Identity if the socket type has one. */
void fsz_mechanism_put_metadata(const struct fsz_mechanism *m, struct fsz_buffer *out);
/* Appends the name of a command, preceded by its length. */
void fsz_mechanism_put_name(struct fsz_buffer *out, const char *name);

#endif
