/* notify.h - what systemd is told (sd_notify(3)); nothing where it does not listen. Any thread. */
#ifndef FSZ_NOTIFY_H
#define FSZ_NOTIFY_H

#include <stdint.h>

void fsz_notify_ready(const char *status);
void fsz_notify_reloading(void);
void fsz_notify_stopping(void);
void fsz_notify_status(const char *status);
void fsz_notify_alive(void);
/* How often systemd wants to hear that it is alive: 0, not at all, or milliseconds, half of its
 * limit. */
uint64_t fsz_notify_interval_ms(void);

#endif
