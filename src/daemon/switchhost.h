/* SPDX-License-Identifier: MPL-2.0 */
/* switchhost.h - makes the simulated switch available as the core's host (host.h). */
#ifndef FSZ_SWITCHHOST_H
#define FSZ_SWITCHHOST_H

#include "host/host.h"
#include "sim/sim.h"

/* Fills the table of operations. *sim may still be NULL: it is read when an operation is called.
 * Access lists are those of cidr.h. */
void fsz_switchhost_init(struct fsz_host *ret_host, struct fsz_sim **sim);

#endif
