/* SPDX-License-Identifier: MPL-2.0 */
/* interfaces.h - checks that FreeSWITCH has accepted the API command and application of the module.
 *
 * FreeSWITCH 1.11.2 loads a module but refuses interfaces that <interface-allowlist> of switch.conf
 * does not allow. */
#ifndef FSZ_MODULE_INTERFACES_H
#define FSZ_MODULE_INTERFACES_H

#include "base/problems.h"

/* Looks for both, and logs an error for each that is refused. Once after each load, on the thread
 * of the module's runtime function: FreeSWITCH has registered the interfaces by then, and holds no
 * lock when it waits for that thread. */
void fsz_interfaces_check(void);
/* Before a load: resets the result. */
void fsz_interfaces_forget(void);
/* Adds a line for each refused one. Any thread. */
void fsz_interfaces_troubles(struct fsz_problems *problems);

#endif
