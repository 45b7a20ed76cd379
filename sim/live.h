/* SPDX-License-Identifier: MPL-2.0 */
/* live.h - figures of the simulated switch as a whole. With the lock held. */
#ifndef FSZ_LIVE_H
#define FSZ_LIVE_H

#include "sim/state.h"

enum { FSZ_LIVE_STATUS_BYTES = 1024 };
#define FSZ_SIM_VERSION "1.11.0-sim~" FSZ_VERSION "~64bit"

/* Sets the figures that never change. */
void fsz_live_init(struct fsz_sim *sim);
/* Updates the count of arrivals per second. */
void fsz_live_second(struct fsz_sim *sim, uint64_t now_ns);
/* Updates the texts in HEARTBEAT. */
void fsz_live_update(struct fsz_sim *sim, uint64_t now_ns);
/* The output of the API command status. */
void fsz_live_status(struct fsz_sim *sim, char *ret_text, size_t size);

#endif
