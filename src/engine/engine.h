/* SPDX-License-Identifier: MPL-2.0 */
/* engine.h - the core as a switch embeds it: start, offer events, reload, status, stop.
 *
 * A process usually has one engine; several share nothing. Start, reload and stop take a lock, so
 * one thread at a time runs them; they may block for the time given with each. */
#ifndef FSZ_ENGINE_H
#define FSZ_ENGINE_H

#include "base/buffer.h"
#include "config/config.h"
#include "event/event.h"
#include "host/host.h"
#include "host/session.h"
#include "net/connections.h"
#include "net/zmq_context.h"
#include "service/lookup.h"

#include <jansson.h>
#include <stdbool.h>

struct fsz_engine;

/* `host` stays the caller's and must be valid until fsz_engine_free(). */
FSZ_NODISCARD fsz_err fsz_engine_new(struct fsz_engine **ret_engine, const struct fsz_host *host);
/* Stops the engine if it runs; returns the result of fsz_engine_stop(). */
bool fsz_engine_free(struct fsz_engine **engine);

/* Starts threads and sockets. Takes over *config, also on failure, and sets it to NULL. An endpoint
 * that cannot be bound does not fail the start; it is logged and retried every FSZ_RETRY_MS. */
FSZ_NODISCARD fsz_err fsz_engine_start(struct fsz_engine *engine, struct fsz_config **config);
/* Puts a new configuration into use; subscribers of endpoints that do not change stay connected. If
 * a new endpoint cannot be opened, `problems` names it and nothing has changed. Takes over *config
 * like fsz_engine_start(). */
FSZ_NODISCARD fsz_err fsz_engine_reload(struct fsz_engine *engine, struct fsz_config **config,
                                        struct fsz_problems *problems);
/* For a reload whose configuration could not be read: keeps the problems for the status until the
 * next reload, as fsz_engine_reload() does when it refuses one. */
void fsz_engine_refuse_reload(struct fsz_engine *engine, fsz_err err,
                              const struct fsz_problems *problems);
/* Checks what start and reload check in addition to the form of a configuration: the files that it
 * names, users' groups, grants of methods. Takes over *config. FSZ_EINVALID, FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_engine_check(struct fsz_config **config, struct fsz_problems *problems);
/* Refuses new requests and waits for running commands, then sends what is queued and `.bye/`,
 * closes the sockets and joins the threads. Each of these two steps takes at most the
 * configuration's linger (once more for each stream with multicast), and FSZ_CONTEXT_END_MS is
 * added if other code does not give the context back. False: a command still runs in the switch, or
 * a name is still being looked up, and the code must stay in memory until the process ends. */
bool fsz_engine_stop(struct fsz_engine *engine);

/* Publishes an event, and shows it to requests that wait for one; it stays the caller's. Any
 * thread, at any time between new and free; never blocks on a socket or a subscriber. FSZ_OK also
 * if the event has no subscriber. FSZ_EFULL and FSZ_ENOMEM: refused, and counted, for at least one
 * stream. */
fsz_err fsz_engine_offer(struct fsz_engine *engine, const struct fsz_event *event);

/* Looks up XML with the configuration's bindings. FSZ_OK: the document is appended to `xml`.
 * FSZ_ENOTFOUND: the switch continues with its other sources; also while the engine is not started.
 * No other results. Any thread, at any time between new and free; waits at most the deadline of
 * each matching binding, and costs one atomic read without bindings. */
FSZ_NODISCARD fsz_err fsz_engine_lookup(struct fsz_engine *engine, const struct fsz_lookup *lookup,
                                        struct fsz_buffer *xml);
/* Until the next start, lookups find nothing, and threads that wait for a service are woken at
 * once. A host calls it before it waits for its threads to leave fsz_engine_lookup(). Any thread;
 * fsz_engine_stop() does it too. */
void fsz_engine_close_lookups(struct fsz_engine *engine);
/* Removes the cache entries whose keys match the pattern (lookup.h); NULL: all. FSZ_ECLOSED: not
 * started. Any thread. */
fsz_err fsz_engine_flush_lookups(struct fsz_engine *engine, const char *pattern, size_t *ret_count);
/* Runs the dialplan application `zmq` with that line (call/dialplan_app.h), and returns when the
 * dialplan may continue. On the call's own thread. */
void fsz_engine_run_dialplan_app(struct fsz_engine *engine, const struct fsz_session *session,
                                 const char *line);
/* Gives every call back to its dialplan, and accepts no more: the first step of an unload. */
void fsz_engine_close_calls(struct fsz_engine *engine);

/* A reference to the libzmq context, for other code of the process (include/fszmq/context.h); give
 * it back with fsz_context_give(). NULL: not started. Any thread. */
struct fsz_context *fsz_engine_take_context(struct fsz_engine *engine);

/* The status, as `zmq status json` and server.stats report it (docs/operations.md): a new object.
 * NULL: not started, or out of memory. Any thread. */
json_t *fsz_engine_status(struct fsz_engine *engine);
/* Connections, as `zmq clients json` and server.clients show them: a new object. NULL: not started,
 * or out of memory. Any thread. */
json_t *fsz_engine_clients(struct fsz_engine *engine, const struct fsz_connections_query *query);
/* Ends the connection with that id, with FSZ_ZMTP_END_KICKED. FSZ_ENOTFOUND; FSZ_ECLOSED: not
 * started. Any thread. */
fsz_err fsz_engine_kick(struct fsz_engine *engine, uint64_t id);
/* Runs one `zmq` command, such as "status json" or "cache flush [PATTERN]"; "help" lists them. The
 * output is text for the switch's console. The adapter handles `reload` itself. FSZ_EINVALID: no
 * such command; `output` has the usage. Any thread. */
fsz_err fsz_engine_command(struct fsz_engine *engine, const char *line, struct fsz_buffer *output);

#endif
