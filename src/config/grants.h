/* grants.h - what a group may do: for each right, patterns; nothing is allowed that none names.
 *
 * `*` in a pattern stands for any text, also none. In the rights that name something of the switch
 * it crosses no separator: in an endpoint none but letters, digits and `+-_.*#` match it, in a
 * context none of `/ @ , | : ; ] } >` and blanks, in a file no `/`. After the name of a command or
 * application it stays within one word and between the same separators, but at the end of the
 * pattern it stands for the rest. Letter case is ignored where the switch ignores it: in names of
 * events, commands, applications, variables, dialplans and kinds of endpoints.
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
    FSZ_RIGHT_API,          /* `show channels*`: command and arguments, one space between them */
    FSZ_RIGHT_JSON_API,     /* `status`, `mediaStats`: commands of json_api */
    FSZ_RIGHT_APPLICATIONS, /* `playback`, `bridge sofia*`: application and its argument */
    FSZ_RIGHT_SEND_EVENTS,  /* events that event.send may fire: `CUSTOM/acme::*` */
    FSZ_RIGHT_VARIABLES,    /* channel variables that may be set: `acme_*` */
    FSZ_RIGHT_ENDPOINTS,    /* legs of dial strings: `user/…`, `sofia/gateway/carrier/…` */
    FSZ_RIGHT_FILES,        /* folders and files, after `read:` or `write:` or for both */
    FSZ_RIGHT_CONTEXTS,     /* `CONTEXT`, `CONTEXT/EXTENSION`, `DIALPLAN:CONTEXT/EXTENSION` */
    FSZ_RIGHT_SERVICES,     /* names of services */
    FSZ_RIGHT_SECTIONS,     /* XML sections */
    FSZ_RIGHT_CONTROLLED_CALLS, /* services whose workers' calls may be commanded */
    FSZ_RIGHTS
};

struct fsz_grants;

FSZ_NODISCARD fsz_err fsz_grants_new(struct fsz_grants **ret_grants);
/* Accepts NULL. */
void fsz_grants_free(struct fsz_grants **grants);
/* Adds one pattern; copied. FSZ_EINVALID: empty, with control characters, with a space at an end;
 * for EVENTS and SEND_EVENTS no event's name (eventname.h), for EVENTS also with a `*` before the
 * end (a subscription is a prefix); for FILES with a segment `..`. FSZ_ELIMIT, FSZ_ENOMEM: nothing
 * changed. */
FSZ_NODISCARD fsz_err fsz_grants_add(struct fsz_grants *grants, enum fsz_right right,
                                     const char *pattern);
/* Does a pattern match? `what` is for EVENTS and SEND_EVENTS `NAME/SUBCLASS`, where the subclass
 * may be empty; for API and APPLICATIONS the name, and behind one space its argument, if any; for
 * FILES `read:PATH` or `write:PATH`; for CONTEXTS `DIALPLAN:CONTEXT/EXTENSION`, with an empty
 * context where the request leaves it open. */
bool fsz_grants_allow(const struct fsz_grants *grants, enum fsz_right right, const char *what);
/* The same for what needs more than a wildcard: only by the pattern `*`, or by one that spells out
 * the first `spelled` bytes of `what`. Of contexts and
 * variables, not by `*` either. */
bool fsz_grants_allow_spelled(const struct fsz_grants *grants, enum fsz_right right,
                              const char *what, size_t spelled);
/* Is everything of that right allowed (the pattern `*`)? */
bool fsz_grants_allow_all(const struct fsz_grants *grants, enum fsz_right right);
/* The patterns in the order in which they came, names of events in upper case. */
size_t      fsz_grants_count(const struct fsz_grants *grants, enum fsz_right right);
const char *fsz_grants_pattern(const struct fsz_grants *grants, enum fsz_right right, size_t index);
/* "methods", "api", "json-api", …: as keys of the configuration and messages have it. */
const char *fsz_right_name(enum fsz_right right);

#endif
