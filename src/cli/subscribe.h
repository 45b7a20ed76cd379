/* subscribe.h - what a client subscribes to, from event names as a user writes them.
 *
 * A client cannot know the framing before the first message, so each pattern becomes two prefixes:
 * one that matches framing `json` and one that matches the topics of framing `envelope`. */
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

/* Adds NAME, NAME/SUBCLASS, or either with a `*` at its end; `*` and `ALL` select everything.
 * Letter case of NAME does not matter. Returns 0, or -1 when the pattern is none, there are too
 * many, or no memory. */
int fsz_subscribe_add(struct fsz_subscribe *subscribe, const char *pattern);
/* Why a pattern could not be added, as part of a sentence. */
void fsz_subscribe_explain(const char *pattern, char ret_why[FSZ_EVENTNAME_WHY_BYTES]);
void fsz_subscribe_fini(struct fsz_subscribe *subscribe);

/* Subscribes the SUB socket, to the stream's own messages too. Returns 0, or -1 with errno. */
int fsz_subscribe_apply(const struct fsz_subscribe *subscribe, void *socket);

#endif
