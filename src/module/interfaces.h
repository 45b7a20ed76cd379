/* interfaces.h - whether FreeSWITCH has taken the API command and the application of the module.
 *
 * FreeSWITCH 1.11.2 loads a module and refuses its interfaces when <interface-allowlist> of
 * switch.conf does not name them. */
#ifndef FSZ_MODULE_INTERFACES_H
#define FSZ_MODULE_INTERFACES_H

#include "base/problems.h"

/* Looks for both, and logs an error for each that is refused. Once after each load, on the thread
 * that FreeSWITCH starts for the module's runtime function: it has entered the interfaces by then,
 * and it waits for that thread with no lock held. */
void fsz_interfaces_check(void);
/* Before a load: nothing is known. */
void fsz_interfaces_forget(void);
/* Adds a line for each that is refused. Any thread. */
void fsz_interfaces_troubles(struct fsz_problems *problems);

#endif
