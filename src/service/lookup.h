/* lookup.h - a switch looks for XML: by the configuration's bindings, from the cache or a service.
 *
 * Any thread of the switch; waits at most the deadline of each binding that is asked. Wire:
 * docs/protocol/services.md. */
#ifndef FSZ_LOOKUP_H
#define FSZ_LOOKUP_H

#include "base/buffer.h"
#include "config/config.h"
#include "event/event.h"
#include "host/host.h"
#include "service/service_client.h"

#include <jansson.h>

/* The words of switch_xml_locate(), of mod_xml_curl, and of docs/protocol/services.md. */
struct fsz_lookup {
    const char    *section;           /* "directory" */
    const char    *tag, *key, *value; /* NULL: not given */
    const void    *params;            /* headers: a cursor of `read`; NULL: none */
    fsz_headers_fn read;
};

struct fsz_lookups;

/* Counted, for the same reason as the desk (service_client.h). `host` stays the caller's and
 * outlives all. `switchname` is what questions have as `hostname`. */
FSZ_NODISCARD fsz_err fsz_lookups_new(const struct fsz_host *host, const char *switchname,
                                      struct fsz_config *config, struct fsz_lookups **ret_lookups);
struct fsz_lookups   *fsz_lookups_ref(struct fsz_lookups *lookups);
/* Accepts NULL in *lookups. */
void fsz_lookups_unref(struct fsz_lookups **lookups);
/* A reload, in two steps: all that can fail (FSZ_ENOMEM), then the change itself. Of the
 * configuration a reference is taken; the cache stays, within the new bounds, and so do the
 * counters of bindings that keep their names. Lookups that are under way go on by the old one.
 * Both are for one thread at a time. */
FSZ_NODISCARD fsz_err fsz_lookups_prepare(struct fsz_lookups *lookups, struct fsz_config *config);
void                  fsz_lookups_commit(struct fsz_lookups *lookups);
/* In place of the second step. */
void fsz_lookups_cancel(struct fsz_lookups *lookups);

/* FSZ_OK: the document is in `xml`. FSZ_ENOTFOUND: no binding has it, and the switch looks on where
 * it would without us; a failure is told in the log (rate-limited) and becomes this, or, where the
 * binding's on-failure says so, FSZ_OK with an empty element. Never anything else. Costs one
 * atomic read where no binding is for the section. */
FSZ_NODISCARD fsz_err fsz_lookups_find(struct fsz_lookups        *lookups,
                                       struct fsz_service_client *service_client,
                                       const struct fsz_lookup *lookup, struct fsz_buffer *xml);
/* Forgets what the cache has for keys that match the pattern (lookup_cache.h; the parts are
 * binding, section, tag, key, value, then name and value of each header that counts); NULL: all.
 * Returns how many. */
size_t fsz_lookups_flush(struct fsz_lookups *lookups, const char *pattern);

/* `bindings` and `cache`, for the status (docs/operations.md): a new object. */
json_t *fsz_lookups_status(struct fsz_lookups *lookups);

#endif
