/* host.h - the one table through which the core knows a switch.
 *
 * Whoever embeds the core (the FreeSWITCH module, the simulated switch, the gateway) fills it once
 * and keeps it valid from fsz_engine_new() to fsz_engine_free(). */
#ifndef FSZ_HOST_H
#define FSZ_HOST_H

#include "base/buffer.h"
#include "base/err.h"
#include "base/problems.h"
#include "event/event.h"

#include <stdbool.h>
#include <stdint.h>

enum fsz_log_level { FSZ_LOG_ERROR, FSZ_LOG_WARNING, FSZ_LOG_NOTICE, FSZ_LOG_INFO, FSZ_LOG_DEBUG };

/* What a switch can do; the bits of fsz_host.capabilities. */
enum fsz_capability {
    FSZ_CAN_COMMAND = 1 << 0,  /* runs API commands */
    FSZ_CAN_JSON_API = 1 << 1, /* json_api */
    FSZ_CAN_SEND = 1 << 2,     /* send_event */
    FSZ_CAN_CALLS = 1 << 3,    /* execute, hangup, get, set, transfer, stop, bridge */
    FSZ_CAN_CONTROL = 1 << 4,  /* gives calls to fsz_engine_run_dialplan_app(); wake */
};

/* Who the switch is, for server.hello and status. */
struct fsz_host_identity {
    char core_uuid[40], hostname[256], switchname[256];
    /* "1.11.2": the switch that runs, and the one that the adapter was built against. Empty: they
     * are one program. */
    char version[64], built_against[64];
};

/* An application to run on a call. The end of each run is told by the switch's event
 * CHANNEL_EXECUTE_COMPLETE, whose Application-UUID is `id`; that no more run will come, also when
 * there was none, by PRIVATE_COMMAND, whose Event-UUID is `id`; neither need come when the call
 * hangs up before it is the application's turn. The headers of both say where the call is then
 * (ending.h). */
struct fsz_execute {
    const char *call, *app, *arg; /* arg may be NULL */
    const char *id;               /* a UUID of ours */
    int         loops;            /* 0 and 1: once; below: until the call ends */
    bool        lock;             /* the next waits for this one to end, as `event-lock` has it */
    bool        urgent;           /* before all that are queued */
};

/* A call to make. Texts are the caller's for the time of the call. */
struct fsz_originate {
    const char        *endpoint;              /* a dial string */
    const char *const *names, *const *values; /* variables of the new call, set as they are */
    size_t      count;
    unsigned    ring_s;                         /* until it is given up, seconds */
    const char *app, *arg;                      /* once it is answered; arg may be NULL */
    const char *extension, *dialplan, *context; /* or, with a NULL app, where it goes; the last two
                                                   may be NULL */
};
enum { FSZ_ORIGINATED_BYTES = 256 }; /* of a call's UUID, which the client may choose */

/* Takes one variable of a call; a NULL value: it is not set. The texts are the switch's, whose lock
 * is held: must not block, nor call the switch. */
typedef void (*fsz_variable_fn)(void *argument, const char *name, const char *value);

struct fsz_host {
    void       *self;         /* first argument of every operation */
    const char *name;         /* "FreeSWITCH", "sim": for status and logs */
    uint32_t    capabilities; /* fsz_capability bits */

    /* One line without a newline, the core has cut its rate where a peer could cause it. From the
     * core's own threads and from callers of fsz_engine_…; may take the switch's log lock, never
     * called with one of the core's locks held. */
    void (*log)(void *self, enum fsz_log_level level, const char *text);

    /* Is this address (numeric, IPv4 or IPv6, IPv4-mapped included) in the access list of that
     * name? Control thread only; may block for as long as the switch's own list look-up does. An
     * unknown list admits nobody. */
    bool (*admits)(void *self, const char *acl, const char *address);

    /* Runs one API command and appends its output as the switch words it ("+OK …", "-ERR …").
     * Only with FSZ_CAN_COMMAND. Any thread; may block. FSZ_ENOTFOUND: no such command (output has
     * the words for it). */
    fsz_err (*command)(void *self, const char *command, const char *arg, struct fsz_buffer *output);

    /* All below: any thread; may block for as long as the switch does. FSZ_ENOTFOUND: no such call.
     * FSZ_EREFUSED: the switch will not, and `words` has its reason. */

    void (*identify)(void *self, struct fsz_host_identity *ret_identity);
    /* Adds a line for each thing that is wrong between the switch and its adapter now; for status.
     * May be NULL; must not block. */
    void (*troubles)(void *self, struct fsz_problems *problems);
    /* Appends the switch's answer, JSON text, to {"command": …, "data": …}. Only with
     * FSZ_CAN_JSON_API. FSZ_ENOTFOUND: no such command. FSZ_EREFUSED: it failed; `answer` has what
     * it gave nevertheless (null: nothing). FSZ_EINVALID: the request is none. */
    fsz_err (*json_api)(void *self, const char *request, struct fsz_buffer *answer);
    /* Fires an event in the switch; it stays the caller's. What fsz_header_is_stamp() names
     * (event_check.h) is left out and written anew. Only with FSZ_CAN_SEND. */
    fsz_err (*send_event)(void *self, const struct fsz_event *event, struct fsz_buffer *words);

    /* Only with FSZ_CAN_CALLS. */
    fsz_err (*execute)(void *self, const struct fsz_execute *execute, struct fsz_buffer *words);
    /* Makes a call and waits until it is answered, for ring_s at most; *ret_call is its UUID.
     * FSZ_EREFUSED: it was not, and `words` has the hangup cause's name. */
    fsz_err (*originate)(void *self, const struct fsz_originate *originate,
                         char ret_call[FSZ_ORIGINATED_BYTES], struct fsz_buffer *words);
    /* `cause` by name ("USER_BUSY"); NULL: NORMAL_CLEARING. */
    fsz_err (*hangup)(void *self, const char *call, const char *cause, struct fsz_buffer *words);
    /* Calls `take` for each name; with count 0 for every variable of the call. */
    fsz_err (*get)(void *self, const char *call, const char *const *names, size_t count,
                   fsz_variable_fn take, void *argument);
    /* A NULL or empty value takes the variable away. All or none. FSZ_EINVALID: a name that
     * fsz_header_name_is_plain() (event_check.h) does not find plain. */
    fsz_err (*set)(void *self, const char *call, const char *const *names,
                   const char *const *values, size_t count);
    /* `leg`: NULL or "aleg", "bleg", "both"; the b leg is the one that the call is bridged with.
     * dialplan and context may be NULL. */
    fsz_err (*transfer)(void *self, const char *call, const char *leg, const char *extension,
                        const char *dialplan, const char *context, struct fsz_buffer *words);
    /* Ends the application that runs on the call, not those that are queued; without one nothing
     * happens. */
    fsz_err (*stop)(void *self, const char *call, struct fsz_buffer *words);
    /* Joins two calls, which leave where they are. */
    fsz_err (*bridge)(void *self, const char *call, const char *other, struct fsz_buffer *words);

    /* Only with FSZ_CAN_CONTROL. The call's thread is in fsz_session.hold and is to look again;
     * with `stop` the application that it runs is ended too, unless that is a bridge; asked again,
     * by whatever means there are. Any thread; must not block. The call may have left. */
    void (*wake)(void *self, const char *call, bool stop);
};

#endif
