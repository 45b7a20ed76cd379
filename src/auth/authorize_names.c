/* SPDX-License-Identifier: MPL-2.0 */
#include "auth/authorize_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WILD, ARGUED, SPELLED };
enum { NAMES_WORD_BYTES = 64 };

static const struct authorize_name names_api[] = {
#define AUTHORIZE_HARMLESS_API(words)
#define AUTHORIZE_HARMLESS_APP(words)
#define AUTHORIZE_API(name, how, ...) {name, how == SPELLED, how == ARGUED, {__VA_ARGS__}},
#define AUTHORIZE_APP(name, how, ...)
#include "auth/authorize_names.def"
};

static const struct authorize_name names_applications[] = {
#define AUTHORIZE_HARMLESS_API(words)
#define AUTHORIZE_HARMLESS_APP(words)
#define AUTHORIZE_API(name, how, ...)
#define AUTHORIZE_APP(name, how, ...) {name, how == SPELLED, how == ARGUED, {__VA_ARGS__}},
#include "auth/authorize_names.def"
};

static const char names_harmless_api[] =
#define AUTHORIZE_HARMLESS_API(words) words
#define AUTHORIZE_HARMLESS_APP(words)
#define AUTHORIZE_API(name, how, ...)
#define AUTHORIZE_APP(name, how, ...)
#include "auth/authorize_names.def"
    ;

static const char names_harmless_applications[] =
#define AUTHORIZE_HARMLESS_API(words)
#define AUTHORIZE_HARMLESS_APP(words) words
#define AUTHORIZE_API(name, how, ...)
#define AUTHORIZE_APP(name, how, ...)
#include "auth/authorize_names.def"
    ;

/* Takes the next of the words, which are separated by single blanks; NULL: no more. */
static const char *names_next(const char **words, size_t *ret_length)
{
    const char *word = *words;
    *ret_length = strcspn(word, " ");
    *words += *ret_length + (word[*ret_length] == ' ');
    return *ret_length > 0 ? word : NULL;
}

static bool names_are_harmless(const char *words, const char *name)
{
    size_t      length = 0, size = strlen(name);
    const char *word = NULL;
    while ((word = names_next(&words, &length)) != NULL) {
        if (length == size && strncasecmp(word, name, length) == 0) {
            return true;
        }
    }
    return false;
}

static int names_compare(const void *key, const void *entry)
{
    return strcasecmp(key, ((const struct authorize_name *)entry)->name);
}

static struct authorize_name names_find(const struct authorize_name *names, size_t count,
                                        const char *harmless, const char *name)
{
    const struct authorize_name *found = bsearch(name, names, count, sizeof(*names), names_compare);
    return found ? *found
                 : (struct authorize_name){.name = name,
                                           .spelled = !names_are_harmless(harmless, name)};
}

struct authorize_name authorize_api_name(const char *name)
{
    return names_find(names_api, sizeof(names_api) / sizeof(names_api[0]), names_harmless_api,
                      name);
}

struct authorize_name authorize_application_name(const char *name)
{
    return names_find(names_applications,
                      sizeof(names_applications) / sizeof(names_applications[0]),
                      names_harmless_applications, name);
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

/* A module acts on events of this subclass, or it is one of ours. */
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

/* A SIP header, except private ones (X-) and those of a party's identity (P-). */
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

/* Parts of variable names, in the order of the search. Parts, because the switch uses all names
 * that begin with some of these, and other names have a prefix before them.
 *
 * PART: `campon` writes the caller's name among variables without quotes; `spawn_…` set how
 * programs are run; `valet_parking_timeout` is written into `inline_destination`; `auto_outcall`
 * and `page_data` are dial strings; a hangup bridges the two `xfer_uuids`; `limit_backwards_compat`
 * moves the arguments of limit; `origination_nested_vars` changes how lists are read.
 *
 * STEERS: where a call goes to or comes from, which file is meant, which other call is meant. */
static const struct {
    enum authorize_variable kind;
    const char             *parts;
} names_variables[] = {
    {AUTHORIZE_RUNS_APPLICATION, "execute_on_"},
    {AUTHORIZE_RUNS_APPLICATION_COLON, "post_process_exec_app"},
    {AUTHORIZE_RUNS_COMMAND,
     "api_on_ api_hangup_hook api_reporting_hook api_after_bridge api_before_bridge"},
    {AUTHORIZE_RUNS_COMMAND_COLON, "post_process_exec_api"},
    {AUTHORIZE_RUNS_SHELL, "system_on_"},
    {AUTHORIZE_NAMES_PLACE, "transfer_after_"},
    {AUTHORIZE_NAMES_MUSIC, "hold_music masking_file pre_call_banner"},
    {AUTHORIZE_NAMES_TONE, "ringback eavesdrop_indicate_ record_play_video record_indication"},
    {AUTHORIZE_PART,
     "dialplan exec_after_ pre_execute_ group_confirm_ force_transfer_ transfer_fallback_ campon "
     "spawn_system spawn_instead inline_destination valet_parking_timeout operator_extension "
     "auto_outcall page_data page_dp page_exten xfer_uuids youtube_resolver loopback_app _orbit_ "
     "xfer_exten backup_extension transfer_on_fail script_path limit_backwards_compat "
     "origination_nested_vars"},
    {AUTHORIZE_STEERS,
     "sound_prefix playback_delimiter route_uri invite_domain invite_req_uri invite_to_ "
     "invite_full_to invite_params sip_to_uri sip_to_params network_destination "
     "destination_prefix spool_path outbound_proxy redirect_ refer_to dial_prefix dial-string "
     "dial_string user_context accountcode cdr_csv_base json_cdr_base format_cdr_base "
     "conference_auto_record record_template page_path page_beep fax_spool fax_prefix fax_trace "
     "_enter_sound _exit_sound _moh_ _perpetual_ moh_override _announce warning_tone fifo_music "
     "chime_list wrapup_sound greeting_path ext_prompt blank_image _png logo_path msrp_file "
     "group_context callback_context voicemail_authorized bridge_to signal_bond bridge_uuid "
     "swap_uuid last_transfered_conference use_gateway tts_engine tts_voice modname "
     "disable_system_ xml_disable_dtd enum-server"},
};

enum authorize_variable authorize_variable_kind(const char *name)
{
    for (size_t i = 0; i < sizeof(names_variables) / sizeof(names_variables[0]); i++) {
        const char *parts = names_variables[i].parts;
        const char *word = NULL;
        size_t      length = 0;
        while ((word = names_next(&parts, &length)) != NULL) {
            char part[NAMES_WORD_BYTES] = "";
            memcpy(part, word, length < sizeof(part) ? length : sizeof(part) - 1);
            if (strcasestr(name, part) != NULL) {
                return names_variables[i].kind;
            }
        }
    }
    bool steers = strcasecmp(name, "context") == 0 || names_sip_header(name);
    return steers ? AUTHORIZE_STEERS : AUTHORIZE_PLAIN;
}
