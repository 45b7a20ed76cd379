/* One configuration's bindings, their counters, and what the status tells of them. */
#include "base/ref.h"
#include "service/latency_status.h"
#include "service/lookup_private.h"

#include <stdlib.h>
#include <string.h>

static struct lookup_meter *meter_new(const char *name)
{
    size_t               bytes = strlen(name) + 1;
    struct lookup_meter *meter = calloc(1, sizeof(*meter) + bytes);
    if (meter != NULL) {
        fsz_ref_init(&meter->references, 1);
        pthread_mutex_init(&meter->lock, NULL);
        memcpy(meter->name, name, bytes);
    }
    return meter;
}

static void meter_unref(struct lookup_meter *meter)
{
    if (meter != NULL && fsz_ref_drop(&meter->references)) {
        pthread_mutex_destroy(&meter->lock);
        free(meter);
    }
}

static struct lookup_meter *meter_find(const struct lookup_set *set, const char *name)
{
    for (size_t i = 0; set != NULL && i < set->count; i++) {
        if (strcmp(set->meters[i]->name, name) == 0) {
            fsz_ref_take(&set->meters[i]->references);
            return set->meters[i];
        }
    }
    return NULL;
}

fsz_err fsz_lookup_set_new(struct fsz_config *config, const struct lookup_set *old,
                           struct lookup_set **ret_set)
{
    size_t             count = config->binding_count;
    struct lookup_set *set = calloc(1, sizeof(*set) + count * sizeof(struct lookup_meter *));
    if (set == NULL) {
        return FSZ_ENOMEM;
    }
    fsz_ref_init(&set->references, 1);
    set->config = fsz_config_ref(config);
    for (; set->count < count; set->count++) {
        const struct fsz_binding_config *binding = &config->bindings[set->count];
        struct lookup_meter             *meter = meter_find(old, binding->name);
        meter = meter != NULL ? meter : meter_new(binding->name);
        if (meter == NULL) {
            fsz_lookup_set_unref(&set);
            return FSZ_ENOMEM;
        }
        set->meters[set->count] = meter;
        set->sections |= binding->sections;
    }
    *ret_set = set;
    return FSZ_OK;
}

void fsz_lookup_set_unref(struct lookup_set **set)
{
    struct lookup_set *s = *set;
    *set = NULL;
    if (s == NULL || !fsz_ref_drop(&s->references)) {
        return;
    }
    for (size_t i = 0; i < s->count; i++) {
        meter_unref(s->meters[i]);
    }
    fsz_config_free(&s->config);
    free(s);
}

static json_t *meter_status(struct lookup_meter *meter, const char *service)
{
    pthread_mutex_lock(&meter->lock);
    struct fsz_latency latency = meter->latency;
    pthread_mutex_unlock(&meter->lock);
    return json_pack("{ss ss sI sI sI sI sI sI sI so}", "name", meter->name, "service", service,
                     "asked", (json_int_t)meter->asked, "found", (json_int_t)meter->found,
                     "not_found", (json_int_t)meter->not_found, "failed", (json_int_t)meter->failed,
                     "cache_hits", (json_int_t)meter->cache_hits, "stale", (json_int_t)meter->stale,
                     "coalesced", (json_int_t)meter->coalesced, "latency_us",
                     fsz_latency_status(&latency));
}

static json_t *cache_status(struct fsz_lookup_cache *cache, const struct fsz_config *config)
{
    struct fsz_cache_counters c = fsz_lookup_cache_counters(cache);
    return json_pack("{sI sI sI sI sI sI sI sI sI sI sI sI}", "entries", (json_int_t)c.entries,
                     "entries_max", (json_int_t)config->cache_entries, "bytes", (json_int_t)c.bytes,
                     "bytes_max", (json_int_t)config->cache_bytes, "hits", (json_int_t)c.hits,
                     "stale", (json_int_t)c.stale, "misses", (json_int_t)c.misses, "coalesced",
                     (json_int_t)c.coalesced, "evicted", (json_int_t)c.evicted, "flushed",
                     (json_int_t)c.flushed, "not_kept", (json_int_t)c.not_kept, "in_flight",
                     (json_int_t)c.in_flight);
}

json_t *fsz_lookups_status(struct fsz_lookups *lookups)
{
    struct lookup_set *set = fsz_lookups_take_set(lookups);
    json_t            *bindings = json_array();
    for (size_t i = 0; i < set->count; i++) {
        json_array_append_new(bindings,
                              meter_status(set->meters[i], set->config->bindings[i].service));
    }
    json_t *status = json_pack("{so so}", "bindings", bindings, "cache",
                               cache_status(lookups->cache, set->config));
    fsz_lookup_set_unref(&set);
    return status;
}
