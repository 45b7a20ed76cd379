/* SPDX-License-Identifier: MPL-2.0 */
/* One configuration's bindings, their counters, and their status. */
#include "base/ref.h"
#include "counters/counters.h"
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

static const struct fsz_counter meter_counters[] = {
#define FSZ_COUNTERS_BINDING(member, unit, meaning) FSZ_COUNTER(struct lookup_meter, member),
#include "counters/counters.def"
};

static json_t *meter_status(struct lookup_meter *meter, const char *service)
{
    pthread_mutex_lock(&meter->lock);
    struct fsz_latency latency = meter->latency;
    pthread_mutex_unlock(&meter->lock);
    json_t *status = json_pack("{ss ss}", "name", meter->name, "service", service);
    FSZ_COUNTERS_WRITE(status, meter_counters, meter);
    json_object_set_new(status, "latency_us", fsz_latency_status(&latency));
    return status;
}

static const struct fsz_counter cache_counters[] = {
#define FSZ_COUNTERS_CACHE(member, unit, meaning) FSZ_COUNTER(struct fsz_cache_counters, member),
#include "counters/counters.def"
};

static json_t *cache_status(struct fsz_lookup_cache *cache, const struct fsz_config *config)
{
    struct fsz_cache_counters counters = fsz_lookup_cache_counters(cache);
    json_t *status = json_pack("{sI sI}", "entries_max", (json_int_t)config->cache_entries,
                               "bytes_max", (json_int_t)config->cache_bytes);
    FSZ_COUNTERS_WRITE(status, cache_counters, &counters);
    return status;
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
