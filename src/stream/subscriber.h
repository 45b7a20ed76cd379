/* SPDX-License-Identifier: MPL-2.0 */
/* subscriber.h - what a stream knows of one of its subscribers: what it may see and what it has
 * lost. Guarded by the lock of the pub. */
#ifndef FSZ_SUBSCRIBER_H
#define FSZ_SUBSCRIBER_H

#include "net/client_events.h"
#include "stream/event_type.h"
#include "stream/views.h"

/* The `data` of a struct fsz_subscriber. */
struct fsz_stream_subscriber {
    struct fsz_view      *view;
    uint64_t              lost[FSZ_PRIORITIES];     /* since the last report */
    uint64_t              first_lost, last_lost;    /* the range of their numbers, if any */
    uint64_t              reported[FSZ_PRIORITIES]; /* losses reported to it */
    struct fsz_client_lag lag;                      /* state of the lag events about them */
};

#endif
