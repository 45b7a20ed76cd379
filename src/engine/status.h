/* status.h - what `zmq status`, `zmq streams` and `zmq api` tell, as JSON and as text. Members:
 * docs/operations.md. */
#ifndef FSZ_STATUS_H
#define FSZ_STATUS_H

#include "auth/access.h"
#include "stream/publisher.h"

#include <jansson.h>

/* The part of a status that the publisher knows: an object with "events", "queue", "event_types",
 * "streams". On the stream thread (an fsz_publisher_view_fn); `argument` is a json_t **, NULL when
 * out of memory. */
void fsz_status_of_publisher(const struct fsz_publisher_view *view, void *argument);

/* Of connections let in and refused: an object. Any thread. */
json_t *fsz_status_access(const struct fsz_access *access);

/* Adds "switch" (a host that tells its release) and "troubles" to a status. Any thread. */
void fsz_status_add_switch(json_t *status, const struct fsz_host *host,
                           const struct fsz_host_identity *identity);

/* Text for people, from a whole status object. */
void fsz_status_write_summary(const json_t *status, struct fsz_buffer *out);
void fsz_status_write_switch(const json_t *status, struct fsz_buffer *out); /* in the summary */
void fsz_status_write_api(const json_t *status, struct fsz_buffer *out);
void fsz_status_write_services(const json_t *status, struct fsz_buffer *out);
void fsz_status_write_bindings(const json_t *status, struct fsz_buffer *out);
void fsz_status_write_streams(const json_t *status, struct fsz_buffer *out);

#endif
