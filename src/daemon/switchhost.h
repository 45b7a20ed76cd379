/* switchhost.h - the simulated switch behind the core's table of operations (host.h). */
#ifndef FSZ_SWITCHHOST_H
#define FSZ_SWITCHHOST_H

#include "host/host.h"
#include "sim/sim.h"

/* Fills the table; `sim` may still be NULL (*sim is read when a command is run). Address lists are
 * those of cidr.h. */
void fsz_switchhost_init(struct fsz_host *ret_host, struct fsz_sim **sim);

#endif
