/* SPDX-License-Identifier: MPL-2.0 */
#include "module/interfaces.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <switch.h>

/* The problem of each; NULL: none. Static texts. */
static _Atomic(const char *) interfaces_command, interfaces_application;

static const char INTERFACES_NO_COMMAND[] =
    "FreeSWITCH has refused the API command zmq: no zmq status, no zmq reload. Add <allow "
    "name=\"mod_event_zmq\"/> to <interface-allowlist> in switch.conf.xml and restart FreeSWITCH";
static const char INTERFACES_NO_APPLICATION[] =
    "FreeSWITCH has refused the application zmq: a dialplan that runs it hangs up the call, and no "
    "service gets calls. Add <allow name=\"mod_event_zmq\"/> to <interface-allowlist> in "
    "switch.conf.xml and restart FreeSWITCH";

/* Most switches have no list. Looking up an interface counts as a use of the module, during which
 * an unload is refused, so it is done only if there is a list. The switch reads the list before it
 * has modules, so from its own XML. */
static bool interfaces_are_limited(void)
{
    switch_xml_t root = switch_xml_root();
    switch_xml_t section = switch_xml_find_child(root, "section", "name", "configuration");
    switch_xml_t settings = switch_xml_find_child(section, "configuration", "name", "switch.conf");
    bool         limited = switch_xml_child(settings, "interface-allowlist") != NULL;
    switch_xml_free(root);
    return limited;
}

static void interfaces_refuse(_Atomic(const char *) *trouble, const char *text)
{
    atomic_store(trouble, text);
    switch_log_printf(SWITCH_CHANNEL_LOG, SWITCH_LOG_ERROR, "%s\n", text);
}

void fsz_interfaces_check(void)
{
    if (!interfaces_are_limited()) {
        return;
    }
    switch_api_interface_t *command = switch_loadable_module_get_api_interface("zmq");
    if (command == NULL) {
        interfaces_refuse(&interfaces_command, INTERFACES_NO_COMMAND);
    }
    UNPROTECT_INTERFACE(command);
    switch_application_interface_t *application =
        switch_loadable_module_get_application_interface("zmq");
    if (application == NULL) {
        interfaces_refuse(&interfaces_application, INTERFACES_NO_APPLICATION);
    }
    UNPROTECT_INTERFACE(application);
}

void fsz_interfaces_forget(void)
{
    atomic_store(&interfaces_command, NULL);
    atomic_store(&interfaces_application, NULL);
}

static void interfaces_add(const char *trouble, struct fsz_problems *problems)
{
    if (trouble != NULL) {
        fsz_problems_add(problems, "%s", trouble);
    }
}

void fsz_interfaces_troubles(struct fsz_problems *problems)
{
    interfaces_add(atomic_load(&interfaces_command), problems);
    interfaces_add(atomic_load(&interfaces_application), problems);
}
