/* daemon.h - engine, simulated switch and configuration of one fszmqd, started and stopped
 * together. */
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
    pthread_mutex_t    reload_lock; /* SIGHUP, the console and API sockets */
};

/* Reads and checks the configuration; every problem is logged. */
FSZ_NODISCARD fsz_err fsz_daemon_read_config(const struct fsz_options *options,
                                             struct fsz_config       **ret_config);

/* Checks what start would find beside the form of a configuration, which it takes over: files,
 * users, grants of methods. Every problem and warning is logged. */
FSZ_NODISCARD fsz_err fsz_daemon_check_config(const struct fsz_options *options,
                                              struct fsz_config       **config);

/* On failure what was started is stopped, and the log says why. `daemon` stays where it is until
 * stop. */
enum fsz_exit fsz_daemon_start(struct fsz_daemon *daemon, const struct fsz_options *options);
void          fsz_daemon_stop(struct fsz_daemon *daemon);

/* Goes over to the configuration file as it is now; with any problem nothing changes. Tells systemd
 * and the log, and writes to `output` what `zmq reload` answers. Any thread. */
void fsz_daemon_reload(struct fsz_daemon *daemon, struct fsz_buffer *output);

/* One line of the console: an API command. `zmq` is run without the event API that each command of
 * the switch fires. Any thread. */
void fsz_daemon_command(struct fsz_daemon *daemon, const char *line, struct fsz_buffer *output);

#endif
