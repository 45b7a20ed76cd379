/* ipcpath.h - who listens at an ipc address. Any thread; does not block. */
#ifndef FSZ_IPCPATH_H
#define FSZ_IPCPATH_H

#include <sys/types.h>

/* The process; 0: none, the address has no path, or it can't be told. */
pid_t fsz_ipcpath_holder(const char *address);

#endif
