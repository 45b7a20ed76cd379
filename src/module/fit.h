/* fit.h - whether the running switch is laid out as the headers say that the module was built with.
 *
 * For numbers and structures that cannot be asked by name (numbers.h): each check compares one of
 * them with something that the running switch shows. A module that does not fit is not loaded. */
#ifndef FSZ_MODULE_FIT_H
#define FSZ_MODULE_FIT_H

#include "base/err.h"

#include <stdbool.h>
#include <switch.h>

/* The release of the headers, and the release that runs: "1.11.2". */
#define FSZ_FIT_BUILT_AGAINST FSZ_FREESWITCH_VERSION
void fsz_fit_running(char *ret_version, size_t size);

/* Asks for the numbers (numbers.h) and makes the checks, before anything else touches the switch.
 * FSZ_EREFUSED: it does not fit, and an error line says what differs. */
FSZ_NODISCARD fsz_err fsz_fit_require(void);
/* The same for interfaces that the switch has made for the module. */
bool fsz_fit_check_application(const switch_application_interface_t     *interface,
                               const switch_loadable_module_interface_t *module);
bool fsz_fit_check_api(const switch_api_interface_t             *interface,
                       const switch_loadable_module_interface_t *module);

/* An error line; `what` completes "it does not fit: ". */
void fsz_fit_log_misfit(const char *what);
/* Both releases, once the module runs; a warning when they differ and no test has seen this one. */
void fsz_fit_log_releases(void);

#endif
