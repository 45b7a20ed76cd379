/* port_owner.h - who listens on a TCP port, or at the path of an ipc address, that we could not
 * have.
 *
 * Reads /proc; for error messages only. Any thread; takes milliseconds. */
#ifndef FSZ_PORT_OWNER_H
#define FSZ_PORT_OWNER_H

#include <sys/types.h>

enum { FSZ_PORT_OWNER_BYTES = 128 };

/* Its process id, and ", held by NAME (pid N)": of a listener on the same address, else of one
 * where either side is a wildcard. 0 and "" when there is none, or it is not to be seen. */
pid_t fsz_port_owner_find(const char *address, char ret_text[FSZ_PORT_OWNER_BYTES]);

#endif
