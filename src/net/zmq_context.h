/* SPDX-License-Identifier: MPL-2.0 */
/* zmq_context.h - the libzmq context, shared with other code of the same process.
 *
 * A context can end only after its last user has given it back; libzmq would wait for that without
 * end. So the owner waits for a limited time. After that, the last user ends the context. Any
 * thread. */
#ifndef FSZ_ZMQ_CONTEXT_H
#define FSZ_ZMQ_CONTEXT_H

#include "base/err.h"

#include <stdbool.h>

struct fsz_context;

enum {
    FSZ_CONTEXT_END_MS = 2000
}; /* for other users to close their sockets and give the context back */

FSZ_NODISCARD fsz_err fsz_context_new(int io_threads, int max_sockets,
                                      struct fsz_context **ret_context);
/* The handle of libzmq. */
void *fsz_context_zmq(struct fsz_context *context);
/* Adds a user. False: the context is ending. */
bool fsz_context_take(struct fsz_context *context);
/* Removes a user, whose sockets must be closed. */
void fsz_context_give(struct fsz_context *context);
/* Ends the use by the owner, whose own sockets must be closed. Sockets of other users get ETERM.
 * False: another user still has the context; the last one to give it back ends it. */
bool fsz_context_end(struct fsz_context **context);

#endif
