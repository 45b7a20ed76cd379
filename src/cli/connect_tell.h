/* SPDX-License-Identifier: MPL-2.0 */
/* connect_tell.h - reports the state of a connection on stderr. One thread. */
#ifndef FSZ_CONNECT_TELL_H
#define FSZ_CONNECT_TELL_H

#include "cli/connect.h"

/* Prints one line: the endpoint, its state, and `detail`. */
void fsz_connect_tell(const struct fsz_connect *connect, const struct fsz_connect_peer *peer,
                      const char *detail);
/* Prints what to check in that state. */
void fsz_connect_hint(enum fsz_connect_state state);

#endif
