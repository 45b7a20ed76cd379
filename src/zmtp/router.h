/* SPDX-License-Identifier: MPL-2.0 */
/* router.h - how a ROUTER that serves requests splits a message (RFC 28): the frames up to the
 * first empty one are the envelope, which is sent unchanged in front of the reply.
 *
 * Its clients are REQ, DEALER, or ROUTER/DEALER queues in between. The connection is the address:
 * two connections with the same routing id both work. Pure functions; any thread. */
#ifndef FSZ_ZMTP_ROUTER_H
#define FSZ_ZMTP_ROUTER_H

#include "base/buffer.h"
#include "zmtp/frame.h"

enum {
    FSZ_ROUTER_ENVELOPE_FRAMES = 16, /* including the empty frame */
    FSZ_ROUTER_ENVELOPE_BYTES = 2048 /* on the wire */
};

enum fsz_router_shape {
    FSZ_ROUTER_REQUEST,  /* an envelope, perhaps without frames, and one body */
    FSZ_ROUTER_PROBE,    /* an envelope and no body, as ZMQ_PROBE_ROUTER sends it: an empty frame,
                            after routing ids if queues are in between. Asks for nothing */
    FSZ_ROUTER_UNFRAMED, /* several frames without an empty one, or several bodies */
    FSZ_ROUTER_TOO_FAR   /* an envelope that exceeds the bounds */
};

/* Splits a message. For REQUEST and UNFRAMED, `envelope` receives the wire bytes of the frames up
 * to the first empty one, each with flag MORE, ready to precede a reply; it stays empty if there is
 * no empty frame. *ret_body is the frame after them, or the last frame for UNFRAMED. If memory is
 * short, `envelope` fails (buffer.h). */
enum fsz_router_shape fsz_router_split(const struct fsz_frames *frames, struct fsz_buffer *envelope,
                                       struct fsz_frame *ret_body);

#endif
