/* SPDX-License-Identifier: MPL-2.0 */
#include "service/latency_status.h"

json_t *fsz_latency_status(const struct fsz_latency *latency)
{
    return json_pack("{sI sI sI sI}", "p50", (json_int_t)fsz_latency_quantile(latency, 500), "p90",
                     (json_int_t)fsz_latency_quantile(latency, 900), "p99",
                     (json_int_t)fsz_latency_quantile(latency, 990), "max",
                     (json_int_t)latency->max_us);
}
