/* SPDX-License-Identifier: MPL-2.0 */
/* The cache's key. Lookups share a reply only if their keys are equal, so a header is left out only
 * where it is known what FreeSWITCH asks for. docs/xml-services.md describes this table. */
#include "service/lookup_private.h"

#include <string.h>
#include <strings.h>

/* The headers that matter in lookups of FreeSWITCH (1.10.12 and 1.11.2) that also describe a whole
 * call or SIP message. Each list ends with NULL. */
static const char *const key_of_user[] = {"action",
                                          "purpose",
                                          "key",
                                          "user",
                                          "domain",
                                          "ip",
                                          "group",
                                          "group_name",
                                          "type",
                                          "user_type",
                                          "as_channel",
                                          "sip_profile",
                                          "sip_auth_method",
                                          "sip_auth_username",
                                          "sip_auth_realm",
                                          "sip_from_user",
                                          "sip_from_host",
                                          "Event-Calling-Function",
                                          NULL};
/* Only of a registration: in a call these are the dialled party. */
static const char *const key_of_registration[] = {"sip_to_user", "sip_to_host", NULL};
static const char *const key_of_dialplan[] = {"Hunt-Dialplan",
                                              "Hunt-Context",
                                              "Hunt-Destination-Number",
                                              "Caller-Dialplan",
                                              "Caller-Context",
                                              "Caller-Destination-Number",
                                              NULL};
static const char *const key_of_phrase[] = {"lang", "macro_name", "data", NULL};
static const char *const key_of_message[] = {"context", "proto", "type", "from", "to", NULL};
static const char *const key_of_menu[] = {"Menu-Name", NULL};
static const char *const key_of_conference[] = {
    "conference_name", "profile_name", "Conf-Name", "Conf-Profile",
    "Action",          "Controls",     "presence",  NULL};

/* These differ in each lookup, but do not affect the reply. */
static const char *const key_changing[] = {"Event-Date-Local", "Event-Date-GMT",
                                           "Event-Date-Timestamp", "Event-Sequence", NULL};
static const char *const key_changing_in_sip[] = {
    "sip_auth_nonce", "sip_auth_nc", "sip_auth_cnonce", "sip_auth_response", "sip_call_id",
    "client_port",    NULL};

/* Each names the call that looks up: no other call may get its reply. */
static const char *const key_calls[] = {"Unique-ID", "Channel-Call-UUID", "Hunt-Unique-ID",
                                        "Fetch-Call-UUID", NULL};

struct key_rule {
    const char        *section;       /* NULL: any */
    const char        *value;         /* of the element; NULL: any */
    const char        *header, *text; /* that must exist, with this text; NULL: any */
    const char        *sip_method;    /* in sip_auth_method; NULL: any */
    bool               acts;          /* the service changes something: never cached */
    const char *const *named; /* headers in the key, with cache-params; NULL: all that are sent */
    const char *const *more;  /* more of them; or NULL */
    const char *const *changing; /* left out when all headers are in the key; or NULL */
};

/* The first match counts; the last one matches everything. */
static const struct key_rule key_rules[] = {
    {.section = "directory", .header = "VM-Action", .acts = true},
    {.section = "directory",
     .header = "action",
     .text = "sip_auth",
     .sip_method = "REGISTER",
     .named = key_of_user,
     .more = key_of_registration,
     .changing = key_changing_in_sip},
    {.section = "directory",
     .header = "action",
     .text = "sip_auth",
     .named = key_of_user,
     .changing = key_changing_in_sip},
    {.section = "directory",
     .header = "action",
     .text = "reverse-auth-lookup",
     .changing = key_changing_in_sip},
    {.section = "directory", .header = "action", .text = "user_call", .named = key_of_user},
    {.section = "directory",
     .header = "Event-Calling-Function",
     .text = "sofia_locate_user",
     .named = key_of_user},
    {.section = "dialplan", .named = key_of_dialplan},
    {.section = "languages", .named = key_of_phrase},
    {.section = "chatplan", .named = key_of_message},
    {.section = "configuration", .value = "ivr.conf", .named = key_of_menu},
    {.section = "configuration", .value = "conference.conf", .named = key_of_conference},
    {.section = NULL},
};

/* ---- headers --------------------------------------------------------------------------------- */

static bool key_is_among(const char *const *names, const char *name)
{
    bool among = false;
    for (; names != NULL && *names != NULL && !among; names++) {
        among = strcasecmp(*names, name) == 0;
    }
    return among;
}

enum { KEY_NAMES = 16 }; /* searched in one pass */

static void key_note(const struct fsz_header *header, const char *const *names, size_t count,
                     struct fsz_header ret_found[KEY_NAMES])
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(header->name, names[i]) == 0) {
            ret_found[i] = *header;
        }
    }
}

/* The last header of each name, as in the request. A missing one has no name. */
static void key_find(const struct fsz_event *event, const char *const *names, size_t count,
                     struct fsz_header ret_found[KEY_NAMES])
{
    struct fsz_header batch[FSZ_HEADER_BATCH];
    const void       *cursor = event->headers;
    size_t            read = 0;
    memset(ret_found, 0, KEY_NAMES * sizeof(ret_found[0]));
    while (cursor != NULL && (read = event->read(&cursor, batch, FSZ_HEADER_BATCH)) > 0) {
        for (size_t i = 0; i < read; i++) {
            key_note(&batch[i], names, count, ret_found);
        }
    }
}

/* ---- the rule -------------------------------------------------------------------------------- */

static bool key_is(const char *wanted, const char *text)
{
    return wanted == NULL || (text != NULL && strcasecmp(wanted, text) == 0);
}

/* Does this header exist, with this text? NULL: any. */
static bool key_has(const struct fsz_event *event, const char *name, const char *text)
{
    struct fsz_header found[KEY_NAMES];
    if (name == NULL) {
        return true;
    }
    key_find(event, &name, 1, found);
    return found[0].name != NULL && key_is(text, fsz_lookup_value(&found[0]));
}

static const struct key_rule *key_rule_for(const struct fsz_lookup *lookup,
                                           const struct fsz_event  *event)
{
    const struct key_rule *rule = key_rules;
    while (
        !(key_is(rule->section, lookup->section) && key_is(rule->value, lookup->value) &&
          key_has(event, rule->header, rule->text) &&
          key_has(event, rule->sip_method == NULL ? NULL : "sip_auth_method", rule->sip_method))) {
        rule++;
    }
    return rule;
}

/* ---- the text -------------------------------------------------------------------------------- */

static void key_part(struct fsz_buffer *out, const char *text)
{
    fsz_buffer_append(out, "", 1);
    fsz_buffer_text(out, text == NULL ? "" : text);
}

/* Several values are written as the switch does: ARRAY::a|:b. */
static void key_header(struct fsz_buffer *out, const struct fsz_header *header)
{
    const char *value = fsz_lookup_value(header);
    key_part(out, header->name);
    key_part(out, value != NULL ? value : "ARRAY::");
    for (size_t i = 0; value == NULL && i < header->value_count; i++) {
        fsz_buffer_text(out, i == 0 ? "" : "|:");
        fsz_buffer_text(out, header->values[i] == NULL ? "" : header->values[i]);
    }
}

/* Those of the named headers that exist. */
static void key_named(struct fsz_buffer *out, const struct fsz_event *event,
                      const char *const *names, size_t count)
{
    struct fsz_header found[KEY_NAMES];
    for (size_t done = 0; done < count; done += KEY_NAMES) {
        size_t some = count - done < KEY_NAMES ? count - done : KEY_NAMES;
        key_find(event, names + done, some, found);
        for (size_t i = 0; i < some; i++) {
            if (found[i].name != NULL) {
                key_header(out, &found[i]);
            }
        }
    }
}

/* All headers that are sent. FSZ_ENOTFOUND: one of them names a call. */
static fsz_err key_sent(struct fsz_buffer *out, const struct fsz_event *event,
                        const struct fsz_fields *fields, const char *const *changing)
{
    struct fsz_members members;
    fsz_members_init(&members, event, fields);
    fsz_err err = fsz_lookup_read_headers(&members);
    for (size_t i = 0; err == FSZ_OK && i < members.count; i++) {
        const struct fsz_header *header = &members.headers[i];
        if (header->name == NULL || key_is_among(key_changing, header->name) ||
            key_is_among(changing, header->name)) {
            continue;
        }
        key_header(out, header);
        err = key_is_among(key_calls, header->name) ? FSZ_ENOTFOUND : FSZ_OK;
    }
    fsz_members_fini(&members);
    return err;
}

static size_t key_count(const char *const *names)
{
    size_t count = 0;
    while (names != NULL && names[count] != NULL) {
        count++;
    }
    return count;
}

static void key_element(struct fsz_buffer *out, const struct fsz_lookup *lookup,
                        const struct fsz_binding_config *binding)
{
    fsz_buffer_text(out, binding->name);
    key_part(out, lookup->section);
    key_part(out, lookup->tag);
    key_part(out, lookup->key);
    key_part(out, lookup->value);
}

/* An empty part before named headers keeps such a key apart from one with all headers. An empty
 * part after headers lets a pattern end with a slash. */
fsz_err fsz_lookup_write_key(struct fsz_buffer *out, const struct fsz_lookup *lookup,
                             const struct fsz_binding_config *binding)
{
    struct fsz_event       event = {.name = "", .headers = lookup->params, .read = lookup->read};
    const struct key_rule *rule = key_rule_for(lookup, &event);
    fsz_err                err = rule->acts ? FSZ_ENOTFOUND : FSZ_OK;
    key_element(out, lookup, binding);
    size_t element = out->size;
    if (err == FSZ_OK && (rule->named == NULL || binding->cache_param_count == 0)) {
        err = key_sent(out, &event, binding->params, rule->changing);
    } else if (err == FSZ_OK) {
        key_part(out, "");
        key_named(out, &event, rule->named, key_count(rule->named));
        key_named(out, &event, rule->more, key_count(rule->more));
        key_named(out, &event, (const char *const *)binding->cache_params,
                  binding->cache_param_count);
    }
    if (out->size > element) {
        key_part(out, "");
    }
    return err != FSZ_OK ? err : out->failed;
}
