/* SPDX-License-Identifier: MPL-2.0 */
#include "module/fit.h"

#include "module/events.h"
#include "module/numbers.h"

enum {
    FIT_REFERENCES = 256, /* taken at once: many more than other threads take meanwhile */
    FIT_ATTEMPTS = 3,     /* in case the XML is reloaded meanwhile */
    FIT_RELEASE_BYTES = 64,
    /* Releases that are tested with a module built against another release of this range. */
    FIT_FIRST_TESTED = 1010008, /* 1.10.8 */
    FIT_LAST_TESTED = 1011002,  /* 1.11.2 */
};

void fsz_fit_running(char *ret_version, size_t size)
{
    const char *micro = switch_version_micro(); /* "2-release" */
    snprintf(ret_version, size, "%s.%s.%.*s", switch_version_major(), switch_version_minor(),
             (int)strspn(micro, "0123456789"), micro);
}

static bool fit_log_levels(void)
{
    static const struct {
        switch_log_level_t level;
        const char        *name;
    } levels[] = {{SWITCH_LOG_ERROR, "ERR"},
                  {SWITCH_LOG_WARNING, "WARNING"},
                  {SWITCH_LOG_NOTICE, "NOTICE"},
                  {SWITCH_LOG_INFO, "INFO"},
                  {SWITCH_LOG_DEBUG, "DEBUG"}};
    bool fits = true;
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        fits = fits && strcasecmp(switch_log_level2str(levels[i].level), levels[i].name) == 0;
    }
    return fits;
}

/* States in our code, and in macros such as switch_channel_down(). */
static bool fit_channel_states(void)
{
    return switch_channel_name_state("CS_EXECUTE") == CS_EXECUTE &&
           switch_channel_name_state("CS_PARK") == CS_PARK &&
           switch_channel_name_state("CS_CONSUME_MEDIA") == CS_CONSUME_MEDIA &&
           switch_channel_name_state("CS_HIBERNATE") == CS_HIBERNATE &&
           switch_channel_name_state("CS_HANGUP") == CS_HANGUP;
}

/* Does setting the flag make the switch set the variable? */
static bool fit_flag_sets(switch_channel_t *channel, switch_channel_flag_t flag, const char *name)
{
    switch_event_t *variables = NULL;
    switch_channel_set_flag(channel, flag);
    switch_channel_get_variables(channel, &variables);
    bool set = variables != NULL && switch_event_get_header(variables, name) != NULL;
    switch_event_destroy(&variables);
    return set;
}

/* Flags with a visible effect. The last two have higher numbers than all flags that the module
 * uses, so a flag added or removed before those moves these. */
static bool fit_flags_of(switch_channel_t *channel)
{
    bool fits = fit_flag_sets(channel, CF_OUTBOUND, "is_outbound") &&
                fit_flag_sets(channel, CF_RECOVERED, "recovered");
    if (fits) {
        switch_channel_set_flag(channel, CF_DIALPLAN);
        fits = switch_channel_logical_direction(channel) == SWITCH_CALL_DIRECTION_OUTBOUND;
    }
    return fits;
}

/* On a channel without a session, which is visible nowhere else. */
static bool fit_channel_flags(void)
{
    switch_memory_pool_t *pool = NULL;
    switch_channel_t     *channel = NULL;
    bool                  fits = false;
    if (switch_core_new_memory_pool(&pool) != SWITCH_STATUS_SUCCESS) {
        return false;
    }
    if (switch_channel_alloc(&channel, SWITCH_CALL_DIRECTION_INBOUND, pool) ==
        SWITCH_STATUS_SUCCESS) {
        fits = fit_flags_of(channel);
        switch_channel_uninit(channel);
    }
    switch_core_destroy_memory_pool(&pool);
    return fits;
}

/* Compares pointers before it reads through them. */
static bool fit_header(const switch_event_header_t *header, switch_event_t *event, const char *name,
                       const char *next)
{
    return header == switch_event_get_header_ptr(event, name) &&
           header->next == (next ? switch_event_get_header_ptr(event, next) : NULL) &&
           strcmp(header->name, name) == 0;
}

static bool fit_event_fields(switch_event_t *event)
{
    const switch_event_header_t *one = switch_event_get_header_ptr(event, "Fit-One");
    const switch_event_header_t *list = switch_event_get_header_ptr(event, "Fit-List");
    return event->event_id == fsz_numbers.event_custom &&
           event->body == switch_event_get_body(event) && one != NULL && list != NULL &&
           fit_header(one, event, "Fit-One", "Fit-List") &&
           one->value == switch_event_get_header(event, "Fit-One") && one->idx == 0 &&
           fit_header(list, event, "Fit-List", NULL) && list->idx == 2 &&
           list->array[1] == switch_event_get_header_idx(event, "Fit-List", 1) &&
           strcmp(event->subclass_name, "mod_event_zmq::fit") == 0 &&
           event->headers == switch_event_get_header_ptr(event, "Fit-First");
}

static bool fit_events(void)
{
    switch_event_t *event = NULL;
    if (switch_event_create_subclass(&event, fsz_numbers.event_custom, "mod_event_zmq::fit") !=
        SWITCH_STATUS_SUCCESS) {
        return false;
    }
    switch_event_add_header_string(event, SWITCH_STACK_TOP, "Fit-First", "first");
    switch_event_add_header_string(event, SWITCH_STACK_BOTTOM, "Fit-One", "one");
    switch_event_add_header_string(event, SWITCH_STACK_BOTTOM, "Fit-List[0]", "first");
    switch_event_add_header_string(event, SWITCH_STACK_BOTTOM, "Fit-List[1]", "second");
    switch_event_set_body(event, "body");
    bool fits = fit_event_fields(event);
    switch_event_destroy(&event);
    return fits;
}

static size_t fit_count_headers(const switch_event_t *event)
{
    size_t count = 0;
    for (const switch_event_header_t *header = event->headers; header; header = header->next) {
        count++;
    }
    return count;
}

/* With the flag that fsz_events_create_plain() sets, adding a header again replaces it. */
static bool fit_event_flags(void)
{
    switch_event_t *event = NULL;
    if (fsz_events_create_plain(&event, fsz_numbers.event_channel_data) != FSZ_OK) {
        return false;
    }
    switch_event_add_header_string(event, SWITCH_STACK_BOTTOM, "Fit", "first");
    switch_event_add_header_string(event, SWITCH_STACK_BOTTOM, "Fit", "second");
    bool fits = fit_count_headers(event) == 1;
    switch_event_destroy(&event);
    return fits;
}

static bool fit_xml_fields(switch_xml_t tree)
{
    return tree->child == switch_xml_child(tree, "first") &&
           tree->child->ordered == switch_xml_child(tree, "second") &&
           strcmp(tree->name, "fit") == 0 && tree->attr[1] == switch_xml_attr(tree, "key");
}

static bool fit_xml(void)
{
    char        *text = strdup("<fit key=\"value\"><first/><second/></fit>");
    switch_xml_t tree = text != NULL ? switch_xml_parse_str_dynamic(text, SWITCH_FALSE) : NULL;
    bool         fits = tree != NULL && fit_xml_fields(tree);
    switch_xml_free(tree);
    return fits;
}

/* Takes references to the switch's own XML. Meanwhile other threads take and release some, and a
 * reload may replace the tree. */
static bool fit_references_of(switch_xml_t *taken)
{
    taken[0] = switch_xml_root();
    unsigned before = taken[0] != NULL ? taken[0]->refs : 0;
    bool     same = true;
    for (size_t i = 1; i < FIT_REFERENCES; i++) {
        taken[i] = switch_xml_root();
        same = same && taken[i] == taken[0];
    }
    return same && before > 0 && switch_test_flag(taken[0], SWITCH_XML_ROOT) &&
           taken[0]->refs > before + FIT_REFERENCES / 2;
}

/* The switch shares its own XML as xml_cache.h shares replies: the tree is marked as a root and
 * counts its references. */
static bool fit_xml_references(void)
{
    bool fits = false;
    for (int i = 0; !fits && i < FIT_ATTEMPTS; i++) {
        switch_xml_t taken[FIT_REFERENCES];
        fits = fit_references_of(taken);
        for (size_t r = 0; r < FIT_REFERENCES; r++) {
            switch_xml_free(taken[r]);
        }
    }
    return fits;
}

static bool fit_stream(void)
{
    switch_stream_handle_t stream = {0};
    SWITCH_STANDARD_STREAM(stream);
    if (stream.data == NULL) {
        return false;
    }
    stream.write_function(&stream, "%s", "fit");
    bool fits = stream.data_len == strlen("fit") && strcmp(stream.data, "fit") == 0;
    free(stream.data);
    return fits;
}

/* NULL: it fits. */
static const char *fit_check(void)
{
    static const struct {
        const char *what;
        bool (*fits)(void);
    } checks[] = {
        {"log levels", fit_log_levels},
        {"channel states", fit_channel_states},
        {"channel flags", fit_channel_flags},
        {"fields of an event", fit_events},
        {"flags of an event", fit_event_flags},
        {"fields of an XML element", fit_xml},
        {"reference counts of XML", fit_xml_references},
        {"fields of a stream handle", fit_stream},
    };
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        if (!checks[i].fits()) {
            return checks[i].what;
        }
    }
    return NULL;
}

fsz_err fsz_fit_require(void)
{
    char        text[128];
    const char *what = NULL;
    if (fsz_numbers_ask(&what) != FSZ_OK) {
        snprintf(text, sizeof text, "it has no %s", what);
    } else if ((what = fit_check()) != NULL) {
        snprintf(text, sizeof text, "different %s", what);
    } else {
        return FSZ_OK;
    }
    fsz_fit_log_misfit(text);
    return FSZ_EREFUSED;
}

bool fsz_fit_check_application(const switch_application_interface_t     *interface,
                               const switch_loadable_module_interface_t *module)
{
    return interface->rwlock != NULL && interface->reflock != NULL && interface->parent == module;
}

bool fsz_fit_check_api(const switch_api_interface_t             *interface,
                       const switch_loadable_module_interface_t *module)
{
    return interface->rwlock != NULL && interface->reflock != NULL && interface->parent == module;
}

void fsz_fit_log_misfit(const char *what)
{
    char running[FIT_RELEASE_BYTES];
    fsz_fit_running(running, sizeof running);
    switch_log_printf(
        SWITCH_CHANNEL_LOG, SWITCH_LOG_ERROR,
        "mod_event_zmq was built against FreeSWITCH %s and does not fit the running FreeSWITCH "
        "%s: %s. Build it against the headers of the running release\n",
        FSZ_FIT_BUILT_AGAINST, running, what);
}

/* 1.11.2 is 1011002. */
static long fit_running_number(void)
{
    return strtol(switch_version_major(), NULL, 10) * 1000000 +
           strtol(switch_version_minor(), NULL, 10) * 1000 +
           strtol(switch_version_micro(), NULL, 10);
}

void fsz_fit_log_releases(void)
{
    char running[FIT_RELEASE_BYTES];
    fsz_fit_running(running, sizeof running);
    long number = fit_running_number();
    bool known = strcmp(running, FSZ_FIT_BUILT_AGAINST) == 0 ||
                 (number >= FIT_FIRST_TESTED && number <= FIT_LAST_TESTED);
    switch_log_printf(SWITCH_CHANNEL_LOG, known ? SWITCH_LOG_NOTICE : SWITCH_LOG_WARNING,
                      "mod_event_zmq %s, built against FreeSWITCH %s, runs in FreeSWITCH %s%s\n",
                      FSZ_VERSION, FSZ_FIT_BUILT_AGAINST, running,
                      known ? "" : ", which is not tested with such a module");
}
