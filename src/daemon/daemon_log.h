/* SPDX-License-Identifier: MPL-2.0 */
/* daemon_log.h - the log of fszmqd: standard error, with time and level, or syslog. Any thread. */
#ifndef FSZ_DAEMON_LOG_H
#define FSZ_DAEMON_LOG_H

#include "base/err.h"
#include "base/problems.h"
#include "host/host.h"

#include <stdbool.h>

/* Call before any thread starts. Debug lines are written only if `verbose`. */
void fsz_log_init(bool to_syslog, bool verbose);
void fsz_log(enum fsz_log_level level, const char *format, ...) FSZ_PRINTF(2, 3);
/* The same with the signature of fsz_host; `self` is not used. */
void fsz_log_host(void *self, enum fsz_log_level level, const char *text);
/* Logs each problem on its own line. */
void fsz_log_problems(enum fsz_log_level level, const struct fsz_problems *problems);

#endif
