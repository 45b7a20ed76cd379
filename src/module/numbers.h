/* numbers.h - what FreeSWITCH numbers, asked of the running switch by name.
 *
 * FreeSWITCH checks one number of a module, SWITCH_API_VERSION, and releases with different enums
 * share it. So the module takes no number from the headers that a release may move.
 * docs/freeswitch-versions.md lists what is asked here, what fit.h checks, and what is relied on.
 */
#ifndef FSZ_MODULE_NUMBERS_H
#define FSZ_MODULE_NUMBERS_H

#include "base/err.h"

#include <switch.h>

struct fsz_numbers {
    switch_event_types_t event_all; /* binds to every event; the last of its enum */
    switch_event_types_t event_custom, event_clone, event_command, event_channel_data,
        event_private_command;
    switch_call_cause_t cause_none, cause_normal_clearing, cause_manager_request,
        cause_out_of_order;
    switch_xml_section_t xml_sections; /* those that lookups are answered for */
};

/* Valid from fsz_numbers_ask() on; constant after it. */
extern struct fsz_numbers fsz_numbers;

/* Once in a load, before any other code of the module. FSZ_ENOTFOUND: the switch has nothing of the
 * name *ret_unknown. */
FSZ_NODISCARD fsz_err fsz_numbers_ask(const char **ret_unknown);

#endif
