/* SPDX-License-Identifier: MPL-2.0 */
/* status.h - the parts of the status as JSON, and the whole as text for the `zmq` commands.
 * Members: docs/operations.md. */
#ifndef FSZ_STATUS_H
#define FSZ_STATUS_H

#include "auth/access.h"
#include "stream/publisher.h"

#include <jansson.h>

/* The publisher's part: an object with "events", "queue", "event_types" and "streams". An
 * fsz_publisher_view_fn, so on the stream thread; `argument` is a json_t **, which becomes NULL if
 * out of memory. */
void fsz_status_of_publisher(const struct fsz_publisher_view *view, void *argument);

/* Connections admitted and refused: a new object. Any thread. */
json_t *fsz_status_access(const struct fsz_access *access);

/* Adds "switch" (if the host reports its release) and "troubles" to a status. Any thread. */
void fsz_status_add_switch(json_t *status, const struct fsz_host *host,
                           const struct fsz_host_identity *identity);

/* Text for people, from a whole status object. */
void fsz_status_write_summary(const json_t *status, struct fsz_buffer *out);
void fsz_status_write_switch(const json_t      *status,
                             struct fsz_buffer *out); /* part of the summary */
void fsz_status_write_api(const json_t *status, struct fsz_buffer *out);
void fsz_status_write_services(const json_t *status, struct fsz_buffer *out);
void fsz_status_write_bindings(const json_t *status, struct fsz_buffer *out);
void fsz_status_write_streams(const json_t *status, struct fsz_buffer *out);

#endif
