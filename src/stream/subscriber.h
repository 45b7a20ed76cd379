/* subscriber.h - what a stream knows of one of its subscribers: what it may see, and what it has
 * lost. With the lock of the stream's pub held. */
#ifndef FSZ_SUBSCRIBER_H
#define FSZ_SUBSCRIBER_H

#include "net/client_events.h"
#include "stream/event_type.h"
#include "stream/views.h"

/* The `data` of a struct fsz_subscriber. */
struct fsz_stream_subscriber {
    struct fsz_view      *view;
    uint64_t              lost[FSZ_PRIORITIES];     /* since it was told last */
    uint64_t              first_lost, last_lost;    /* their numbers, when there are any */
    uint64_t              reported[FSZ_PRIORITIES]; /* losses that it was told */
    struct fsz_client_lag lag;                      /* what the switch was told of them */
};

#endif
