/* SPDX-License-Identifier: MPL-2.0 */
#include "host/log.h"

#include <stdarg.h>
#include <stdio.h>

void fsz_host_log(const struct fsz_host *host, enum fsz_log_level level, const char *format, ...)
{
    char    line[FSZ_LOG_LINE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    host->log(host->self, level, line);
}
