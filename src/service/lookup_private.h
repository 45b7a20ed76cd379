/* lookup_private.h - what the parts of a lookup share. Only for lookup*.c. */
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
    FSZ_LOOKUP_REQUEST_BYTES = 16 << 20, /* of one question's params */
    FSZ_LOOKUP_KEY_BYTES = 1 << 20,      /* of one key; what has a longer one is not kept */
};

/* What a binding has done. Lives as long as one configuration after the other has a binding of
 * that name. */
struct lookup_meter {
    struct fsz_ref references;
#define FSZ_COUNTERS_BINDING(member, unit, meaning) _Atomic uint64_t member;
#include "counters/counters.def"
    pthread_mutex_t      lock;     /* guards the two below */
    struct fsz_latency   latency;  /* of the service's answers and failures */
    struct fsz_ratelimit failures; /* told in the log */
    char                 name[];
};

/* One configuration's bindings; counted, since lookups go on by the one they began with. */
struct lookup_set {
    struct fsz_ref       references;
    struct fsz_config   *config;
    uint32_t             sections; /* of any binding */
    size_t               count;
    struct lookup_meter *meters[]; /* of config->bindings */
};

struct fsz_lookups {
    struct fsz_ref           references;
    _Atomic uint32_t         sections; /* the set's: all that a lookup reads that fits nowhere */
    const struct fsz_host   *host;
    char                    *switchname;
    struct fsz_lookup_cache *cache;
    pthread_mutex_t          lock; /* guards the two below */
    struct lookup_set       *set;
    struct lookup_set       *prepared; /* of a reload; NULL: none */
};

/* A new set, with the meters that `old` (may be NULL) has for bindings of the same names.
 * FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_lookup_set_new(struct fsz_config *config, const struct lookup_set *old,
                                         struct lookup_set **ret_set);
/* Accepts NULL in *set. */
void fsz_lookup_set_unref(struct lookup_set **set);
/* The present set: a new reference. */
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

/* FSZ_OK: the document is in `xml`. FSZ_ENOTFOUND: the next one is to be asked. Nothing else. */
FSZ_NODISCARD fsz_err fsz_lookup_run(const struct lookup_course *course, struct fsz_buffer *xml);

/* Appends the params of xml.fetch. FSZ_ENOMEM, FSZ_ELIMIT. */
FSZ_NODISCARD fsz_err fsz_lookup_write_request(struct fsz_buffer *out, const char *switchname,
                                               const struct fsz_lookup *lookup,
                                               const struct fsz_fields *fields);
/* Reads all headers and leaves those that the question has: what the fields let pass, the last of
 * each name, and none that the question writes itself. The name of any other is NULL. FSZ_ENOMEM.
 */
FSZ_NODISCARD fsz_err fsz_lookup_read_headers(struct fsz_members *members);
/* The only value of a header; NULL: it has several. An array of one value is plain text to the
 * switch, and mod_xml_curl posts it as such. */
const char *fsz_lookup_value(const struct fsz_header *header);

/* Appends the cache's key: binding, section, tag, key, value, and name and value of each header
 * that the answer may depend on (docs/xml-services.md, "What the cache key contains").
 * FSZ_ENOTFOUND: the answer must not be kept, nor shared with a lookup under way. FSZ_ENOMEM,
 * FSZ_ELIMIT. */
FSZ_NODISCARD fsz_err fsz_lookup_write_key(struct fsz_buffer *out, const struct fsz_lookup *lookup,
                                           const struct fsz_binding_config *binding);
/* Appends the document of an element without anything in it. FSZ_ENOMEM, FSZ_ELIMIT. */
FSZ_NODISCARD fsz_err fsz_lookup_write_nothing(struct fsz_buffer       *out,
                                               const struct fsz_lookup *lookup);

#endif
