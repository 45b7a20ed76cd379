/* event.h - a switch's event as the core reads it, in place.
 *
 * An adapter describes its own event with this view; nothing is copied. The view and all it points
 * at stay the adapter's and are read only during the call that gets it, on that thread. */
#ifndef FSZ_EVENT_H
#define FSZ_EVENT_H

#include <stddef.h>

/* One header. With `value_count` > 0 it is an array and `value` is not read. Bytes are any bytes
 * but NUL; UTF-8 is hoped for, not assumed. A NULL value reads as "". */
struct fsz_header {
    const char        *name;
    const char        *value;
    const char *const *values;
    size_t             value_count;
};

/* Copies up to `max` headers into ret_headers, moves *cursor behind them, returns how many;
 * 0 at the end. Must not block. */
typedef size_t (*fsz_headers_fn)(const void **cursor, struct fsz_header *ret_headers, size_t max);

struct fsz_event {
    const char    *name;     /* Event-Name, never NULL or empty */
    const char    *subclass; /* Event-Subclass or NULL */
    const char    *body;     /* or NULL */
    const void    *headers;  /* the first cursor; NULL: no headers */
    fsz_headers_fn read;
};

/* An fsz_headers_fn for an array of struct fsz_header that ends with a NULL name. */
size_t fsz_headers_of_array(const void **cursor, struct fsz_header *ret_headers, size_t max);

enum { FSZ_HEADER_BATCH = 32 }; /* headers that the core reads at a time */

/* The first header of that name, letter case ignored, as the switch itself looks headers up.
 * Returns 1 and fills ret_header, or 0. */
int fsz_event_find(const struct fsz_event *event, const char *name, struct fsz_header *ret_header);

#endif
