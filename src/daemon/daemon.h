/* SPDX-License-Identifier: MPL-2.0 */
/* daemon.h - starts and stops the parts of fszmqd: engine, simulated switch and configuration. */
#ifndef FSZ_DAEMON_H
#define FSZ_DAEMON_H

#include "daemon/daemon_options.h"
#include "engine/engine.h"
#include "sim/sim.h"

#include <pthread.h>

struct fsz_daemon {
    struct fsz_options options;
    struct fsz_host    host;
    struct fsz_engine *engine;
    struct fsz_sim    *sim;
    pthread_mutex_t    reload_lock; /* SIGHUP, the console and API sockets may all reload */
};

/* Reads and checks the configuration. Logs every problem. */
FSZ_NODISCARD fsz_err fsz_daemon_read_config(const struct fsz_options *options,
                                             struct fsz_config       **ret_config);

/* Checks what only a start would find: files, users, grants of methods. Takes ownership of *config.
 * Logs every problem and warning. */
FSZ_NODISCARD fsz_err fsz_daemon_check_config(const struct fsz_options *options,
                                              struct fsz_config       **config);

/* On failure, logs why and stops what was started. `daemon` must not move until it is stopped. */
enum fsz_exit fsz_daemon_start(struct fsz_daemon *daemon, const struct fsz_options *options);
void          fsz_daemon_stop(struct fsz_daemon *daemon);

/* Applies the configuration file as it is now; if there is any problem, nothing changes. Notifies
 * systemd, logs the outcome, and writes the reply to `zmq reload` to `output`. Any thread. */
void fsz_daemon_reload(struct fsz_daemon *daemon, struct fsz_buffer *output);

/* Runs one line of the console, an API command. Unlike commands of the switch, `zmq` does not fire
 * the event API. Any thread. */
void fsz_daemon_command(struct fsz_daemon *daemon, const char *line, struct fsz_buffer *output);

#endif
