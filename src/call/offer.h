/* SPDX-License-Identifier: MPL-2.0 */
/* offer.h - the offer of a call as text, and a provider's reply to it.
 *
 * Wire: docs/protocol/calls.md, "The offer". Pure; any thread. */
#ifndef FSZ_OFFER_H
#define FSZ_OFFER_H

#include "base/buffer.h"
#include "event/event.h"

#include <jansson.h>
#include <stdbool.h>

enum {
    FSZ_OFFER_STEPS_MAX = 100,     /* applications of one reply */
    FSZ_OFFER_VARIABLES_MAX = 256, /* variables of one reply */
    FSZ_OFFER_EXECUTED_MAX = 32,   /* applications that an offer lists */
};

struct fsz_offer_text {
    const char   *call, *service;
    const json_t *args, *executed, *data; /* each may be NULL */
    const char   *why; /* why it is offered again; NULL: it is offered for the first time */
};

/* Appends an offer's params, an object. out->failed says if it failed, as fsz_encode() does. */
void fsz_offer_write(struct fsz_buffer *out, const struct fsz_offer_text *offer,
                     const struct fsz_event *channel);

enum fsz_then { FSZ_THEN_CONTROL, FSZ_THEN_RELEASE, FSZ_THEN_HANGUP };

/* A reply. Its texts belong to the result. */
struct fsz_offer {
    bool          accept;
    const char   *reason; /* of a refusal, or NULL */
    const json_t *set;    /* object of strings, or NULL */
    const json_t *steps;  /* array of objects with `app` and optional `arg`, or NULL */
    enum fsz_then then;
    const char   *cause; /* of a hangup, or NULL */
};

/* FSZ_EINVALID: the reply is not valid; *ret_why (static storage) says why. */
FSZ_NODISCARD fsz_err fsz_offer_read(const json_t *result, struct fsz_offer *ret_offer,
                                     const char **ret_why);
const char           *fsz_offer_app(const struct fsz_offer *offer, size_t step);
const char           *fsz_offer_arg(const struct fsz_offer *offer, size_t step); /* or NULL */

#endif
