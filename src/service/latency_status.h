/* SPDX-License-Identifier: MPL-2.0 */
/* latency_status.h - a latency as the status reports it. */
#ifndef FSZ_LATENCY_STATUS_H
#define FSZ_LATENCY_STATUS_H

#include "base/latency.h"

#include <jansson.h>

/* {"p50", "p90", "p99", "max"}, in µs: a new object. */
json_t *fsz_latency_status(const struct fsz_latency *latency);

#endif
