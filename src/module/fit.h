/* SPDX-License-Identifier: MPL-2.0 */
/* fit.h - checks that the running switch has the layout of the headers the module was built with.
 *
 * For numbers and structures that cannot be looked up by name (numbers.h): each check compares one
 * with the behaviour of the running switch. A module that does not fit is not loaded. */
#ifndef FSZ_MODULE_FIT_H
#define FSZ_MODULE_FIT_H

#include "base/err.h"

#include <stdbool.h>
#include <switch.h>

/* The release of the headers, and the running release: "1.11.2". */
#define FSZ_FIT_BUILT_AGAINST FSZ_FREESWITCH_VERSION
void fsz_fit_running(char *ret_version, size_t size);

/* Looks up the numbers (numbers.h) and makes the checks, before any other use of the switch.
 * FSZ_EREFUSED: it does not fit; an error line says what differs. */
FSZ_NODISCARD fsz_err fsz_fit_require(void);
/* The same for interfaces that the switch has created for the module. */
bool fsz_fit_check_application(const switch_application_interface_t     *interface,
                               const switch_loadable_module_interface_t *module);
bool fsz_fit_check_api(const switch_api_interface_t             *interface,
                       const switch_loadable_module_interface_t *module);

/* Logs that the module does not fit; `what` says what differs. */
void fsz_fit_log_misfit(const char *what);
/* Logs both releases once the module runs; a warning if they differ and the running one is
 * untested. */
void fsz_fit_log_releases(void);

#endif
