/* SPDX-License-Identifier: MPL-2.0 */
/* notify.h - notifies systemd (sd_notify(3)), if it listens. Any thread. */
#ifndef FSZ_NOTIFY_H
#define FSZ_NOTIFY_H

#include <stdint.h>

void fsz_notify_ready(const char *status);
void fsz_notify_reloading(void);
void fsz_notify_stopping(void);
void fsz_notify_status(const char *status);
void fsz_notify_alive(void);
/* How often to call fsz_notify_alive(): half of the watchdog's limit, in milliseconds; 0: never. */
uint64_t fsz_notify_interval_ms(void);

#endif
