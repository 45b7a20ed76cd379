/* SPDX-License-Identifier: MPL-2.0 */
#include "module/search.h"

#include "base/ratelimit.h"
#include "module/events.h"
#include "module/numbers.h"
#include "module/xml_cache.h"

#include <pthread.h>
#include <switch.h>

enum {
    SEARCH_XML_BYTES = 1 << 30, /* above any binding's xml-bytes */
};

/* Set up by bind, cleared by unbind; the switch calls only in between. */
static struct {
    switch_xml_binding_t *binding;
    struct fsz_xml_cache *xml_cache;
    pthread_mutex_t       refused_lock;
    struct fsz_ratelimit  refused;
} search = {.refused_lock = PTHREAD_MUTEX_INITIALIZER};

static void search_log_refused(const struct fsz_lookup *lookup, const char *why)
{
    uint64_t suppressed = 0;
    pthread_mutex_lock(&search.refused_lock);
    bool passes = fsz_ratelimit_passes(&search.refused, &suppressed);
    pthread_mutex_unlock(&search.refused_lock);
    if (passes) {
        switch_log_printf(SWITCH_CHANNEL_LOG, SWITCH_LOG_ERROR,
                          "%s of section %s: FreeSWITCH rejects a document that passed our check: "
                          "%s (%llu suppressed)\n",
                          lookup->value != NULL ? lookup->value : "lookup", lookup->section, why,
                          (unsigned long long)suppressed);
    }
}

/* Is the caller known to leave the result unchanged? switch_xml_locate_user_merged() copies a user,
 * and mod_dialplan_xml makes a list of applications. mod_voicemail changes a domain that it has
 * looked up (voicemail_inject), and other modules may change theirs. */
static bool search_only_reads(const char *section, switch_event_t *params)
{
    return strcmp(section, "dialplan") == 0 ||
           (strcmp(section, "directory") == 0 && params != NULL &&
            switch_event_get_header(params, "key") != NULL);
}

/* Runs on the thread of the lookup; waits for the service's reply. */
static switch_xml_t search_find(const char *section, const char *tag, const char *key,
                                const char *value, switch_event_t *params, void *user_data)
{
    const struct fsz_lookup lookup = {
        .section = section,
        .tag = tag,
        .key = key,
        .value = value,
        .params = params != NULL ? params->headers : NULL,
        .read = fsz_events_headers,
    };
    struct fsz_buffer xml;
    char              why[FSZ_DOCUMENT_WHY_BYTES];
    switch_xml_t      tree = NULL;
    if (zstr(section)) {
        return NULL;
    }
    fsz_buffer_init(&xml, SEARCH_XML_BYTES);
    if (fsz_engine_lookup(user_data, &lookup, &xml) == FSZ_OK) {
        tree = fsz_xml_cache_parse(search.xml_cache, &xml, search_only_reads(section, params), why);
        if (tree == NULL) {
            search_log_refused(&lookup, why);
        }
    }
    fsz_buffer_fini(&xml);
    return tree;
}

fsz_err fsz_search_bind(struct fsz_engine *engine)
{
    fsz_err err = fsz_xml_cache_new(&search.xml_cache);
    if (err == FSZ_OK &&
        switch_xml_bind_search_function_ret(search_find, fsz_numbers.xml_sections, engine,
                                            &search.binding) != SWITCH_STATUS_SUCCESS) {
        fsz_xml_cache_free(&search.xml_cache);
        search.binding = NULL;
        err = FSZ_ESYSTEM;
    }
    return err;
}

void fsz_search_unbind(void)
{
    if (search.binding != NULL) {
        switch_xml_unbind_search_function(&search.binding);
        search.binding = NULL;
    }
    fsz_xml_cache_free(&search.xml_cache);
}
