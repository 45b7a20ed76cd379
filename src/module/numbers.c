/* SPDX-License-Identifier: MPL-2.0 */
#include "module/numbers.h"

#include <stdbool.h>

struct fsz_numbers fsz_numbers;

/* The switch ignores any 13 characters in front of a name, so the result is compared. */
static bool numbers_ask_event(const char *name, switch_event_types_t *ret_type)
{
    return switch_name_event(name, ret_type) == SWITCH_STATUS_SUCCESS &&
           strcasecmp(switch_event_name(*ret_type), name) == 0;
}

/* The switch returns normal clearing for an unknown name. */
static bool numbers_ask_cause(const char *name, switch_call_cause_t *ret_cause)
{
    *ret_cause = switch_channel_str2cause(name);
    return strcasecmp(switch_channel_cause2str(*ret_cause), name) == 0;
}

static bool numbers_ask_section(const char *name, switch_xml_section_t *sections)
{
    switch_xml_section_t section = switch_xml_parse_section_string(name);
    *sections = (switch_xml_section_t)(*sections | section);
    return section != 0;
}

static const char *numbers_ask_events(void)
{
    const struct {
        const char           *name;
        switch_event_types_t *type;
    } events[] = {
        {"ALL", &fsz_numbers.event_all},
        {"CUSTOM", &fsz_numbers.event_custom},
        {"CLONE", &fsz_numbers.event_clone},
        {"COMMAND", &fsz_numbers.event_command},
        {"CHANNEL_DATA", &fsz_numbers.event_channel_data},
        {"PRIVATE_COMMAND", &fsz_numbers.event_private_command},
    };
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        if (!numbers_ask_event(events[i].name, events[i].type)) {
            return events[i].name;
        }
    }
    return NULL;
}

static const char *numbers_ask_causes(void)
{
    const struct {
        const char          *name;
        switch_call_cause_t *cause;
    } causes[] = {
        {"NONE", &fsz_numbers.cause_none},
        {"NORMAL_CLEARING", &fsz_numbers.cause_normal_clearing},
        {"MANAGER_REQUEST", &fsz_numbers.cause_manager_request},
        {"DESTINATION_OUT_OF_ORDER", &fsz_numbers.cause_out_of_order},
    };
    for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
        if (!numbers_ask_cause(causes[i].name, causes[i].cause)) {
            return causes[i].name;
        }
    }
    return NULL;
}

static const char *numbers_ask_sections(void)
{
    static const char *const sections[] = {"configuration", "directory", "dialplan", "languages",
                                           "chatplan"};
    fsz_numbers.xml_sections = (switch_xml_section_t)0;
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
        if (!numbers_ask_section(sections[i], &fsz_numbers.xml_sections)) {
            return sections[i];
        }
    }
    return NULL;
}

fsz_err fsz_numbers_ask(const char **ret_unknown)
{
    const char *unknown = numbers_ask_events();
    unknown = unknown != NULL ? unknown : numbers_ask_causes();
    unknown = unknown != NULL ? unknown : numbers_ask_sections();
    if (unknown != NULL) {
        *ret_unknown = unknown;
        return FSZ_ENOTFOUND;
    }
    return FSZ_OK;
}
