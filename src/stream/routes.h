/* SPDX-License-Identifier: MPL-2.0 */
/* routes.h - the part of a configuration that switch threads use: which stream gets which event,
 * and in which variant.
 *
 * Made from a configuration, which it owns. Immutable; a reload replaces it as a whole. */
#ifndef FSZ_ROUTES_H
#define FSZ_ROUTES_H

#include "config/config.h"
#include "stream/message.h"

struct fsz_routes {
    struct fsz_config              *config;
    const struct fsz_stream_config *by_slot[FSZ_STREAMS_MAX]; /* NULL: no such stream */
    struct fsz_streamset            filtered;                 /* streams with a filter */
    size_t                          variant_count;
    struct fsz_variant              variants[];
};

/* `slots[i]` is the slot of config->streams[i]. Takes ownership of *config and clears it,
 * except on FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_routes_new(struct fsz_config **config, const unsigned *slots,
                                     struct fsz_routes **ret_routes);
void                  fsz_routes_free(struct fsz_routes **routes);

/* The streams of `in` that select an event type. */
struct fsz_streamset fsz_routes_select(const struct fsz_routes *routes, struct fsz_streamset in,
                                       const char *name, const char *subclass);
/* The streams of `in` whose filter the event passes. */
struct fsz_streamset fsz_routes_filter(const struct fsz_routes *routes, struct fsz_streamset in,
                                       const struct fsz_event *event);
/* The drop priority of an event type. */
enum fsz_priority fsz_routes_priority(const struct fsz_routes *routes, const char *name,
                                      const char *subclass);

#endif
