/* SPDX-License-Identifier: MPL-2.0 */
/* lookup_private.h - shared by lookup*.c. */
#ifndef FSZ_LOOKUP_PRIVATE_H
#define FSZ_LOOKUP_PRIVATE_H

#include "base/latency.h"
#include "base/ratelimit.h"
#include "base/ref.h"
#include "event/members.h"
#include "service/lookup.h"
#include "service/lookup_cache.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    FSZ_LOOKUP_REQUEST_BYTES = 16 << 20, /* of one request's params */
    FSZ_LOOKUP_KEY_BYTES = 1 << 20,      /* of one key; a reply with a longer one is not kept */
};

/* A binding's counters. Survives reloads while the configuration has a binding of that name. */
struct lookup_meter {
    struct fsz_ref references;
#define FSZ_COUNTERS_BINDING(member, unit, meaning) _Atomic uint64_t member;
#include "counters/counters.def"
    pthread_mutex_t      lock;     /* guards the two below */
    struct fsz_latency   latency;  /* of the service's replies and failures */
    struct fsz_ratelimit failures; /* log lines */
    char                 name[];
};

/* One configuration's bindings. Reference-counted: a lookup keeps the set that it began with. */
struct lookup_set {
    struct fsz_ref       references;
    struct fsz_config   *config;
    uint32_t             sections; /* of any binding */
    size_t               count;
    struct lookup_meter *meters[]; /* of config->bindings */
};

struct fsz_lookups {
    struct fsz_ref           references;
    _Atomic uint32_t         sections; /* the set's: without a match, a lookup reads only this */
    const struct fsz_host   *host;
    char                    *switchname;
    struct fsz_lookup_cache *cache;
    pthread_mutex_t          lock; /* guards the two below */
    struct lookup_set       *set;
    struct lookup_set       *prepared; /* by a reload; or NULL */
};

/* A new set. Bindings whose names `old` (may be NULL) has too keep their meters. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_lookup_set_new(struct fsz_config *config, const struct lookup_set *old,
                                         struct lookup_set **ret_set);
/* Accepts NULL in *set. */
void fsz_lookup_set_unref(struct lookup_set **set);
/* The current set: a new reference. */
struct lookup_set *fsz_lookups_take_set(struct fsz_lookups *lookups);

/* One lookup by one binding. */
struct lookup_course {
    struct fsz_lookups              *lookups;
    struct fsz_service_client       *service_client;
    const struct fsz_lookup         *lookup;
    const struct fsz_binding_config *binding;
    const struct fsz_service_config *service; /* of the binding */
    struct lookup_meter             *meter;
};

/* FSZ_OK: the document is in `xml`. FSZ_ENOTFOUND: try the next binding. Nothing else. */
FSZ_NODISCARD fsz_err fsz_lookup_run(const struct lookup_course *course, struct fsz_buffer *xml);

/* Appends the params of xml.fetch. FSZ_ENOMEM, FSZ_ELIMIT. */
FSZ_NODISCARD fsz_err fsz_lookup_write_request(struct fsz_buffer *out, const char *switchname,
                                               const struct fsz_lookup *lookup,
                                               const struct fsz_fields *fields);
/* Reads all headers. Sets the name of those to NULL that are not in the request: filtered by the
 * fields, repeated later, or written by the request itself. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_lookup_read_headers(struct fsz_members *members);
/* The only value of a header; NULL: it has several. An array of one value counts as plain text, as
 * in the switch and mod_xml_curl. */
const char *fsz_lookup_value(const struct fsz_header *header);

/* Appends the cache's key: binding, section, tag, key, value, and name and value of each header
 * that the reply may depend on (docs/xml-services.md, "What the cache key contains").
 * FSZ_ENOTFOUND: the reply must not be kept, nor shared with other lookups. FSZ_ENOMEM, FSZ_ELIMIT.
 */
FSZ_NODISCARD fsz_err fsz_lookup_write_key(struct fsz_buffer *out, const struct fsz_lookup *lookup,
                                           const struct fsz_binding_config *binding);
/* Appends a document with the requested element, empty. FSZ_ENOMEM, FSZ_ELIMIT. */
FSZ_NODISCARD fsz_err fsz_lookup_write_nothing(struct fsz_buffer       *out,
                                               const struct fsz_lookup *lookup);

#endif
