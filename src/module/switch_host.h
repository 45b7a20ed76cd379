/* SPDX-License-Identifier: MPL-2.0 */
/* switch_host.h - FreeSWITCH as the host of the core (src/host/host.h). */
#ifndef FSZ_SWITCH_HOST_H
#define FSZ_SWITCH_HOST_H

#include "host/host.h"

extern const struct fsz_host fsz_module_host;

#endif
