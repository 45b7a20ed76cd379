/* SPDX-License-Identifier: MPL-2.0 */
/* sentevent.h - the `event` of event.send as an event (event.h). Pure; a value. */
#ifndef FSZ_SENTEVENT_H
#define FSZ_SENTEVENT_H

#include "base/err.h"
#include "event/event.h"

#include <jansson.h>

enum { FSZ_SENTEVENT_WHY_BYTES = 192 };

struct fsz_sentevent {
    struct fsz_event   view;    /* points into the object and into the lists below */
    struct fsz_header *headers; /* ended by a NULL name */
    char             **texts;   /* of numbers and booleans */
    const char       **values;  /* of arrays */
};

/* `object` must outlive the event. Members become headers: strings unchanged, numbers and booleans
 * as JSON text, arrays of these as arrays; `_body` is the body. Headers that the switch writes
 * itself (event_check.h) are left out. FSZ_EINVALID: ret_why says which member and what is allowed.
 * FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_sentevent_init(struct fsz_sentevent *event, const json_t *object,
                                         char ret_why[FSZ_SENTEVENT_WHY_BYTES]);
/* Accepts a zeroed event. */
void fsz_sentevent_fini(struct fsz_sentevent *event);

#endif
