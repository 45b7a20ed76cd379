/* engine.h - the core as a switch embeds it: start, offer events, reload, ask for status, stop.
 *
 * One engine per process is usual; several do not share anything. Start, reload and stop are for
 * one thread at a time (they take a lock of their own and may block for the time given with each).
 */
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

/* `host` stays the caller's, and valid until free. */
FSZ_NODISCARD fsz_err fsz_engine_new(struct fsz_engine **ret_engine, const struct fsz_host *host);
/* Stops first if need be. Returns what that does. */
bool fsz_engine_free(struct fsz_engine **engine);

/* Starts threads and sockets; the engine owns *config from now on (also on failure) and clears it.
 * An endpoint that cannot be bound is logged, retried every FSZ_RETRY_MS, and does not fail the
 * start. */
FSZ_NODISCARD fsz_err fsz_engine_start(struct fsz_engine *engine, struct fsz_config **config);
/* Goes over to a new configuration, keeping subscribers of endpoints that did not change. When a
 * new endpoint cannot be had, `problems` names it and nothing has changed. Owns *config as start
 * does. */
FSZ_NODISCARD fsz_err fsz_engine_reload(struct fsz_engine *engine, struct fsz_config **config,
                                        struct fsz_problems *problems);
/* A configuration could not be read, so there is nothing to reload: what is wrong is kept for the
 * status, as fsz_engine_reload() keeps what it refuses itself, until the next reload. */
void fsz_engine_refuse_reload(struct fsz_engine *engine, fsz_err err,
                              const struct fsz_problems *problems);
/* What only shows beside the form of a configuration, as start and reload find it too: files that
 * it names, users' groups, grants of methods. Takes *config over. FSZ_EINVALID, FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_engine_check(struct fsz_config **config, struct fsz_problems *problems);
/* Refuses new requests and waits for running commands, then sends what is queued and `.bye/`,
 * closes, joins. Takes at most the configuration's linger for each (once
 * more for each stream with multicast), and FSZ_CONTEXT_END_MS more
 * when other code does not give the context back. False: a command still runs in the switch, or
 * a name is still being looked up, and the code must stay in memory until the process ends. */
bool fsz_engine_stop(struct fsz_engine *engine);

/* Publishes an event, and shows it to requests that wait for one; it stays the caller's. Any
 * thread, at any time between new and free; never blocks on a socket or a subscriber. FSZ_OK also
 * when nobody wants it. FSZ_EFULL: refused, and counted, for at least one stream. FSZ_ENOMEM
 * likewise. */
fsz_err fsz_engine_offer(struct fsz_engine *engine, const struct fsz_event *event);

/* Looks for XML by the configuration's bindings. FSZ_OK: the document is appended to `xml`.
 * FSZ_ENOTFOUND: the switch looks on where it would without us; also while nothing is started.
 * Nothing else. Any thread at any time between new and free; waits at most the deadline of each
 * binding that fits, and costs one atomic read without bindings. */
FSZ_NODISCARD fsz_err fsz_engine_lookup(struct fsz_engine *engine, const struct fsz_lookup *lookup,
                                        struct fsz_buffer *xml);
/* From now on, until the next start, nothing is found, and whoever waits for a service is woken at
 * once: before a host waits for its own threads to be out of fsz_engine_lookup(). Any thread; stop
 * does it too. */
void fsz_engine_close_lookups(struct fsz_engine *engine);
/* Forgets what the cache has for keys that match the pattern (lookup.h); NULL: all. FSZ_ECLOSED:
 * not started. Any thread. */
fsz_err fsz_engine_flush_lookups(struct fsz_engine *engine, const char *pattern, size_t *ret_count);
/* A call whose dialplan ran `zmq` with that line: returns when the dialplan may go on (serve.h).
 * The call's own thread. */
void fsz_engine_run_dialplan_app(struct fsz_engine *engine, const struct fsz_session *session,
                                 const char *line);
/* Every call is given back to its dialplan, and none is taken any more: before a host lets go. */
void fsz_engine_close_calls(struct fsz_engine *engine);

/* The libzmq context, for other code of the same process (include/fszmq/context.h): taken here,
 * given back with fsz_context_give(). NULL: not started. Any thread. */
struct fsz_context *fsz_engine_take_context(struct fsz_engine *engine);

/* All that it counts, as `zmq status json` and server.stats tell it (docs/operations.md): a new
 * object. NULL: not started, or out of memory. Any thread. */
json_t *fsz_engine_status(struct fsz_engine *engine);
/* Connections, as `zmq clients json` and server.clients show them: a new object. NULL: not started,
 * or out of memory. Any thread. */
json_t *fsz_engine_clients(struct fsz_engine *engine, const struct fsz_connections_query *query);
/* Has the connection of that id end with FSZ_ZMTP_END_KICKED. FSZ_ENOTFOUND; FSZ_ECLOSED: not
 * started. Any thread. */
fsz_err fsz_engine_kick(struct fsz_engine *engine, uint64_t id);
/* One `zmq` command ("status", "status json", "bindings", "cache flush [PATTERN]", …: "help" names
 * them); `output` gets text as the switch's console shows it. `reload` is the adapter's.
 * FSZ_EINVALID: no such command (output has the usage). Any thread. */
fsz_err fsz_engine_command(struct fsz_engine *engine, const char *line, struct fsz_buffer *output);

#endif
