/* settings.h - event_zmq.conf as FreeSWITCH has it, into a configuration of the core. */
#ifndef FSZ_MODULE_SETTINGS_H
#define FSZ_MODULE_SETTINGS_H

#include "config/config.h"

/* From the switch's XML as it is. Without an event_zmq.conf: the defaults, and a line in the log
 * that says so; *ret_is_default tells. FSZ_EINVALID: `problems` says what is wrong. */
FSZ_NODISCARD fsz_err fsz_settings_read(struct fsz_config **ret_config, bool *ret_is_default,
                                        struct fsz_problems *problems);
/* The same after the switch has read its XML files again, as its `reloadxml` does. FSZ_ENOTFOUND:
 * there is no event_zmq.conf any more; `was_default`: there was none before either, and the
 * defaults it is. */
FSZ_NODISCARD fsz_err fsz_settings_reread(bool was_default, struct fsz_config **ret_config,
                                          bool *ret_is_default, struct fsz_problems *problems);
/* Each problem as an error line. */
void fsz_settings_log(const struct fsz_problems *problems);

#endif
