/* SPDX-License-Identifier: MPL-2.0 */
/* fszmqd: the core with a simulated switch, as a program. docs/man/fszmqd.8.scd */
#include "base/clock.h"
#include "daemon/console.h"
#include "daemon/daemon.h"
#include "daemon/daemon_log.h"
#include "daemon/notify.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>

enum { STATUS_INTERVAL_MS = 10000, RELOAD_OUTPUT_BYTES = 65536 };

/* Only the main thread takes signals, with sigtimedwait(). They are blocked before any other thread
 * starts, so every thread inherits that. */
static void signals_block(sigset_t *ret_signals)
{
    sigemptyset(ret_signals);
    sigaddset(ret_signals, SIGTERM);
    sigaddset(ret_signals, SIGINT);
    sigaddset(ret_signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, ret_signals, NULL);
    signal(SIGPIPE, SIG_IGN); /* the reader of the console may be gone */
}

static void tell_status(struct fsz_daemon *daemon)
{
    char                 text[160];
    struct fsz_sim_stats stats;
    fsz_sim_stats(daemon->sim, &stats);
    snprintf(text, sizeof text, "%llu events, %llu calls, %u up, %llu skipped",
             (unsigned long long)stats.events, (unsigned long long)stats.calls_started, stats.calls,
             (unsigned long long)stats.calls_skipped + stats.calls_refused);
    fsz_notify_status(text);
}

/* Reloads on SIGHUP. The log has the outcome. */
static void reload(struct fsz_daemon *daemon)
{
    struct fsz_buffer output;
    fsz_buffer_init(&output, RELOAD_OUTPUT_BYTES);
    fsz_daemon_reload(daemon, &output);
    fsz_buffer_fini(&output);
}

/* Runs until a signal, or until the given time is over. */
static void serve(struct fsz_daemon *daemon, const sigset_t *signals)
{
    int64_t alive_ms = (int64_t)fsz_notify_interval_ms();
    int64_t step_ms = alive_ms != 0 && alive_ms < 1000 ? alive_ms : 1000;
    int64_t end_ms = daemon->options.seconds == 0
                         ? INT64_MAX
                         : fsz_clock_monotonic_ms() + daemon->options.seconds * INT64_C(1000);
    int64_t status_ms = fsz_clock_monotonic_ms();
    for (int64_t now = fsz_clock_monotonic_ms(); now < end_ms; now = fsz_clock_monotonic_ms()) {
        int64_t         wait_ms = end_ms - now < step_ms ? end_ms - now : step_ms;
        struct timespec wait = {.tv_sec = (time_t)(wait_ms / 1000),
                                .tv_nsec = (long)(wait_ms % 1000) * 1000000};
        int             number = sigtimedwait(signals, NULL, &wait);
        if (number == SIGTERM || number == SIGINT) {
            return;
        }
        if (number == SIGHUP) {
            reload(daemon);
        }
        if (alive_ms != 0) {
            fsz_notify_alive();
        }
        if (fsz_clock_monotonic_ms() - status_ms >= STATUS_INTERVAL_MS) {
            tell_status(daemon);
            status_ms = fsz_clock_monotonic_ms();
        }
    }
}

static enum fsz_exit check(const struct fsz_options *options)
{
    struct fsz_config *config = NULL;
    size_t             streams = 0;
    if (fsz_daemon_read_config(options, &config) != FSZ_OK) {
        return FSZ_EXIT_CONFIG;
    }
    streams = config->stream_count;
    if (fsz_daemon_check_config(options, &config) != FSZ_OK) {
        return FSZ_EXIT_CONFIG;
    }
    printf("%s: valid, %zu stream%s\n",
           options->config == NULL ? "default configuration" : options->config, streams,
           streams == 1 ? "" : "s");
    return FSZ_EXIT_OK;
}

static enum fsz_exit run(const struct fsz_options *options)
{
    struct fsz_daemon  daemon;
    struct fsz_console console = {0};
    sigset_t           signals;
    signals_block(&signals);
    enum fsz_exit status = fsz_daemon_start(&daemon, options);
    if (status != FSZ_EXIT_OK) {
        return status;
    }
    if (options->console && fsz_console_start(&console, &daemon) != FSZ_OK) {
        fsz_log(FSZ_LOG_ERROR, "no console: cannot create its thread or descriptor");
    }
    fsz_log(FSZ_LOG_NOTICE, "ready");
    fsz_notify_ready("ready");
    serve(&daemon, &signals);
    fsz_notify_stopping();
    fsz_log(FSZ_LOG_NOTICE, "stopping");
    fsz_console_stop(&console);
    fsz_daemon_stop(&daemon);
    return FSZ_EXIT_OK;
}

int main(int argc, char **argv)
{
    struct fsz_options options;
    enum fsz_exit      status = FSZ_EXIT_OK;
    if (!fsz_options_parse(argc, argv, &options, &status)) {
        return status;
    }
    fsz_log_init(options.syslog, options.verbose);
    return options.check ? check(&options) : run(&options);
}
