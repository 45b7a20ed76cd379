/* mechanism_private.h - what mechanism.c and the three mechanisms share. */
#ifndef FSZ_ZMTP_MECHANISM_PRIVATE_H
#define FSZ_ZMTP_MECHANISM_PRIVATE_H

#include "zmtp/frame.h"
#include "zmtp/mechanism.h"

/* What one mechanism does differently. A slot that a mechanism does not need is NULL. */
struct fsz_mechanism_ops {
    /* See fsz_mechanism_take(); the command's name and data are already apart, and ERROR is handled
     * before. A mechanism fails with mechanism_fail() and returns FSZ_EINVALID. */
    fsz_err (*take)(struct fsz_mechanism *m, const struct fsz_frame_command *command);
    bool (*next)(struct fsz_mechanism *m, struct fsz_buffer *out);
    /* How libzmq's ERROR command of this mechanism begins, if not with a name. */
    const char *odd_error;
    /* After fsz_mechanism_judge() with "200". */
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
    char                             status[4]; /* of an ERROR to be sent */
    bool                             error_is_due;
    char                             reason[MECHANISM_REASON_BYTES]; /* of an ERROR that came */
    size_t                           size; /* of the whole struct, to be wiped */
};

/* The makers; FSZ_ENOMEM. */
fsz_err fsz_mech_null_new(struct fsz_mechanism **ret_mechanism);
fsz_err fsz_mech_plain_new(struct fsz_mechanism **ret_mechanism);
fsz_err fsz_mech_curve_new(struct fsz_mechanism **ret_mechanism);

/* Sets FAILED and the reason; returns FSZ_EINVALID. */
fsz_err fsz_mechanism_fail(struct fsz_mechanism *m, enum fsz_zmtp_ending ending);
/* Reads the peer's metadata into m->peer and checks its socket type; fails the mechanism if that is
 * not valid. */
FSZ_NODISCARD fsz_err fsz_mechanism_take_metadata(struct fsz_mechanism *m, const uint8_t *bytes,
                                                  size_t size);
/* Appends this side's metadata: Socket-Type, and Identity where its type has one. */
void fsz_mechanism_put_metadata(const struct fsz_mechanism *m, struct fsz_buffer *out);
/* Appends a command's name with its length. */
void fsz_mechanism_put_name(struct fsz_buffer *out, const char *name);

#endif
