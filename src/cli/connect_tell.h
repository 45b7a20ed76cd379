/* connect_tell.h - the words for how a connection is doing, on stderr. One thread. */
#ifndef FSZ_CONNECT_TELL_H
#define FSZ_CONNECT_TELL_H

#include "cli/connect.h"

/* A line: the endpoint, its state, and `detail` behind it. */
void fsz_connect_tell(const struct fsz_connect *connect, const struct fsz_connect_peer *peer,
                      const char *detail);
/* What to check in that state. */
void fsz_connect_hint(enum fsz_connect_state state);

#endif
