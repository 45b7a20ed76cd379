/* SPDX-License-Identifier: MPL-2.0 */
/* lookup.h - XML lookups of the switch: through the configured bindings, from the cache or a
 * service.
 *
 * Any thread of the switch; waits at most the deadline of each matching binding. Wire:
 * docs/protocol/services.md. */
#ifndef FSZ_LOOKUP_H
#define FSZ_LOOKUP_H

#include "base/buffer.h"
#include "config/config.h"
#include "event/event.h"
#include "host/host.h"
#include "service/service_client.h"

#include <jansson.h>

/* Named as in switch_xml_locate(), mod_xml_curl and docs/protocol/services.md. */
struct fsz_lookup {
    const char    *section;           /* "directory" */
    const char    *tag, *key, *value; /* NULL: not given */
    const void    *params;            /* headers, a cursor of `read`; or NULL */
    fsz_headers_fn read;
};

struct fsz_lookups;

/* Reference-counted, for the same reason as the service client (service_client.h). `host` belongs
 * to the caller and outlives it. `switchname` is the `hostname` in requests. */
FSZ_NODISCARD fsz_err fsz_lookups_new(const struct fsz_host *host, const char *switchname,
                                      struct fsz_config *config, struct fsz_lookups **ret_lookups);
struct fsz_lookups   *fsz_lookups_ref(struct fsz_lookups *lookups);
/* Accepts NULL in *lookups. */
void fsz_lookups_unref(struct fsz_lookups **lookups);
/* A reload in two steps: all that can fail (FSZ_ENOMEM), then the change. Takes a reference to the
 * configuration. The cache stays, within its new limits; so do the counters of bindings that keep
 * their names. Lookups in progress finish with the old configuration. One thread at a time. */
FSZ_NODISCARD fsz_err fsz_lookups_prepare(struct fsz_lookups *lookups, struct fsz_config *config);
void                  fsz_lookups_commit(struct fsz_lookups *lookups);
/* Instead of the second step. */
void fsz_lookups_cancel(struct fsz_lookups *lookups);

/* FSZ_OK: the document is in `xml`. FSZ_ENOTFOUND: no binding found it, and the switch continues as
 * without us. A failure is logged (rate-limited) and becomes FSZ_ENOTFOUND, or FSZ_OK with an empty
 * element if the binding's on-failure says so. Nothing else. Costs one atomic read if no binding is
 * for the section. */
FSZ_NODISCARD fsz_err fsz_lookups_find(struct fsz_lookups        *lookups,
                                       struct fsz_service_client *service_client,
                                       const struct fsz_lookup *lookup, struct fsz_buffer *xml);
/* Removes cache entries whose keys match the pattern (lookup_cache.h); NULL: all. Returns how many.
 * The parts of a key: binding, section, tag, key, value, then name and value of each header in it.
 */
size_t fsz_lookups_flush(struct fsz_lookups *lookups, const char *pattern);

/* `bindings` and `cache`, for the status (docs/operations.md): a new object. */
json_t *fsz_lookups_status(struct fsz_lookups *lookups);

#endif
