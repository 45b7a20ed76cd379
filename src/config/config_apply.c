/* SPDX-License-Identifier: MPL-2.0 */
/* Parses values into their members, with one function for each type of key. */
#include "config/config_endpoint.h"
#include "config/config_reader.h"
#include "config/config_value.h"
#include "config/grants.h"
#include "event/fields.h"
#include "event/selection.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { APPLY_SHOWN = 120 }; /* bytes of a wrong value in a message */

struct apply_value {
    struct fsz_config_reader    *r;
    const struct fsz_config_key *key;
    void                        *section;
    const char                  *text;
    int                          line;
};

static void *apply_member(const struct apply_value *v)
{
    return (char *)v->section + v->key->offset;
}

static void apply_refuse(const struct apply_value *v, const char *allowed)
{
    fsz_config_complain(v->r, v->line, "%s=\"%.*s\" is not valid: %s", v->key->name, APPLY_SHOWN,
                        v->text, allowed);
}

static void apply_refuse_by_table(const struct apply_value *v)
{
    char allowed[FSZ_PROBLEM_BYTES];
    fsz_config_key_allowed(v->key, allowed, sizeof allowed);
    apply_refuse(v, allowed);
}

static const char apply_separators[] = ", \t\r\n";

/* Refuses a list because of one item. `item` points into that item or to its start. */
static void apply_refuse_item(const struct apply_value *v, const char *item)
{
    char allowed[FSZ_PROBLEM_BYTES];
    while (item > v->text && strchr(apply_separators, item[-1]) == NULL) {
        item--;
    }
    int length = (int)strcspn(item, apply_separators);
    fsz_config_key_allowed(v->key, allowed, sizeof allowed);
    fsz_config_explain_event(v->key, item, (size_t)length, allowed);
    fsz_config_complain(v->r, v->line, "%s: \"%.*s\" is not valid: %s", v->key->name, length, item,
                        allowed);
}

static void apply_number(const struct apply_value *v)
{
    int64_t number = 0;
    bool    valid = v->key->type == FSZ_KEY_SIZE
                        ? fsz_value_size(v->text, &number)
                        : fsz_value_number(v->text, v->key->type == FSZ_KEY_OCTAL ? 8 : 10, &number);
    if (!valid || number < v->key->min || number > v->key->max) {
        apply_refuse_by_table(v);
        return;
    }
    *(int64_t *)apply_member(v) = number;
}

static void apply_bool(const struct apply_value *v)
{
    if (!fsz_value_bool(v->text, apply_member(v))) {
        apply_refuse_by_table(v);
    }
}

/* The index of the text in the key's words, or -1. */
static int apply_word(const struct fsz_config_key *key, const char *text, size_t length)
{
    const char *word = key->words;
    for (int i = 0; *word != '\0'; i++) {
        size_t word_length = strcspn(word, " ");
        if (word_length == length && strncmp(word, text, length) == 0) {
            return i;
        }
        word += word_length + (word[word_length] == ' ');
    }
    return -1;
}

static void apply_choice(const struct apply_value *v)
{
    int choice = apply_word(v->key, v->text, strlen(v->text));
    if (choice < 0) {
        apply_refuse_by_table(v);
        return;
    }
    *(int *)apply_member(v) = choice;
}

static void apply_words(const struct apply_value *v)
{
    const char *text = v->text + strspn(v->text, apply_separators);
    uint32_t    bits = 0;
    while (*text != '\0') {
        size_t length = strcspn(text, apply_separators);
        int    word = apply_word(v->key, text, length);
        if (word < 0) {
            apply_refuse_item(v, text);
            return;
        }
        bits |= UINT32_C(1) << word;
        text += length;
        text += strspn(text, apply_separators);
    }
    if (bits == 0) {
        apply_refuse_by_table(v);
    }
    *(uint32_t *)apply_member(v) = bits;
}

static void apply_copy(const struct apply_value *v, bool valid)
{
    if (!valid) {
        apply_refuse_by_table(v);
        return;
    }
    char *copy = strdup(v->text);
    *(char **)apply_member(v) = copy;
    v->r->err = copy == NULL ? FSZ_ENOMEM : v->r->err;
}

/* A relative path would depend on where the switch was started. */
static bool apply_is_path(const char *text)
{
    return text[0] == '/' && strlen(text) < PATH_MAX;
}

static void apply_path(const struct apply_value *v)
{
    apply_copy(v, apply_is_path(v->text));
}

static void apply_text(const struct apply_value *v)
{
    apply_copy(v, v->text[0] != '\0');
}

static void apply_public(const struct apply_value *v)
{
    apply_copy(v, apply_is_path(v->text) || fsz_key_is_valid(v->text));
}

static void apply_selection(const struct apply_value *v)
{
    const char *bad = NULL;
    fsz_err     err = fsz_selection_new(v->text, apply_member(v), &bad);
    if (err == FSZ_EINVALID) {
        apply_refuse_item(v, bad);
    } else if (err != FSZ_OK) {
        v->r->err = err;
    } else {
        fsz_config_warn_of_events(v->r, v->key, v->text, v->line);
    }
}

/* Compiles the list alone, only to check it. The three lists are compiled together later. */
static void apply_fields(const struct apply_value *v)
{
    struct fsz_fields *fields = NULL;
    const char        *bad = NULL;
    fsz_err            err = fsz_fields_new(v->text, NULL, NULL, &fields, &bad);
    fsz_fields_free(&fields);
    if (err == FSZ_EINVALID) {
        apply_refuse_item(v, bad);
    } else if (err != FSZ_OK) {
        v->r->err = err;
    } else {
        v->r->fields[v->key->type - FSZ_KEY_INCLUDE] = v->text;
    }
}

/* Appends a copy of `text` to an array of pointers. */
static fsz_err apply_append_text(char ***array, size_t *count, const char *text, size_t length)
{
    char **grown = reallocarray(*array, *count + 1, sizeof **array);
    if (grown == NULL) {
        return FSZ_ENOMEM;
    }
    *array = grown;
    grown[*count] = strndup(text, length);
    if (grown[*count] == NULL) {
        return FSZ_ENOMEM;
    }
    ++*count;
    return FSZ_OK;
}

static void apply_names(const struct apply_value *v)
{
    char     ***names = apply_member(v);
    size_t     *names_count = (size_t *)(void *)(names + 1);
    const char *name = v->text + strspn(v->text, apply_separators);
    int64_t     count = 0;
    for (; *name != '\0' && v->r->err == FSZ_OK && count < v->key->max; count++) {
        size_t length = strcspn(name, apply_separators);
        v->r->err = apply_append_text(names, names_count, name, length);
        name += length;
        name += strspn(name, apply_separators);
    }
    if (v->r->err == FSZ_OK && (count < v->key->min || *name != '\0')) {
        apply_refuse_by_table(v);
    }
}

static void apply_endpoint_add(const struct apply_value *v, struct fsz_endpoint endpoint)
{
    struct fsz_socket_config *socket = v->section;
    if (socket->endpoint_count == FSZ_ENDPOINTS_MAX) {
        fsz_config_complain(v->r, v->line, "more than %d endpoints", FSZ_ENDPOINTS_MAX);
        return;
    }
    struct fsz_endpoint *grown =
        reallocarray(socket->endpoints, socket->endpoint_count + 1, sizeof *grown);
    if (grown != NULL) {
        socket->endpoints = grown;
        endpoint.address = strdup(endpoint.address);
    }
    if (grown == NULL || endpoint.address == NULL) {
        v->r->err = FSZ_ENOMEM;
        return;
    }
    socket->endpoints[socket->endpoint_count++] = endpoint;
}

static void apply_endpoint(const struct apply_value *v)
{
    char                why[FSZ_PROBLEM_BYTES] = "";
    struct fsz_endpoint endpoint = {.address = (char *)v->text,
                                    .connect = v->key->type == FSZ_KEY_CONNECT};
    if (fsz_endpoint_check(&endpoint, why, sizeof why) == FSZ_OK) {
        apply_endpoint_add(v, endpoint);
    } else {
        apply_refuse(v, why);
    }
}

/* Only the switch knows whether a list of that name exists. */
static void apply_acl(const struct apply_value *v)
{
    struct fsz_socket_config *socket = v->section;
    if (v->text[0] == '\0' || strpbrk(v->text, apply_separators) != NULL) {
        apply_refuse_by_table(v);
    } else if (socket->acl_count == FSZ_ACLS_MAX) {
        fsz_config_complain(v->r, v->line, "more than %d access lists", FSZ_ACLS_MAX);
    } else {
        v->r->err = apply_append_text(&socket->acls, &socket->acl_count, v->text, strlen(v->text));
    }
}

/* Adds one pattern. `shown` is its place in a value with several, or NULL. */
static void apply_grant_pattern(const struct apply_value *v, const char *pattern, const char *shown)
{
    struct fsz_group_config *group = v->section;
    fsz_err err = fsz_grants_add(group->grants, fsz_config_key_right(v->key), pattern);
    if (err == FSZ_EINVALID && shown == NULL) {
        apply_refuse_by_table(v);
    } else if (err == FSZ_EINVALID) {
        apply_refuse_item(v, shown);
    } else if (err == FSZ_ELIMIT) {
        fsz_config_complain(v->r, v->line, "%s: at most %d patterns of %d bytes each", v->key->name,
                            FSZ_GRANTS_PER_RIGHT, FSZ_GRANT_BYTES_MAX);
    } else if (err != FSZ_OK) {
        v->r->err = err;
    }
}

static void apply_grant(const struct apply_value *v)
{
    apply_grant_pattern(v, v->text, NULL);
}

static void apply_grants(const struct apply_value *v)
{
    char       *copy = strdup(v->text);
    char       *rest = copy;
    const char *pattern = NULL;
    v->r->err = copy == NULL ? FSZ_ENOMEM : v->r->err;
    while (v->r->err == FSZ_OK && (pattern = strsep(&rest, apply_separators)) != NULL) {
        if (pattern[0] != '\0') {
            apply_grant_pattern(v, pattern, v->text + (pattern - copy));
        }
    }
    free(copy);
    fsz_config_warn_of_events(v->r, v->key, v->text, v->line);
}

void fsz_config_apply(struct fsz_config_reader *r, const struct fsz_config_key *key, void *section,
                      const char *value, int line)
{
    static void (*const apply[])(const struct apply_value *v) = {
        [FSZ_KEY_NUMBER] = apply_number,
        [FSZ_KEY_SIZE] = apply_number,
        [FSZ_KEY_OCTAL] = apply_number,
        [FSZ_KEY_BOOL] = apply_bool,
        [FSZ_KEY_CHOICE] = apply_choice,
        [FSZ_KEY_WORDS] = apply_words,
        [FSZ_KEY_PATH] = apply_path,
        [FSZ_KEY_NAME] = apply_text,
        [FSZ_KEY_PATTERN] = apply_text,
        [FSZ_KEY_PUBLIC] = apply_public,
        [FSZ_KEY_SELECTION] = apply_selection,
        [FSZ_KEY_NAMES] = apply_names,
        [FSZ_KEY_BIND] = apply_endpoint,
        [FSZ_KEY_CONNECT] = apply_endpoint,
        [FSZ_KEY_ACL] = apply_acl,
        [FSZ_KEY_INCLUDE] = apply_fields,
        [FSZ_KEY_EXCLUDE] = apply_fields,
        [FSZ_KEY_REDACT] = apply_fields,
        [FSZ_KEY_GRANT] = apply_grant,
        [FSZ_KEY_GRANTS] = apply_grants,
    };
    struct apply_value v = {r, key, section, value, line};
    if (r->err == FSZ_OK) {
        apply[key->type](&v);
    }
}
