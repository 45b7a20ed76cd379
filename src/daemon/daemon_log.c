/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/daemon_log.h"

#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>
#include <time.h>

enum { LINE_BYTES = 2048 };

static const struct {
    const char *name;
    int         priority;
} LEVELS[] = {
    [FSZ_LOG_ERROR] = {"ERROR", LOG_ERR},      [FSZ_LOG_WARNING] = {"WARNING", LOG_WARNING},
    [FSZ_LOG_NOTICE] = {"NOTICE", LOG_NOTICE}, [FSZ_LOG_INFO] = {"INFO", LOG_INFO},
    [FSZ_LOG_DEBUG] = {"DEBUG", LOG_DEBUG},
};

/* Set once, before any other thread starts. */
static bool log_to_syslog, log_verbose;

void fsz_log_init(bool to_syslog, bool verbose)
{
    log_to_syslog = to_syslog;
    log_verbose = verbose;
    if (to_syslog) {
        openlog("fszmqd", LOG_PID, LOG_DAEMON);
    }
}

static void log_to_stderr(enum fsz_log_level level, const char *text)
{
    char            stamp[32], zone[8];
    struct timespec now;
    struct tm       local;
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &local);
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &local);
    strftime(zone, sizeof zone, "%z", &local);
    /* One call per line, so that stdio does not mix lines of several threads. */
    fprintf(stderr, "%s.%03ld%s %s %s\n", stamp, now.tv_nsec / 1000000, zone, LEVELS[level].name,
            text);
}

void fsz_log_host(void *self, enum fsz_log_level level, const char *text)
{
    (void)self;
    if (level == FSZ_LOG_DEBUG && !log_verbose) {
        return;
    }
    if (log_to_syslog) {
        syslog(LEVELS[level].priority, "%s", text);
    } else {
        log_to_stderr(level, text);
    }
}

void fsz_log(enum fsz_log_level level, const char *format, ...)
{
    char    line[LINE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    fsz_log_host(NULL, level, line);
}

void fsz_log_problems(enum fsz_log_level level, const struct fsz_problems *problems)
{
    size_t kept = fsz_problems_kept(problems);
    for (size_t i = 0; i < kept; i++) {
        fsz_log(level, "%s", problems->lines[i]);
    }
    if (problems->count > kept) {
        fsz_log(level, "and %zu more", problems->count - kept);
    }
}
