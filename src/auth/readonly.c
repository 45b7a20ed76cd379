/* SPDX-License-Identifier: MPL-2.0 */
#include "auth/readonly.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* The first word of the argument must be one of `words`, which are separated by blanks. NULL: any
 * argument. */
static const struct {
    const char *command, *words;
} readonly_commands[] = {
    {"acl", NULL},
    {"banner", NULL},
    {"conference", "list json_list xml_list"},
    {"create_uuid", NULL},
    {"db", "select exists count list"},
    {"domain_data", NULL},
    {"domain_exists", NULL},
    {"echo", NULL},
    {"escape", NULL},
    {"file_exists", NULL},
    {"find_user_xml", NULL},
    {"getcputime", NULL},
    {"global_getvar", NULL},
    {"group_call", NULL},
    {"hash", "select"},
    {"help", NULL},
    {"host_lookup", NULL},
    {"hostname", NULL},
    {"in_group", NULL},
    {"interface_ip", NULL},
    {"is_lan_addr", NULL},
    {"limit_hash_usage", NULL},
    {"limit_status", NULL},
    {"limit_usage", NULL},
    {"list_users", NULL},
    {"md5", NULL},
    {"module_exists", NULL},
    {"regex", NULL},
    {"show", NULL},
    {"sofia", "status xmlstatus jsonstatus"},
    {"sofia_contact", NULL},
    {"sofia_count_reg", NULL},
    {"sofia_gateway_data", NULL},
    {"sofia_presence_data", NULL},
    {"sofia_username_of", NULL},
    {"status", NULL},
    {"strepoch", NULL},
    {"strftime", NULL},
    {"strftime_tz", NULL},
    {"strmicroepoch", NULL},
    {"switchname", NULL},
    {"tolower", NULL},
    {"toupper", NULL},
    {"uptime", NULL},
    {"url_decode", NULL},
    {"url_encode", NULL},
    {"user_data", NULL},
    {"user_exists", NULL},
    {"uuid_buglist", NULL},
    {"uuid_dump", NULL},
    {"uuid_exists", NULL},
    {"uuid_getvar", NULL},
    {"version", NULL},
    {"xml_locate", NULL},
    {"zmq", "status streams api services bindings help"},
};

/* Is the first word of `text` among the words? */
static bool readonly_begins(const char *text, const char *words)
{
    size_t length = 0;
    text += strspn(text, " ");
    length = strcspn(text, " /");
    while (*words != '\0') {
        size_t word = strcspn(words, " ");
        if (word == length && strncasecmp(words, text, length) == 0) {
            return true;
        }
        words += word + (words[word] == ' ');
    }
    return false;
}

bool fsz_readonly_api(const char *command, const char *arg)
{
    for (size_t i = 0; i < sizeof(readonly_commands) / sizeof(readonly_commands[0]); i++) {
        if (strcasecmp(readonly_commands[i].command, command) == 0) {
            const char *words = readonly_commands[i].words;
            return words == NULL || readonly_begins(arg != NULL ? arg : "", words);
        }
    }
    return false;
}

bool fsz_readonly_json_api(const char *command)
{
    static const char words[] = "status mediaStats channelData sofia.status sofia.status.info";
    return strchr(command, ' ') == NULL && readonly_begins(command, words);
}
