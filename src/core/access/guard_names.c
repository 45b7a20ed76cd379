#include "guard_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct guard_name names_api[] = {
#define GUARD_API(name, shape, skip) {name, GUARD_##shape, skip},
#define GUARD_APP(name, shape, skip)
#include "guard_names.def"
};

static const struct guard_name names_applications[] = {
#define GUARD_API(name, shape, skip)
#define GUARD_APP(name, shape, skip) {name, GUARD_##shape, skip},
#include "guard_names.def"
};

static int names_compare(const void *key, const void *entry)
{
    return strcasecmp(key, ((const struct guard_name *)entry)->name);
}

static struct guard_name names_find(const struct guard_name *names, size_t count, const char *name)
{
    const struct guard_name *found = bsearch(name, names, count, sizeof(*names), names_compare);
    return found ? *found : (struct guard_name){.name = name, .shape = GUARD_OTHER};
}

struct guard_name guard_api_name(const char *name)
{
    return names_find(names_api, sizeof(names_api) / sizeof(names_api[0]), name);
}

struct guard_name guard_application_name(const char *name)
{
    return names_find(names_applications,
                      sizeof(names_applications) / sizeof(names_applications[0]), name);
}

bool guard_json_api_is_harmless(const char *name)
{
    static const char *const harmless[] = {"status", "mediaStats", "channelData", "sofia.status",
                                           "sofia.status.info"};
    for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
        if (strcasecmp(harmless[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* Bound by a module that acts on it, or one of ours. */
bool guard_subclass_is_obeyed(const char *subclass)
{
    static const char *const prefixes[] = {
        "fszmq::",  "SMS::",       "multicast::", "TDD::",    "rtmp::",
        "skinny::", "websocket::", "sofia::",     "spandsp::"};
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        if (strncasecmp(subclass, prefixes[i], strlen(prefixes[i])) == 0) {
            return true;
        }
    }
    return false;
}

bool guard_is_name(const char *name)
{
    return name[0] != '\0' && name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
                                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")] == '\0';
}

static bool names_contain(const char *name, size_t length, const char *part)
{
    size_t count = strlen(part);
    for (size_t i = 0; i + count <= length; i++) {
        if (strncasecmp(name + i, part, count) == 0) {
            return true;
        }
    }
    return false;
}

/* The switch takes all that begin with such a name, and some have a prefix of their own. */
enum guard_variable guard_variable_kind(const char *name, size_t length)
{
    static const struct {
        const char         *part;
        enum guard_variable kind;
    } parts[] = {
        {"execute_on_", GUARD_VARIABLE_APPLICATION},
        {"post_process_exec_app", GUARD_VARIABLE_APPLICATION},
        {"api_on_", GUARD_VARIABLE_COMMAND},
        {"api_hangup_hook", GUARD_VARIABLE_COMMAND},
        {"api_reporting_hook", GUARD_VARIABLE_COMMAND},
        {"api_after_bridge", GUARD_VARIABLE_COMMAND},
        {"api_before_bridge", GUARD_VARIABLE_COMMAND},
        {"post_process_exec_api", GUARD_VARIABLE_COMMAND_COLON},
        {"transfer_after_", GUARD_VARIABLE_TRANSFER},
        {"hold_music", GUARD_VARIABLE_MUSIC},
        {"masking_file", GUARD_VARIABLE_MUSIC},
        {"pre_call_banner", GUARD_VARIABLE_MUSIC},
        {"exec_after_", GUARD_VARIABLE_PART},
        {"pre_execute_", GUARD_VARIABLE_PART},
        {"group_confirm_", GUARD_VARIABLE_PART},
        {"force_transfer_", GUARD_VARIABLE_PART},
        {"transfer_fallback_", GUARD_VARIABLE_PART},
        {"campon", GUARD_VARIABLE_PART}, /* puts the caller's name among variables, unquoted */
        {"system_on_", GUARD_VARIABLE_SYSTEM},
        {"spawn_system", GUARD_VARIABLE_PART}, /* these say how programs are run */
        {"spawn_instead", GUARD_VARIABLE_PART},
        {"inline_destination", GUARD_VARIABLE_PART},
        {"valet_parking_timeout", GUARD_VARIABLE_PART}, /* is written into the one before */
        {"operator_extension", GUARD_VARIABLE_PART},
        {"auto_outcall", GUARD_VARIABLE_PART}, /* a conference's dial string */
        {"page_data", GUARD_VARIABLE_PART},
        {"page_dp", GUARD_VARIABLE_PART},
        {"page_exten", GUARD_VARIABLE_PART},
        {"xfer_uuids", GUARD_VARIABLE_PART}, /* two calls that a hangup bridges */
        {"youtube_resolver", GUARD_VARIABLE_PART},
        {"loopback_app", GUARD_VARIABLE_PART},
        {"dialplan", GUARD_VARIABLE_PART},
        {"_orbit_", GUARD_VARIABLE_PART},
        {"xfer_exten", GUARD_VARIABLE_PART},
        {"backup_extension", GUARD_VARIABLE_PART},
        {"transfer_on_fail", GUARD_VARIABLE_PART},
        {"script_path", GUARD_VARIABLE_PART},
        {"limit_backwards_compat", GUARD_VARIABLE_PART}, /* moves the arguments of limit */
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (names_contain(name, length, parts[i].part)) {
            return parts[i].kind;
        }
    }
    return GUARD_VARIABLE_PLAIN;
}
