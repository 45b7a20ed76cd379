/* offer.h - the offer of a call as text, and what a provider answers to it.
 *
 * Wire: docs/protocol/calls.md, "The offer". Pure; any thread. */
#ifndef FSZ_OFFER_H
#define FSZ_OFFER_H

#include "base/buffer.h"
#include "event/event.h"

#include <jansson.h>
#include <stdbool.h>

enum {
    FSZ_OFFER_STEPS_MAX = 100,     /* applications of one answer */
    FSZ_OFFER_VARIABLES_MAX = 256, /* and variables */
    FSZ_OFFER_EXECUTED_MAX = 32,   /* applications that an offer tells of */
};

/* Appends the members of an offer's params, braces and all, but for the channel; then the channel;
 * then the end. `args`, `executed` and `data` may be NULL. Fails as fsz_encode() does, or leaves
 * that to out->failed. */
struct fsz_offer_text {
    const char   *call, *service;
    const json_t *args, *executed, *data;
    const char   *why; /* somebody had it before, and so it came; NULL: nobody */
};
void fsz_offer_write(struct fsz_buffer *out, const struct fsz_offer_text *offer,
                     const struct fsz_event *channel);

enum fsz_then { FSZ_THEN_CONTROL, FSZ_THEN_RELEASE, FSZ_THEN_HANGUP };

/* An answer, whose texts stay the result's. */
struct fsz_offer {
    bool          accept;
    const char   *reason; /* of a refusal; or NULL */
    const json_t *set;    /* object of texts; or NULL */
    const json_t *steps;  /* array of objects with `app` and perhaps `arg`; or NULL */
    enum fsz_then then;
    const char   *cause; /* of a hangup; or NULL */
};

/* FSZ_EINVALID: it is none; `why` says what is wrong with it. */
FSZ_NODISCARD fsz_err fsz_offer_read(const json_t *result, struct fsz_offer *ret_offer,
                                     const char **ret_why);
const char           *fsz_offer_app(const struct fsz_offer *offer, size_t step);
const char           *fsz_offer_arg(const struct fsz_offer *offer, size_t step); /* or NULL */

#endif
