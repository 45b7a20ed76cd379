/* SPDX-License-Identifier: MPL-2.0 */
/* grants.h - what a group may do: patterns for each right. Only what a pattern matches is allowed.
 *
 * `*` in a pattern matches any text, including none. In rights that name something of the switch,
 * it does not cross separators: in an endpoint it matches only letters, digits and `+-_.*#`; in a
 * context none of `/ @ , | : ; ] } >` and no blanks; in a file no `/`. After the name of a command
 * or application, it matches neither blanks nor these separators, but at the end of the pattern it
 * matches the rest. Letter case is ignored where the switch ignores it: in names of events,
 * commands, applications, variables, dialplans and types of endpoints.
 *
 * Built while a configuration is read, then read by any thread. docs/access.md */
#ifndef FSZ_GRANTS_H
#define FSZ_GRANTS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    FSZ_GRANT_BYTES_MAX = 512,   /* of one pattern */
    FSZ_GRANTS_PER_RIGHT = 1000, /* patterns of one right of one group */
};

enum fsz_right {
    FSZ_RIGHT_STREAMS,      /* names of streams */
    FSZ_RIGHT_EVENTS,       /* `CHANNEL_*`, `CUSTOM/sofia::*`; `CUSTOM`: every subclass */
    FSZ_RIGHT_METHODS,      /* `server.*`, `api`, `call.hangup` */
    FSZ_RIGHT_API,          /* `show channels*`: command, one space, arguments */
    FSZ_RIGHT_JSON_API,     /* `status`, `mediaStats`: commands of json_api */
    FSZ_RIGHT_APPLICATIONS, /* `playback`, `bridge sofia*`: application, one space, argument */
    FSZ_RIGHT_SEND_EVENTS,  /* events that event.send may fire: `CUSTOM/acme::*` */
    FSZ_RIGHT_VARIABLES,    /* channel variables that may be set: `acme_*` */
    FSZ_RIGHT_ENDPOINTS,    /* legs of dial strings: `user/…`, `sofia/gateway/carrier/…` */
    FSZ_RIGHT_FILES,        /* folders and files, after `read:` or `write:`; without, for both */
    FSZ_RIGHT_CONTEXTS,     /* `CONTEXT`, `CONTEXT/EXTENSION`, `DIALPLAN:CONTEXT/EXTENSION` */
    FSZ_RIGHT_SERVICES,     /* names of services */
    FSZ_RIGHT_SECTIONS,     /* XML sections */
    FSZ_RIGHT_CONTROLLED_CALLS, /* services; calls that their workers control may be commanded */
    FSZ_RIGHTS
};

struct fsz_grants;

FSZ_NODISCARD fsz_err fsz_grants_new(struct fsz_grants **ret_grants);
/* Accepts NULL. */
void fsz_grants_free(struct fsz_grants **grants);
/* Adds a copy of one pattern. FSZ_EINVALID: it is empty, has control characters, or has a space at
 * an end; for EVENTS and SEND_EVENTS, it is not an event name (eventname.h); for EVENTS, it has a
 * `*` before the end (a subscription is a prefix); for FILES, it has a segment `..`. FSZ_ELIMIT,
 * FSZ_ENOMEM: nothing changed. */
FSZ_NODISCARD fsz_err fsz_grants_add(struct fsz_grants *grants, enum fsz_right right,
                                     const char *pattern);
/* Does a pattern match? `what` is `NAME/SUBCLASS` for EVENTS and SEND_EVENTS, where the subclass
 * may be empty; the name, one space and the argument (if any) for API and APPLICATIONS; `read:PATH`
 * or `write:PATH` for FILES; `DIALPLAN:CONTEXT/EXTENSION` for CONTEXTS, where the context is empty
 * if the request has none. */
bool fsz_grants_allow(const struct fsz_grants *grants, enum fsz_right right, const char *what);
/* The same, but a pattern must be `*` or spell out the first `spelled` bytes of `what`. For
 * contexts and variables, `*` does not suffice if `spelled` is not 0. */
bool fsz_grants_allow_spelled(const struct fsz_grants *grants, enum fsz_right right,
                              const char *what, size_t spelled);
/* Is everything of that right allowed (the pattern `*`)? */
bool fsz_grants_allow_all(const struct fsz_grants *grants, enum fsz_right right);
/* The patterns in the order in which they were added, event names in upper case. */
size_t      fsz_grants_count(const struct fsz_grants *grants, enum fsz_right right);
const char *fsz_grants_pattern(const struct fsz_grants *grants, enum fsz_right right, size_t index);
/* "methods", "api", "json-api", …: the name in configuration keys and messages. */
const char *fsz_right_name(enum fsz_right right);

#endif
