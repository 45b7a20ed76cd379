/* SPDX-License-Identifier: MPL-2.0 */
/* subscribe.h - makes subscriptions from event names as a user writes them.
 *
 * A client does not know the framing before the first message. So each pattern becomes two
 * prefixes: one for framing `json` and one for the topics of framing `envelope`. */
#ifndef FSZ_SUBSCRIBE_H
#define FSZ_SUBSCRIBE_H

#include "base/eventname.h"

#include <stddef.h>

enum { FSZ_SUBSCRIBE_MAX = 256 };

struct fsz_subscribe {
    char  *json[FSZ_SUBSCRIBE_MAX];
    char  *topic[FSZ_SUBSCRIBE_MAX];
    size_t count; /* 0: everything */
};

/* Adds NAME or NAME/SUBCLASS, either with an optional `*` at its end; `*` and `ALL` select
 * everything. The letter case of NAME is ignored. Returns 0, or -1: invalid pattern, too many
 * patterns, or out of memory. */
int fsz_subscribe_add(struct fsz_subscribe *subscribe, const char *pattern);
/* Why a pattern could not be added, as part of a sentence. */
void fsz_subscribe_explain(const char *pattern, char ret_why[FSZ_EVENTNAME_WHY_BYTES]);
void fsz_subscribe_fini(struct fsz_subscribe *subscribe);

/* Subscribes the SUB socket, also to messages of the stream itself. 0, or -1 with errno. */
int fsz_subscribe_apply(const struct fsz_subscribe *subscribe, void *socket);

#endif
