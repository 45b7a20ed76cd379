/* SPDX-License-Identifier: MPL-2.0 */
/* other_numbers.so - for LD_PRELOAD: makes a FreeSWITCH look to a module like a release with other
 * numbers and structures. The first line of the file FSZ_OTHER_NUMBERS, which is read each time,
 * says which. */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <switch.h>
#include <unistd.h>

static bool pretends(const char *what)
{
    char        line[64] = "";
    const char *path = getenv("FSZ_OTHER_NUMBERS");
    FILE       *file = path != NULL ? fopen(path, "re") : NULL;
    if (file == NULL) {
        return false;
    }
    bool read = fgets(line, sizeof line, file) != NULL;
    fclose(file);
    line[strcspn(line, "\n")] = '\0';
    return read && strcmp(line, what) == 0;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

switch_status_t switch_name_event(const char *name, switch_event_types_t *type)
{
    if (strcmp(name, "COMMAND") == 0 && pretends("no COMMAND")) {
        return SWITCH_STATUS_FALSE;
    }
    switch_status_t status = REAL(switch_name_event)(name, type);
    if (strcmp(name, "ALL") == 0 && pretends("ALL one too low")) {
        *type = (switch_event_types_t)(*type - 1);
    }
    return status;
}

/* So that the name fits the changed number. */
const char *switch_event_name(switch_event_types_t type)
{
    bool other = type == SWITCH_EVENT_ALL - 1 && pretends("ALL one too low");
    return other ? "ALL" : REAL(switch_event_name)(type);
}

void switch_channel_set_flag_value(switch_channel_t *channel, switch_channel_flag_t flag,
                                   uint32_t value)
{
    bool moved = flag > CF_BREAK && pretends("a flag more after CF_BREAK");
    REAL(switch_channel_set_flag_value)(channel, (switch_channel_flag_t)(flag + moved), value);
}

switch_channel_state_t switch_channel_name_state(const char *name)
{
    bool moved = pretends("a state more");
    return (switch_channel_state_t)(REAL(switch_channel_name_state)(name) + moved);
}

char *switch_event_get_body(switch_event_t *event)
{
    static char elsewhere[] = "elsewhere";
    return pretends("another event") ? elsewhere : REAL(switch_event_get_body)(event);
}

switch_xml_t switch_xml_child(switch_xml_t xml, const char *name)
{
    bool other = strcmp(name, "second") == 0 && pretends("another XML");
    return other ? NULL : REAL(switch_xml_child)(xml, name);
}

/* ---- a switch without events --------------------------------------------------------------- */

enum { SLOW_US = 100 * 1000 };

static switch_event_callback_t module_callback;

static void deliver(switch_event_t *event)
{
    if (pretends("slow")) {
        usleep(SLOW_US);
    }
    if (!pretends("deaf")) {
        module_callback(event);
    }
}

switch_status_t switch_event_bind_removable(const char *id, switch_event_types_t type,
                                            const char *subclass, switch_event_callback_t callback,
                                            void *user_data, switch_event_node_t **node)
{
    if (strcmp(id, "mod_event_zmq") == 0) {
        module_callback = callback;
        callback = deliver;
    }
    return REAL(switch_event_bind_removable)(id, type, subclass, callback, user_data, node);
}
