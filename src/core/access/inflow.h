/* inflow.h - connections that send a message without end, found by what their sockets have
 * received.
 *
 * libzmq bounds each frame (ZMQ_MAXMSGSIZE), not how many frames a message has, and hands over a
 * message only when the last has come: until then a peer could make it hold any number of them. So
 * who has received more than a message can have, and not one whole message for a while, is cut off.
 * Over tcp on Linux (TCP_INFO in tcp(7)); other transports are not looked at. Belongs to the thread
 * of its socket. */
#ifndef FSZ_INFLOW_H
#define FSZ_INFLOW_H

#include "err.h"

#include <stddef.h>
#include <stdint.h>

struct fsz_inflow;

enum {
    FSZ_INFLOW_CHECK_MS = 250,       /* between two checks; and 1 ms for each: */
    FSZ_INFLOW_CHECKS_PER_MS = 8,    /* connections watched */
    FSZ_INFLOW_PATIENCE = 2,         /* checks without a whole message */
    FSZ_INFLOW_SPARE_BYTES = 65536,  /* for delimiters, frames' heads and encryption */
    FSZ_INFLOW_HEARTBEAT_BYTES = 256 /* that may have come since the last check besides a message */
};

FSZ_NODISCARD fsz_err fsz_inflow_new(struct fsz_inflow **ret_inflow);
/* Accepts NULL. */
void fsz_inflow_free(struct fsz_inflow **inflow);
/* A connection with that descriptor has been made. Without memory it goes unwatched. */
void fsz_inflow_open(struct fsz_inflow *inflow, int fd);
/* A whole message has come from it. */
void fsz_inflow_saw(struct fsz_inflow *inflow, int fd);
/* Looks at all, if it is time to; those over `message_bytes`, the largest message, are cut off.
 * Returns how many. `now_ms`: fsz_now_ms(). */
size_t fsz_inflow_check(struct fsz_inflow *inflow, int64_t now_ms, uint64_t message_bytes);
/* When it is time; INT64_MAX: no connection is watched. */
int64_t fsz_inflow_next_ms(const struct fsz_inflow *inflow);

#endif
