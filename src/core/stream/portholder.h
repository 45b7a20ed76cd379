/* portholder.h - who listens on a TCP port that we could not have.
 *
 * Reads /proc; for error messages only. Any thread; takes milliseconds. */
#ifndef FSZ_PORTHOLDER_H
#define FSZ_PORTHOLDER_H

#include <sys/types.h>

enum { FSZ_PORTHOLDER_BYTES = 128 };

/* Its process id, and ", held by NAME (pid N)"; 0 and "" when it is not tcp or the holder is not to
 * be seen. */
pid_t fsz_portholder_find(const char *address, char ret_text[FSZ_PORTHOLDER_BYTES]);

#endif
