/* context.h - the libzmq context, shared with other code of the same process.
 *
 * A context ends only when its last user has given it back: libzmq would wait for that without end.
 * So the owner's end waits a bounded time, and after that the last user ends it. Any thread. */
#ifndef FSZ_CONTEXT_H
#define FSZ_CONTEXT_H

#include "base/err.h"

#include <stdbool.h>

struct fsz_context;

enum {
    FSZ_CONTEXT_END_MS = 2000
}; /* for other users to close their sockets and give the context back */

FSZ_NODISCARD fsz_err fsz_context_new(int io_threads, int max_sockets,
                                      struct fsz_context **ret_context);
/* libzmq's own handle. */
void *fsz_context_zmq(struct fsz_context *context);
/* One more user. False: the context is ending. */
bool fsz_context_take(struct fsz_context *context);
/* One user fewer. Its sockets must be closed. */
void fsz_context_give(struct fsz_context *context);
/* The owner, whose own sockets are closed, is done with it. Sockets of other users get ETERM.
 * False: some user still has not let go; whoever gives last ends the context. */
bool fsz_context_end(struct fsz_context **context);

#endif
