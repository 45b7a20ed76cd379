/* router.h - what a ROUTER that serves requests does with a message's frames (RFC 28): all up to
 * the first empty one are the way back, and are sent in front of the answer as they came.
 *
 * Its clients are REQ, DEALER, or ROUTER and DEALER queues in between. A connection is the address:
 * two connections with one routing id both work. Pure functions; any thread. */
#ifndef FSZ_ZMTP_ROUTER_H
#define FSZ_ZMTP_ROUTER_H

#include "base/buffer.h"
#include "zmtp/frame.h"

enum {
    FSZ_ROUTER_ENVELOPE_FRAMES = 16, /* the empty one included */
    FSZ_ROUTER_ENVELOPE_BYTES = 2048 /* on the wire */
};

enum fsz_router_shape {
    FSZ_ROUTER_REQUEST,  /* an envelope, perhaps of no frames, and one body */
    FSZ_ROUTER_PROBE,    /* an envelope and no body, as ZMQ_PROBE_ROUTER sends it: one empty frame,
                            behind routing ids if queues are in between; asks for nothing */
    FSZ_ROUTER_UNFRAMED, /* several frames and no empty one, or several bodies */
    FSZ_ROUTER_TOO_FAR   /* an envelope beyond the bounds */
};

/* Takes a message apart. For REQUEST and UNFRAMED, `envelope` gets the wire bytes of the frames up
 * to the first empty one, ready to be put in front of an answer (each with flag MORE), and
 * *ret_body is the frame behind them: for UNFRAMED the last one. Without an empty frame the
 * envelope has no bytes. `envelope` fails (buffer.h) when memory is short. */
enum fsz_router_shape fsz_router_split(const struct fsz_frames *frames, struct fsz_buffer *envelope,
                                       struct fsz_frame *ret_body);

#endif
