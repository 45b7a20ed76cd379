/* SPDX-License-Identifier: MPL-2.0 */
/* event.h - how the core reads a switch's event in place.
 *
 * An adapter describes its own event with this view; nothing is copied. The adapter owns the view
 * and everything it points to. The core reads them only during the call that passes the view, on
 * the same thread. */
#ifndef FSZ_EVENT_H
#define FSZ_EVENT_H

#include <stddef.h>

/* One header. With `value_count` > 0 it is an array, and `value` is not read. Texts may contain any
 * bytes except NUL and need not be UTF-8. A NULL value reads as "". */
struct fsz_header {
    const char        *name;
    const char        *value;
    const char *const *values;
    size_t             value_count;
};

/* Copies up to `max` headers into ret_headers, moves *cursor past them and returns how many it
 * copied; 0 at the end. Must not block. */
typedef size_t (*fsz_headers_fn)(const void **cursor, struct fsz_header *ret_headers, size_t max);

struct fsz_event {
    const char    *name;     /* Event-Name, never NULL or empty */
    const char    *subclass; /* Event-Subclass or NULL */
    const char    *body;     /* or NULL */
    const void    *headers;  /* the first cursor; NULL: no headers */
    fsz_headers_fn read;
};

/* The fsz_headers_fn of an array of struct fsz_header that ends with a NULL name. */
size_t fsz_headers_of_array(const void **cursor, struct fsz_header *ret_headers, size_t max);

enum { FSZ_HEADER_BATCH = 32 }; /* headers that the core reads at a time */

/* Finds the first header of that name. Letter case is ignored, as in the switch. Returns 1 and
 * fills ret_header, or 0. */
int fsz_event_find(const struct fsz_event *event, const char *name, struct fsz_header *ret_header);

#endif
