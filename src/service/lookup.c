/* SPDX-License-Identifier: MPL-2.0 */
/* Chooses the bindings for a lookup. */
#include "service/lookup.h"

#include "base/glob.h"
#include "base/ref.h"
#include "config/section.h"
#include "service/lookup_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define OWN_CONFIGURATION "event_zmq.conf"

static struct fsz_cache_limits lookups_limits(const struct fsz_config *config)
{
    struct fsz_cache_limits limits = {config->cache_entries, config->cache_bytes};
    return limits;
}

fsz_err fsz_lookups_new(const struct fsz_host *host, const char *switchname,
                        struct fsz_config *config, struct fsz_lookups **ret_lookups)
{
    struct fsz_cache_limits limits = lookups_limits(config);
    struct fsz_lookups     *lookups = calloc(1, sizeof(*lookups));
    if (lookups == NULL) {
        return FSZ_ENOMEM;
    }
    fsz_ref_init(&lookups->references, 1);
    pthread_mutex_init(&lookups->lock, NULL);
    lookups->host = host;
    lookups->switchname = strdup(switchname);
    fsz_err err = lookups->switchname == NULL ? FSZ_ENOMEM : FSZ_OK;
    err = err != FSZ_OK ? err : fsz_lookup_cache_new(&limits, &lookups->cache);
    err = err != FSZ_OK ? err : fsz_lookup_set_new(config, NULL, &lookups->set);
    if (err != FSZ_OK) {
        fsz_lookups_unref(&lookups);
        return err;
    }
    lookups->sections = lookups->set->sections;
    *ret_lookups = lookups;
    return FSZ_OK;
}

struct fsz_lookups *fsz_lookups_ref(struct fsz_lookups *lookups)
{
    fsz_ref_take(&lookups->references);
    return lookups;
}

void fsz_lookups_unref(struct fsz_lookups **lookups)
{
    struct fsz_lookups *l = *lookups;
    *lookups = NULL;
    if (l == NULL || !fsz_ref_drop(&l->references)) {
        return;
    }
    fsz_lookup_set_unref(&l->prepared);
    fsz_lookup_set_unref(&l->set);
    fsz_lookup_cache_free(&l->cache);
    pthread_mutex_destroy(&l->lock);
    free(l->switchname);
    free(l);
}

struct lookup_set *fsz_lookups_take_set(struct fsz_lookups *lookups)
{
    pthread_mutex_lock(&lookups->lock);
    struct lookup_set *set = lookups->set;
    fsz_ref_take(&set->references);
    pthread_mutex_unlock(&lookups->lock);
    return set;
}

/* Only a reload changes the set, and only one runs at a time: no lock needed here. */
fsz_err fsz_lookups_prepare(struct fsz_lookups *lookups, struct fsz_config *config)
{
    fsz_lookups_cancel(lookups);
    return fsz_lookup_set_new(config, lookups->set, &lookups->prepared);
}

void fsz_lookups_commit(struct fsz_lookups *lookups)
{
    struct lookup_set *next = lookups->prepared;
    lookups->prepared = NULL;
    if (next == NULL) {
        return;
    }
    struct fsz_cache_limits limits = lookups_limits(next->config);
    pthread_mutex_lock(&lookups->lock);
    struct lookup_set *old = lookups->set;
    lookups->set = next;
    lookups->sections = next->sections;
    pthread_mutex_unlock(&lookups->lock);
    fsz_lookup_set_unref(&old);
    fsz_lookup_cache_limit(lookups->cache, &limits);
}

void fsz_lookups_cancel(struct fsz_lookups *lookups)
{
    fsz_lookup_set_unref(&lookups->prepared);
}

/* This module's own configuration: it is needed before any service can be asked. */
static bool lookup_is_own(uint32_t section, const struct fsz_lookup *lookup)
{
    return section == FSZ_SECTION_CONFIGURATION && lookup->value != NULL &&
           strcasecmp(lookup->value, OWN_CONFIGURATION) == 0;
}

static bool lookup_matches(const char *pattern, const char *text)
{
    text = text == NULL ? "" : text;
    return pattern == NULL || fsz_glob(pattern, text, strlen(text), 0);
}

static bool lookup_fits(const struct fsz_binding_config *binding, uint32_t section,
                        const struct fsz_lookup *lookup)
{
    return (binding->sections & section) != 0 && lookup_matches(binding->tag, lookup->tag) &&
           lookup_matches(binding->key, lookup->key) &&
           lookup_matches(binding->value, lookup->value);
}

/* The service exists: the configuration was checked. */
static const struct fsz_service_config *lookup_service(const struct fsz_config *config,
                                                       const char              *name)
{
    size_t i = 0;
    while (i + 1 < config->service_count && strcmp(config->services[i].name, name) != 0) {
        i++;
    }
    return &config->services[i];
}

static fsz_err lookup_in_set(struct lookup_course *course, const struct lookup_set *set,
                             uint32_t section, struct fsz_buffer *xml)
{
    fsz_err err = FSZ_ENOTFOUND;
    for (size_t i = 0; i < set->count && err == FSZ_ENOTFOUND; i++) {
        course->binding = &set->config->bindings[i];
        course->meter = set->meters[i];
        if (lookup_fits(course->binding, section, course->lookup)) {
            course->service = lookup_service(set->config, course->binding->service);
            err = fsz_lookup_run(course, xml);
        }
    }
    return err;
}

fsz_err fsz_lookups_find(struct fsz_lookups *lookups, struct fsz_service_client *service_client,
                         const struct fsz_lookup *lookup, struct fsz_buffer *xml)
{
    uint32_t bound = atomic_load_explicit(&lookups->sections, memory_order_relaxed);
    if (bound == 0) {
        return FSZ_ENOTFOUND;
    }
    uint32_t section = fsz_section_find(lookup->section);
    if ((bound & section) == 0 || lookup_is_own(section, lookup)) {
        return FSZ_ENOTFOUND;
    }
    struct lookup_course course = {
        .lookups = lookups, .service_client = service_client, .lookup = lookup};
    struct lookup_set *set = fsz_lookups_take_set(lookups);
    fsz_err            err = lookup_in_set(&course, set, section, xml);
    fsz_lookup_set_unref(&set);
    return err;
}

size_t fsz_lookups_flush(struct fsz_lookups *lookups, const char *pattern)
{
    return fsz_lookup_cache_flush(lookups->cache, pattern);
}
