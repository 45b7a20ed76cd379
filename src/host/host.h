/* SPDX-License-Identifier: MPL-2.0 */
/* host.h - the table of operations through which the core uses a switch.
 *
 * The adapter that embeds the core (the FreeSWITCH module, the simulated switch) fills it once and
 * keeps it valid from fsz_engine_new() to fsz_engine_free(). */
#ifndef FSZ_HOST_H
#define FSZ_HOST_H

#include "base/buffer.h"
#include "base/err.h"
#include "base/problems.h"
#include "event/event.h"

#include <stdbool.h>
#include <stdint.h>

enum fsz_log_level { FSZ_LOG_ERROR, FSZ_LOG_WARNING, FSZ_LOG_NOTICE, FSZ_LOG_INFO, FSZ_LOG_DEBUG };

/* The bits of fsz_host.capabilities. */
enum fsz_capability {
    FSZ_CAN_COMMAND = 1 << 0,  /* runs API commands */
    FSZ_CAN_JSON_API = 1 << 1, /* json_api */
    FSZ_CAN_SEND = 1 << 2,     /* send_event */
    FSZ_CAN_CALLS = 1 << 3,    /* execute, hangup, get, set, transfer, stop, bridge */
    FSZ_CAN_CONTROL = 1 << 4,  /* calls fsz_engine_run_dialplan_app(); wake */
};

/* The identity of the switch, for server.hello and the status. */
struct fsz_host_identity {
    char core_uuid[40], hostname[256], switchname[256];
    /* Releases such as "1.11.2": of the running switch, and of the one that the adapter was built
     * against. Empty: the adapter is part of the switch. */
    char version[64], built_against[64];
};

/* An application to run on a call. The switch fires CHANNEL_EXECUTE_COMPLETE with `id` as its
 * Application-UUID at the end of each run, and PRIVATE_COMMAND with `id` as its Event-UUID when no
 * more run will follow, also if there was none. Both may be missing if the call hangs up before the
 * application's turn. The headers of both say where the call is then (ending.h). */
struct fsz_execute {
    const char *call, *app, *arg; /* arg may be NULL */
    const char *id;               /* a UUID from the core */
    int         loops;            /* 0 and 1: once; negative: until the call ends */
    bool        lock;             /* the next one waits until this one ends, as with `event-lock` */
    bool        urgent;           /* runs before those that are queued */
};

/* A call to make. The strings belong to the caller. */
struct fsz_originate {
    const char        *endpoint;              /* a dial string */
    const char *const *names, *const *values; /* variables of the new call, set unchanged */
    size_t      count;
    unsigned    ring_s;                         /* seconds until the attempt is given up */
    const char *app, *arg;                      /* run when it is answered; arg may be NULL */
    const char *extension, *dialplan, *context; /* with a NULL app: the destination when it is
                                                   answered; the last two may be NULL */
};
enum { FSZ_ORIGINATED_BYTES = 256 }; /* a call's UUID, which the client may choose */

/* Receives one variable of a call; a NULL value: not set. The strings belong to the switch, whose
 * lock is held: must not block, and must not call the switch. */
typedef void (*fsz_variable_fn)(void *argument, const char *name, const char *value);

struct fsz_host {
    void       *self;         /* the first argument of every operation */
    const char *name;         /* "FreeSWITCH", "sim": for status and logs */
    uint32_t    capabilities; /* fsz_capability bits */

    /* Logs one line, given without a newline. The core limits the rate of lines that a peer can
     * cause. From the core's own threads and from callers of fsz_engine_…, never with one of the
     * core's locks held; may take the switch's log lock. */
    void (*log)(void *self, enum fsz_log_level level, const char *text);

    /* Is this address (numeric, IPv4 or IPv6, also IPv4-mapped) in the access list of that name?
     * Only on the thread `fszmq-access`; may block as long as the switch's look-up does. An
     * unknown list admits no address. */
    bool (*admits)(void *self, const char *acl, const char *address);

    /* Runs one API command and appends its output unchanged ("+OK …", "-ERR …"). Only with
     * FSZ_CAN_COMMAND. Any thread; may block. FSZ_ENOTFOUND: no such command; `output` may say so.
     */
    fsz_err (*command)(void *self, const char *command, const char *arg, struct fsz_buffer *output);

    /* The operations below may be called on any thread and may block. FSZ_ENOTFOUND: no such call.
     * FSZ_EREFUSED: the switch refuses, and `words` has its reason. */

    void (*identify)(void *self, struct fsz_host_identity *ret_identity);
    /* Adds a line for each current problem between the switch and its adapter, for the status. May
     * be NULL; must not block. */
    void (*troubles)(void *self, struct fsz_problems *problems);
    /* Appends the switch's reply, JSON text, to the request {"command": …, "data": …}. Only with
     * FSZ_CAN_JSON_API. FSZ_ENOTFOUND: no such command. FSZ_EREFUSED: the command failed; `answer`
     * has its reply (null: none). FSZ_EINVALID: the request is not valid. */
    fsz_err (*json_api)(void *self, const char *request, struct fsz_buffer *answer);
    /* Fires an event in the switch; it stays the caller's. Headers for which fsz_header_is_stamp()
     * is true (event_check.h) are left out, and the switch writes its own. Only with FSZ_CAN_SEND.
     */
    fsz_err (*send_event)(void *self, const struct fsz_event *event, struct fsz_buffer *words);

    /* Only with FSZ_CAN_CALLS. */
    fsz_err (*execute)(void *self, const struct fsz_execute *execute, struct fsz_buffer *words);
    /* Makes a call and waits until it is answered, at most ring_s; ret_call is its UUID.
     * FSZ_EREFUSED: it was not answered, and `words` has the name of the hangup cause. */
    fsz_err (*originate)(void *self, const struct fsz_originate *originate,
                         char ret_call[FSZ_ORIGINATED_BYTES], struct fsz_buffer *words);
    /* `cause` is a name, such as "USER_BUSY"; NULL: NORMAL_CLEARING. */
    fsz_err (*hangup)(void *self, const char *call, const char *cause, struct fsz_buffer *words);
    /* Calls `take` for each name, or with count 0 for every variable of the call. */
    fsz_err (*get)(void *self, const char *call, const char *const *names, size_t count,
                   fsz_variable_fn take, void *argument);
    /* Sets all variables or none. A NULL or empty value removes the variable. FSZ_EINVALID: for a
     * name, fsz_header_name_is_plain() (event_check.h) is false. */
    fsz_err (*set)(void *self, const char *call, const char *const *names,
                   const char *const *values, size_t count);
    /* `leg`: "aleg" (or NULL), "bleg" or "both"; the b leg is the one that the call is bridged
     * with. `dialplan` and `context` may be NULL. */
    fsz_err (*transfer)(void *self, const char *call, const char *leg, const char *extension,
                        const char *dialplan, const char *context, struct fsz_buffer *words);
    /* Ends the application that runs on the call, if any, but not those that are queued. */
    fsz_err (*stop)(void *self, const char *call, struct fsz_buffer *words);
    /* Bridges two calls, which leave what they are doing. */
    fsz_err (*bridge)(void *self, const char *call, const char *other, struct fsz_buffer *words);

    /* Wakes the call's thread, which is in fsz_session.control, so that it checks its state again.
     * With `stop`, also ends the application that runs, unless it is a bridge; each further call
     * may use stronger means. Only with FSZ_CAN_CONTROL. Any thread; must not block. The call may
     * have left. */
    void (*wake)(void *self, const char *call, bool stop);
};

#endif
