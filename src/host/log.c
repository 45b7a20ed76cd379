/* SPDX-License-Identifier: MPL-2.0 */
#include "host/log.h"

#include <stdio.h>

void fsz_host_vlog(const struct fsz_host *host, enum fsz_log_level level, const char *format,
                   va_list arguments)
{
    char line[FSZ_LOG_LINE_BYTES];
    vsnprintf(line, sizeof(line), format, arguments);
    host->log(host->self, level, line);
}

void fsz_host_log(const struct fsz_host *host, enum fsz_log_level level, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fsz_host_vlog(host, level, format, arguments);
    va_end(arguments);
}
