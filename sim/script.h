/* SPDX-License-Identifier: MPL-2.0 */
/* script.h - the call flows that are replayed: captured events, parsed when loaded.
 *
 * File format: docs/simulated-switch.md. Read-only after loading, except the headers of an event,
 * which are filled in place when it is emitted (one thread at a time). */
#ifndef FSZ_SCRIPT_H
#define FSZ_SCRIPT_H

#include "base/problems.h"
#include "event/event.h"
#include "sim/template.h"

enum { FSZ_FLOWS_MAX = 256, FSZ_FLOW_EVENTS_MAX = 4096, FSZ_EVENT_HEADERS_MAX = 2048 };

/* A header that differs from call to call. */
struct fsz_script_field {
    size_t              header; /* index into headers */
    struct fsz_template value;
};

struct fsz_script_event {
    char                    *name, *subclass, *body; /* subclass and body may be NULL */
    int                      leg;                    /* -1: an event of the switch */
    int64_t                  offset_us;              /* from the flow's start */
    bool                     has_variables;          /* has the channel's variables */
    bool                     body_is_status;         /* the output of the status command */
    struct fsz_header       *headers;                /* ends with a NULL name */
    size_t                   header_count;
    struct fsz_script_field *fields;
    size_t                   field_count;
};

struct fsz_flow {
    char    *name;
    uint32_t weight;        /* share of the new calls; 0: only on request */
    uint32_t every_s;       /* interval of a flow of the switch; 0: a call */
    size_t   control_after; /* a controlled call waits before this event; 0: never */
    char    *number, *app;
    size_t   leg_count;
    char   **fresh; /* texts that are new in each call; first the legs' UUIDs */
    size_t   fresh_count;
    int64_t  start_us;
    int64_t  instants_us[FSZ_INSTANTS_MAX];
    size_t   instant_count;
    size_t   hangup; /* index of the first CHANNEL_HANGUP, or event_count */
    struct fsz_script_event *events;
    size_t                   event_count;
};

struct fsz_script {
    struct fsz_flow *flows;
    size_t           flow_count;
    uint32_t         weight; /* sum */
};

/* Loads a file, or the built-in flows if `path` is NULL. FSZ_EINVALID: `problems` says what is
 * wrong and where. */
FSZ_NODISCARD fsz_err fsz_script_load(const char *path, struct fsz_script **ret_script,
                                      struct fsz_problems *problems);
void                  fsz_script_free(struct fsz_script **script);
/* NULL: no flow of that name. */
struct fsz_flow *fsz_script_flow(struct fsz_script *script, const char *name);
/* The call flow that a random number draws, by weight; NULL: no call flows. */
struct fsz_flow *fsz_script_pick(struct fsz_script *script, uint32_t draw);

#endif
