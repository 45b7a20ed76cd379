/* log.h - fszmqd's log: standard error, with time and level, or syslog. Any thread. */
#ifndef FSZ_LOG_H
#define FSZ_LOG_H

#include "base/err.h"
#include "base/problems.h"
#include "host/host.h"

#include <stdbool.h>

/* Before any thread is there. Not `verbose`: debug lines are left out. */
void fsz_log_init(bool to_syslog, bool verbose);
void fsz_log(enum fsz_log_level level, const char *format, ...) FSZ_PRINTF(2, 3);
/* The same in the form that fsz_host has; `self` is not read. */
void fsz_log_host(void *self, enum fsz_log_level level, const char *text);
/* Each problem as a line of its own. */
void fsz_log_problems(enum fsz_log_level level, const struct fsz_problems *problems);

#endif
