/* SPDX-License-Identifier: MPL-2.0 */
/* sim.h - a simulated switch: replays captured calls with new identities, and takes commands for
 * them.
 *
 * For development, tests and load: it has no media and no signalling. One thread emits the events;
 * commands come from any thread. docs/simulated-switch.md */
#ifndef FSZ_SIM_H
#define FSZ_SIM_H

#include "base/buffer.h"
#include "base/problems.h"
#include "event/event.h"
#include "host/host.h"
#include "host/session.h"
#include "service/lookup.h"

#include <stdint.h>

enum { FSZ_SIM_CALLS_DEFAULT = 10000 }; /* calls at once */
#define FSZ_SIM_RATE_MAX 100000.0       /* calls per second */

/* Takes an event, which stays the simulated switch's. Runs with its lock held: must not block for
 * long, and must not call back into it. */
typedef fsz_err (*fsz_sim_sink_fn)(void *self, const struct fsz_event *event);

struct fsz_sim_options {
    double      calls_per_second; /* 0: only calls originated by command */
    uint32_t    calls_max;        /* 0: FSZ_SIM_CALLS_DEFAULT */
    uint64_t    seed;             /* 0: a different run each time */
    const char *flows_path;       /* NULL: the built-in flows */
    /* May be NULL. Runs with the lock held, as the sink does. */
    void (*log)(void *log_self, enum fsz_log_level level, const char *text);
    void           *log_self;
    fsz_sim_sink_fn sink;
    void           *sink_self;
    /* Looks up XML outside, as fsz_engine_lookup() does (engine.h). May be NULL. Runs on the thread
     * of a command, without the lock; may block, and the switch may be freed meanwhile. */
    fsz_err (*locate)(void *self, const struct fsz_lookup *lookup, struct fsz_buffer *xml);
    void *locate_self;
    /* A call's dialplan has run `zmq` with that line. Runs on the call's own thread; returns when
     * the dialplan may continue. NULL: no call can be offered. */
    void (*serve)(void *serve_self, const struct fsz_session *session, const char *line);
    void *serve_self;
    /* The core's command `zmq`, with the rest of the line. NULL: no such command. Threads and lock
     * as for `locate`. */
    void (*zmq)(void *self, const char *line, struct fsz_buffer *output);
    void       *zmq_self;
    const char *service; /* line for `zmq` of new calls for a service; NULL: no such calls */
    double      service_percent; /* of the new calls */
    uint32_t    hangup_ms;       /* after that, callers of such calls hang up; 0: never */
    const char *digits;          /* keys that they press (docs/simulated-switch.md); NULL: none */
};

struct fsz_sim_stats {
    uint64_t events; /* passed to the sink */
    uint64_t calls_started;
    uint32_t calls, channels; /* that are up */
    uint64_t calls_refused;   /* calls_max were up */
    uint64_t calls_skipped;   /* the machine could not keep up with the rate */
};

struct fsz_sim;

/* FSZ_EINVALID: the flows are invalid; `problems` says why. Options are copied, but not the strings
 * in them. */
FSZ_NODISCARD fsz_err fsz_sim_new(struct fsz_sim **ret_sim, const struct fsz_sim_options *options,
                                  struct fsz_problems *problems);
/* Stops first if necessary. Accepts NULL. */
void fsz_sim_free(struct fsz_sim **sim);

/* Starts the thread. FSZ_ESYSTEM. */
FSZ_NODISCARD fsz_err fsz_sim_start(struct fsz_sim *sim);
/* After this the thread passes no event to the sink; calls stay where they are. Waits until
 * options.serve has returned for every call: the caller has made it return. */
void fsz_sim_stop(struct fsz_sim *sim);

/* One turn of the thread, for callers with their own clock: emits the events that are due at
 * `now_ns` (monotonic), at most a few hundred, and returns when to call again (<= now_ns: at once).
 */
uint64_t fsz_sim_run(struct fsz_sim *sim, uint64_t now_ns);

/* The host operation `command` (host.h). Also fires the API event. `msleep` and `xml_locate` block;
 * the switch may be freed meanwhile. */
fsz_err fsz_sim_command(struct fsz_sim *sim, const char *command, const char *arg,
                        struct fsz_buffer *output);

/* The other operations of host.h, under the same names, except that fsz_sim_break() is `stop`. Any
 * thread; none blocks for long. */
void    fsz_sim_identify(struct fsz_sim *sim, struct fsz_host_identity *ret_identity);
fsz_err fsz_sim_json_api(struct fsz_sim *sim, const char *request, struct fsz_buffer *answer);
fsz_err fsz_sim_send(struct fsz_sim *sim, const struct fsz_event *event, struct fsz_buffer *words);
fsz_err fsz_sim_execute(struct fsz_sim *sim, const struct fsz_execute *execute,
                        struct fsz_buffer *words);
fsz_err fsz_sim_originate(struct fsz_sim *sim, const struct fsz_originate *originate,
                          char ret_call[FSZ_ORIGINATED_BYTES], struct fsz_buffer *words);
fsz_err fsz_sim_hangup(struct fsz_sim *sim, const char *call, const char *cause,
                       struct fsz_buffer *words);
fsz_err fsz_sim_get(struct fsz_sim *sim, const char *call, const char *const *names, size_t count,
                    fsz_variable_fn take, void *argument);
fsz_err fsz_sim_set(struct fsz_sim *sim, const char *call, const char *const *names,
                    const char *const *values, size_t count);
fsz_err fsz_sim_transfer(struct fsz_sim *sim, const char *call, const char *which,
                         const char *extension, const char *dialplan, const char *context,
                         struct fsz_buffer *words);
fsz_err fsz_sim_break(struct fsz_sim *sim, const char *call, struct fsz_buffer *words);
fsz_err fsz_sim_bridge(struct fsz_sim *sim, const char *call, const char *other,
                       struct fsz_buffer *words);
void    fsz_sim_wake(struct fsz_sim *sim, const char *call, bool stop);

void fsz_sim_stats(struct fsz_sim *sim, struct fsz_sim_stats *ret_stats);

#endif
