/* SPDX-License-Identifier: MPL-2.0 */
#include "config/config_reader.h"

#include <string.h>

static bool reader_among(const char *name, const char *const *known)
{
    for (size_t i = 0; known[i] != NULL; i++) {
        if (strcmp(name, known[i]) == 0) {
            return true;
        }
    }
    return false;
}

void fsz_config_check_attrs(struct fsz_config_reader *r, const struct fsz_confnode *node,
                            const char *const *known)
{
    for (const struct fsz_confattr *attr = node->attrs; attr != NULL; attr = attr->next) {
        if (!reader_among(attr->name, known)) {
            fsz_config_complain(r, node->line, "<%.40s> has no attribute %.40s", node->name,
                                attr->name);
        }
    }
}

void fsz_config_refuse_element(struct fsz_config_reader *r, const struct fsz_confnode *node,
                               const char *parent, const char *allowed)
{
    fsz_config_complain(r, node->line, "<%.40s> is not known in <%s>: %s", node->name, parent,
                        allowed);
}

static const char *const reader_elements[] = {
    [FSZ_SCOPE_SETTINGS] = "<settings>", [FSZ_SCOPE_SOCKET] = "<stream> or <api-socket>",
    [FSZ_SCOPE_STREAM] = "<stream>",     [FSZ_SCOPE_API_SOCKET] = "<api-socket>",
    [FSZ_SCOPE_GROUP] = "<group>",       [FSZ_SCOPE_SERVICE] = "<service>",
    [FSZ_SCOPE_BINDING] = "<binding>",
};

/* The element in which the key is valid, or NULL. */
static const char *reader_elsewhere(const char *name)
{
    for (size_t i = 0; i < FSZ_CONFIG_KEYS; i++) {
        if (strcmp(fsz_config_keys[i].name, name) == 0) {
            return reader_elements[fsz_config_keys[i].scope];
        }
    }
    return NULL;
}

static const struct fsz_config_key *reader_key(struct fsz_config_reader  *r,
                                               enum fsz_key_scope         element,
                                               const struct fsz_confnode *param, const char *name)
{
    const struct fsz_config_key *key = fsz_config_key_find(element, name);
    if (key != NULL) {
        return key;
    }
    const struct fsz_config_key *near = fsz_config_key_near(element, name);
    const char                  *elsewhere = reader_elsewhere(name);
    if (elsewhere != NULL) {
        fsz_config_complain(r, param->line, "%.60s belongs in %s", name, elsewhere);
    } else if (near != NULL) {
        fsz_config_complain(r, param->line, "%.60s is not known; did you mean %s?", name,
                            near->name);
    } else {
        fsz_config_complain(r, param->line, "%.60s is not known", name);
    }
    return NULL;
}

static void reader_param(struct fsz_config_reader *r, enum fsz_key_scope element,
                         const struct fsz_confnode *param, void *section)
{
    static const char *const known[] = {"name", "value", NULL};
    const char              *name = fsz_confnode_get(param, "name");
    const char              *value = fsz_confnode_get(param, "value");
    fsz_config_check_attrs(r, param, known);
    if (param->children != NULL) {
        fsz_config_refuse_element(r, param->children, "param", "it must be empty");
    }
    if (name == NULL) {
        fsz_config_complain(r, param->line, "<param> needs a name");
        return;
    }
    const struct fsz_config_key *key = reader_key(r, element, param, name);
    if (key == NULL) {
        return;
    }
    if (r->seen[key - fsz_config_keys]++ > 0 && !fsz_config_key_repeats(key)) {
        fsz_config_complain(r, param->line, "%s is given more than once", name);
    } else if (value == NULL) {
        fsz_config_complain(r, param->line, "%s needs a value", name);
    } else {
        fsz_config_apply(r, key, section, value, param->line);
    }
}

void fsz_config_read_params(struct fsz_config_reader *r, enum fsz_key_scope element,
                            const struct fsz_confnode *node, void *section)
{
    memset(r->seen, 0, sizeof r->seen);
    memset(r->fields, 0, sizeof r->fields);
    const struct fsz_confnode *child = node == NULL ? NULL : node->children;
    for (; child != NULL; child = child->next) {
        if (strcmp(child->name, "param") == 0) {
            reader_param(r, element, child, section);
        }
    }
    for (size_t i = 0; i < FSZ_CONFIG_KEYS; i++) {
        const struct fsz_config_key *key = &fsz_config_keys[i];
        if (fsz_config_key_is_in(key, element) && r->seen[i] == 0 && key->fallback != NULL) {
            fsz_config_apply(r, key, section, key->fallback, 0);
        }
    }
}

bool fsz_config_was_given(const struct fsz_config_reader *r, const char *key)
{
    bool given = false;
    for (size_t i = 0; i < FSZ_CONFIG_KEYS; i++) {
        given |= r->seen[i] > 0 && strcmp(fsz_config_keys[i].name, key) == 0;
    }
    return given;
}

void fsz_config_refuse_children(struct fsz_config_reader *r, const struct fsz_confnode *node,
                                const char *allowed)
{
    for (const struct fsz_confnode *child = node->children; child != NULL; child = child->next) {
        if (strcmp(child->name, "param") != 0) {
            fsz_config_refuse_element(r, child, node->name, allowed);
        }
    }
}
