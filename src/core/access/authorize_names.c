#include "authorize_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WILD, ARGUED, SPELLED };

static const struct authorize_name names_api[] = {
#define AUTHORIZE_API(name, how, ...) {name, how == SPELLED, how == ARGUED, {__VA_ARGS__}},
#define AUTHORIZE_APP(name, how, ...)
#include "authorize_names.def"
};

static const struct authorize_name names_applications[] = {
#define AUTHORIZE_API(name, how, ...)
#define AUTHORIZE_APP(name, how, ...) {name, how == SPELLED, how == ARGUED, {__VA_ARGS__}},
#include "authorize_names.def"
};

static int names_compare(const void *key, const void *entry)
{
    return strcasecmp(key, ((const struct authorize_name *)entry)->name);
}

static struct authorize_name names_find(const struct authorize_name *names, size_t count,
                                        const char *name)
{
    const struct authorize_name *found = bsearch(name, names, count, sizeof(*names), names_compare);
    return found ? *found : (struct authorize_name){.name = name, .spelled = true};
}

struct authorize_name authorize_api_name(const char *name)
{
    return names_find(names_api, sizeof(names_api) / sizeof(names_api[0]), name);
}

struct authorize_name authorize_application_name(const char *name)
{
    return names_find(names_applications,
                      sizeof(names_applications) / sizeof(names_applications[0]), name);
}

bool authorize_json_api_is_harmless(const char *name)
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
bool authorize_subclass_is_obeyed(const char *subclass)
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

bool authorize_is_name(const char *name)
{
    return name[0] != '\0' && name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
                                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")] == '\0';
}

/* Parts of names of variables that say where a call goes to or comes from, which file is meant, or
 * which other call. */
static const char *const names_steering[] = {
    "sound_prefix",
    "playback_delimiter",
    "route_uri",
    "invite_domain",
    "invite_req_uri",
    "invite_to_",
    "invite_full_to",
    "invite_params",
    "sip_to_uri",
    "sip_to_params",
    "network_destination",
    "destination_prefix",
    "spool_path",
    "outbound_proxy",
    "redirect_",
    "refer_to",
    "dial_prefix",
    "dial-string",
    "dial_string",
    "user_context",
    "accountcode",
    "cdr_csv_base",
    "json_cdr_base",
    "format_cdr_base",
    "conference_auto_record",
    "record_template",
    "page_path",
    "page_beep",
    "fax_spool",
    "fax_prefix",
    "fax_trace",
    "_enter_sound",
    "_exit_sound",
    "_moh_",
    "_perpetual_",
    "moh_override",
    "_announce",
    "warning_tone",
    "fifo_music",
    "chime_list",
    "wrapup_sound",
    "greeting_path",
    "ext_prompt",
    "blank_image",
    "_png",
    "logo_path",
    "msrp_file",
    "group_context",
    "callback_context",
    "voicemail_authorized",
    "bridge_to",
    "signal_bond",
    "bridge_uuid",
    "swap_uuid",
    "last_transfered_conference",
    "use_gateway",
    "tts_engine",
    "tts_voice",
    "modname",
    "disable_system_",
    "xml_disable_dtd",
    "enum-server",
};

static bool names_steer(const char *name)
{
    for (size_t i = 0; i < sizeof(names_steering) / sizeof(names_steering[0]); i++) {
        if (strcasestr(name, names_steering[i]) != NULL) {
            return true;
        }
    }
    return strcasecmp(name, "context") == 0;
}

/* A header of SIP, unless it is one of the user's own or of a party's identity. */
static bool names_sip_header(const char *name)
{
    static const char *const prefixes[] = {"sip_h_", "sip_rh_", "sip_ph_", "sip_bye_h_"};
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        size_t length = strlen(prefixes[i]);
        if (strncasecmp(name, prefixes[i], length) == 0) {
            return strncasecmp(name + length, "X-", 2) != 0 &&
                   strncasecmp(name + length, "P-", 2) != 0;
        }
    }
    return false;
}

/* The switch takes all names that begin with such a part, and some have a prefix of their own. */
enum authorize_variable authorize_variable_kind(const char *name)
{
    static const struct {
        const char             *part;
        enum authorize_variable kind;
    } parts[] = {
        {"execute_on_", AUTHORIZE_RUNS_APPLICATION},
        {"post_process_exec_app", AUTHORIZE_RUNS_APPLICATION_COLON},
        {"api_on_", AUTHORIZE_RUNS_COMMAND},
        {"api_hangup_hook", AUTHORIZE_RUNS_COMMAND},
        {"api_reporting_hook", AUTHORIZE_RUNS_COMMAND},
        {"api_after_bridge", AUTHORIZE_RUNS_COMMAND},
        {"api_before_bridge", AUTHORIZE_RUNS_COMMAND},
        {"post_process_exec_api", AUTHORIZE_RUNS_COMMAND_COLON},
        {"system_on_", AUTHORIZE_RUNS_SHELL},
        {"transfer_after_", AUTHORIZE_NAMES_PLACE},
        {"hold_music", AUTHORIZE_NAMES_MUSIC},
        {"masking_file", AUTHORIZE_NAMES_MUSIC},
        {"pre_call_banner", AUTHORIZE_NAMES_MUSIC},
        {"ringback", AUTHORIZE_NAMES_TONE},
        {"eavesdrop_indicate_", AUTHORIZE_NAMES_TONE},
        {"record_play_video", AUTHORIZE_NAMES_TONE},
        {"record_indication", AUTHORIZE_NAMES_TONE},
        {"dialplan", AUTHORIZE_PART}, /* before the parts of redirect_dialplan */
        {"exec_after_", AUTHORIZE_PART},
        {"pre_execute_", AUTHORIZE_PART},
        {"group_confirm_", AUTHORIZE_PART},
        {"force_transfer_", AUTHORIZE_PART},
        {"transfer_fallback_", AUTHORIZE_PART},
        {"campon", AUTHORIZE_PART},       /* puts the caller's name among variables, unquoted */
        {"spawn_system", AUTHORIZE_PART}, /* these say how programs are run */
        {"spawn_instead", AUTHORIZE_PART},
        {"inline_destination", AUTHORIZE_PART},
        {"valet_parking_timeout", AUTHORIZE_PART}, /* is written into the one before */
        {"operator_extension", AUTHORIZE_PART},
        {"auto_outcall", AUTHORIZE_PART}, /* a conference's dial string */
        {"page_data", AUTHORIZE_PART},
        {"page_dp", AUTHORIZE_PART},
        {"page_exten", AUTHORIZE_PART},
        {"xfer_uuids", AUTHORIZE_PART}, /* two calls that a hangup bridges */
        {"youtube_resolver", AUTHORIZE_PART},
        {"loopback_app", AUTHORIZE_PART},
        {"_orbit_", AUTHORIZE_PART},
        {"xfer_exten", AUTHORIZE_PART},
        {"backup_extension", AUTHORIZE_PART},
        {"transfer_on_fail", AUTHORIZE_PART},
        {"script_path", AUTHORIZE_PART},
        {"limit_backwards_compat", AUTHORIZE_PART},  /* moves the arguments of limit */
        {"origination_nested_vars", AUTHORIZE_PART}, /* changes how lists are read */
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (strcasestr(name, parts[i].part) != NULL) {
            return parts[i].kind;
        }
    }
    return names_steer(name) || names_sip_header(name) ? AUTHORIZE_STEERS : AUTHORIZE_PLAIN;
}
