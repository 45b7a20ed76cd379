/* SPDX-License-Identifier: MPL-2.0 */
/* settings.h - reads event_zmq.conf from FreeSWITCH's XML into a configuration of the core. */
#ifndef FSZ_MODULE_SETTINGS_H
#define FSZ_MODULE_SETTINGS_H

#include "config/config.h"

/* From the switch's present XML. Without event_zmq.conf: the defaults, with a log line and
 * *ret_is_default set. FSZ_EINVALID: `problems` says what is wrong. */
FSZ_NODISCARD fsz_err fsz_settings_read(struct fsz_config **ret_config, bool *ret_is_default,
                                        struct fsz_problems *problems);
/* The same after the switch has reread its XML files, like `reloadxml`. `was_default`: there was no
 * event_zmq.conf before, so its absence means the defaults again; otherwise it is FSZ_ENOTFOUND. */
FSZ_NODISCARD fsz_err fsz_settings_reread(bool was_default, struct fsz_config **ret_config,
                                          bool *ret_is_default, struct fsz_problems *problems);
/* Logs each problem as an error. */
void fsz_settings_log(const struct fsz_problems *problems);

#endif
