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

/* Made by bind, gone after unbind; the switch calls only in between. */
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
                          "%s of section %s: FreeSWITCH does not take a document that was checked: "
                          "%s (%llu more before)\n",
                          lookup->value != NULL ? lookup->value : "lookup", lookup->section, why,
                          (unsigned long long)suppressed);
    }
}

/* Of these it is known that they only read: of a user switch_xml_locate_user_merged() makes a copy,
 * and mod_dialplan_xml makes a list of applications. mod_voicemail changes a domain that it looked
 * for (voicemail_inject), and others may change what they like. */
static bool search_only_reads(const char *section, switch_event_t *params)
{
    return strcmp(section, "dialplan") == 0 ||
           (strcmp(section, "directory") == 0 && params != NULL &&
            switch_event_get_header(params, "key") != NULL);
}

/* Runs in the thread that looks for something, and waits for the service's answer. */
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
