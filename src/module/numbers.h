/* SPDX-License-Identifier: MPL-2.0 */
/* numbers.h - FreeSWITCH's enum values, looked up by name in the running switch.
 *
 * FreeSWITCH checks only SWITCH_API_VERSION of a module, which releases with different enums share.
 * So the module uses no enum value of the headers that a release may change.
 * docs/freeswitch-versions.md lists the values looked up here, the checks of fit.h, and the values
 * that are taken from the headers. */
#ifndef FSZ_MODULE_NUMBERS_H
#define FSZ_MODULE_NUMBERS_H

#include "base/err.h"

#include <switch.h>

struct fsz_numbers {
    switch_event_types_t event_all; /* every event, for binding; the last of its enum */
    switch_event_types_t event_custom, event_clone, event_command, event_channel_data,
        event_private_command;
    switch_call_cause_t cause_none, cause_normal_clearing, cause_manager_request,
        cause_out_of_order;
    switch_xml_section_t xml_sections; /* with lookups for services */
};

/* Valid and constant after fsz_numbers_ask(). */
extern struct fsz_numbers fsz_numbers;

/* Once per load, before any other code of the module. FSZ_ENOTFOUND: the switch does not know the
 * name *ret_unknown. */
FSZ_NODISCARD fsz_err fsz_numbers_ask(const char **ret_unknown);

#endif
