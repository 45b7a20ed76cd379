/* SPDX-License-Identifier: MPL-2.0 */
/* log.h - writes to the switch's log. */
#ifndef FSZ_HOST_LOG_H
#define FSZ_HOST_LOG_H

#include "base/err.h"
#include "host/host.h"

enum { FSZ_LOG_LINE_BYTES = 2048 }; /* a longer line is cut */

/* Logs one line, given without a newline. Not while holding one of the core's locks. */
void fsz_host_log(const struct fsz_host *host, enum fsz_log_level level, const char *format, ...)
    FSZ_PRINTF(3, 4);

#endif
