/* SPDX-License-Identifier: MPL-2.0 */
/* rates_private.h - one token bucket. */
#ifndef FSZ_ZMTP_RATES_PRIVATE_H
#define FSZ_ZMTP_RATES_PRIVATE_H

#include "zmtp/rates.h"

#define HASH_NONFATAL_OOM 1 /* uthash ends the process otherwise */
#include <uthash.h>

struct fsz_rates_bucket {
    UT_hash_handle    hh;
    struct fsz_origin origin;
    int64_t           full_us; /* when it will be full again */
};

#endif
