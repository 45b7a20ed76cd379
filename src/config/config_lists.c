/* SPDX-License-Identifier: MPL-2.0 */
/* The content of <configuration>: the settings, and the lists with their defaults. */
#include "config/config_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void lists_read_settings(struct fsz_config_reader *r, const struct fsz_confnode *node,
                                struct fsz_config *config)
{
    static const char *const known[] = {NULL};
    snprintf(r->where, sizeof r->where, "settings");
    if (node != NULL) {
        fsz_config_check_attrs(r, node, known);
        fsz_config_refuse_children(r, node, "param");
    }
    fsz_config_read_params(r, FSZ_SCOPE_SETTINGS, node, config);
    r->where[0] = '\0';
}

/* Grows an array by one zeroed item. NULL: out of memory. */
static void *lists_grow(struct fsz_config_reader *r, void *array, size_t count, size_t item_bytes)
{
    char *grown = reallocarray(array, count + 1, item_bytes);
    if (grown == NULL) {
        r->err = FSZ_ENOMEM;
        return NULL;
    }
    memset(grown + count * item_bytes, 0, item_bytes);
    return grown;
}

/* The socket is checked here, because lines are known only while an element is read. */
static void lists_read_stream(struct fsz_config_reader *r, const struct fsz_confnode *node,
                              struct fsz_config *config)
{
    struct fsz_stream_config *grown =
        lists_grow(r, config->streams, config->stream_count, sizeof *grown);
    if (grown != NULL) {
        config->streams = grown;
        fsz_config_read_stream(r, node, &grown[config->stream_count++]);
        fsz_config_check_last_socket(r, config, node->line);
    }
}

static void lists_read_api_socket(struct fsz_config_reader *r, const struct fsz_confnode *node,
                                  struct fsz_config *config)
{
    struct fsz_api_socket_config *grown =
        lists_grow(r, config->api_sockets, config->api_socket_count, sizeof *grown);
    if (grown != NULL) {
        config->api_sockets = grown;
        fsz_config_read_api_socket(r, node, &grown[config->api_socket_count++]);
        fsz_config_check_last_socket(r, config, node->line);
    }
}

static void lists_read_group(struct fsz_config_reader *r, const struct fsz_confnode *node,
                             struct fsz_config *config)
{
    struct fsz_group_config *grown =
        lists_grow(r, config->groups, config->group_count, sizeof *grown);
    if (grown != NULL) {
        config->groups = grown;
        fsz_config_read_group(r, node, &grown[config->group_count++]);
    }
}

static void lists_read_service(struct fsz_config_reader *r, const struct fsz_confnode *node,
                               struct fsz_config *config)
{
    struct fsz_service_config *grown =
        lists_grow(r, config->services, config->service_count, sizeof *grown);
    if (grown != NULL) {
        config->services = grown;
        fsz_config_read_service(r, node, config, &grown[config->service_count++]);
    }
}

static void lists_read_binding(struct fsz_config_reader *r, const struct fsz_confnode *node,
                               struct fsz_config *config)
{
    struct fsz_binding_config *grown =
        lists_grow(r, config->bindings, config->binding_count, sizeof *grown);
    if (grown != NULL) {
        config->bindings = grown;
        fsz_config_read_binding(r, node, config, &grown[config->binding_count++]);
    }
}

/* An element that exists if its list does not. Keys that are not in `params` have their defaults.
 */
struct lists_default {
    const char                    *name;
    const struct fsz_config_param *params; /* end with a NULL name */
};

static const struct lists_default lists_streams[] = {
    {FSZ_DEFAULT_STREAM,
     (const struct fsz_config_param[]){{"bind", FSZ_DEFAULT_ENDPOINT}, {NULL, NULL}}},
    {FSZ_DEFAULT_NUMBERED_STREAM,
     (const struct fsz_config_param[]){
         {"bind", FSZ_DEFAULT_NUMBERED_ENDPOINT}, {"framing", "envelope"}, {NULL, NULL}}},
    {NULL, NULL},
};
static const struct lists_default lists_api_sockets[] = {
    {FSZ_DEFAULT_API_SOCKET,
     (const struct fsz_config_param[]){{"bind", FSZ_DEFAULT_API_SOCKET_ENDPOINT}, {NULL, NULL}}},
    {NULL, NULL},
};
static const struct lists_default lists_groups[] = {
    {FSZ_DEFAULT_GROUP, fsz_config_default_grants},
    {NULL, NULL},
};
static const struct lists_default lists_none[] = {{NULL, NULL}};

/* The lists of <configuration> and their defaults, in the order in which they are read: bindings
 * name services. */
static const struct lists_type {
    const char *name, *item;
    size_t      max;
    void (*read)(struct fsz_config_reader *r, const struct fsz_confnode *node,
                 struct fsz_config *config);
    const struct lists_default *defaults;
} lists_all[] = {
    {"streams", "stream", FSZ_STREAMS_MAX, lists_read_stream, lists_streams},
    {"api-sockets", "api-socket", FSZ_API_SOCKETS_MAX, lists_read_api_socket, lists_api_sockets},
    {"groups", "group", FSZ_GROUPS_MAX, lists_read_group, lists_groups},
    {"services", "service", FSZ_SERVICES_MAX, lists_read_service, lists_none},
    {"bindings", "binding", FSZ_BINDINGS_MAX, lists_read_binding, lists_none},
};
enum { LISTS = sizeof lists_all / sizeof lists_all[0] };

/* Compares the name with those of the elements from `first` up to `node`. */
static void lists_check_name(struct fsz_config_reader *r, const struct fsz_confnode *first,
                             const struct fsz_confnode *node)
{
    const char *name = fsz_confnode_get(node, "name");
    for (; name != NULL && first != node; first = first->next) {
        const char *other = fsz_confnode_get(first, "name");
        if (other != NULL && strcmp(other, name) == 0 && strcmp(first->name, node->name) == 0) {
            fsz_config_complain(r, node->line, "%s \"%.80s\" is given twice: names must differ",
                                node->name, name);
            return;
        }
    }
}

static void lists_read_list(struct fsz_config_reader *r, const struct lists_type *list,
                            const struct fsz_confnode *node, struct fsz_config *config)
{
    static const char *const known[] = {NULL};
    size_t                   count = 0;
    fsz_config_check_attrs(r, node, known);
    for (const struct fsz_confnode *child = node->children; child != NULL && r->err == FSZ_OK;
         child = child->next) {
        if (strcmp(child->name, list->item) != 0) {
            fsz_config_refuse_element(r, child, list->name, list->item);
        } else if (count++ < list->max) {
            list->read(r, child, config);
            lists_check_name(r, node->children, child);
        } else if (count == list->max + 1) {
            fsz_config_complain(r, child->line, "more than %zu in <%s>", list->max, list->name);
        }
    }
}

static fsz_err lists_add_param(struct fsz_confnode *stream, const char *name, const char *value)
{
    struct fsz_confnode *param = fsz_confnode_new(stream, "param", 0);
    if (param == NULL || fsz_confnode_set(param, "name", name) != FSZ_OK ||
        fsz_confnode_set(param, "value", value) != FSZ_OK) {
        return FSZ_ENOMEM;
    }
    return FSZ_OK;
}

static void lists_read_default(struct fsz_config_reader *r, const struct lists_type *list,
                               const struct lists_default *element, struct fsz_config *config)
{
    struct fsz_confnode *node = fsz_confnode_new(NULL, list->item, 0);
    fsz_err err = node == NULL ? FSZ_ENOMEM : fsz_confnode_set(node, "name", element->name);
    for (const struct fsz_config_param *p = element->params; err == FSZ_OK && p->name != NULL;
         p++) {
        err = lists_add_param(node, p->name, p->value);
    }
    if (err == FSZ_OK) {
        list->read(r, node, config);
    } else {
        r->err = err;
    }
    fsz_confnode_free(&node);
}

struct lists_sections {
    const struct fsz_confnode *settings, *lists[LISTS];
};

static const struct fsz_confnode **lists_section(struct lists_sections *sections, const char *name)
{
    const struct fsz_confnode **section =
        strcmp(name, "settings") == 0 ? &sections->settings : NULL;
    for (size_t i = 0; section == NULL && i < LISTS; i++) {
        section = strcmp(name, lists_all[i].name) == 0 ? &sections->lists[i] : NULL;
    }
    return section;
}

static void lists_find_section(struct fsz_config_reader *r, const struct fsz_confnode *node,
                               struct lists_sections *sections)
{
    const struct fsz_confnode **section = lists_section(sections, node->name);
    if (section == NULL) {
        fsz_config_refuse_element(r, node, "configuration",
                                  "settings, streams, api-sockets, groups, services or bindings");
    } else if (*section != NULL) {
        fsz_config_complain(r, node->line, "<%s> is given twice", node->name);
    } else {
        *section = node;
    }
}

static void lists_read_defaults(struct fsz_config_reader *r, const struct lists_type *list,
                                struct fsz_config *config)
{
    for (const struct lists_default *d = list->defaults; d->name != NULL && r->err == FSZ_OK; d++) {
        lists_read_default(r, list, d, config);
    }
}

static void lists_read_all(struct fsz_config_reader *r, const struct lists_sections *sections,
                           struct fsz_config *config)
{
    for (size_t i = 0; i < LISTS && r->err == FSZ_OK; i++) {
        if (sections->lists[i] != NULL) {
            lists_read_list(r, &lists_all[i], sections->lists[i], config);
        } else {
            lists_read_defaults(r, &lists_all[i], config);
        }
    }
}

void fsz_config_read_lists(struct fsz_config_reader *r, const struct fsz_confnode *root,
                           struct fsz_config *config)
{
    struct lists_sections sections = {0};
    for (const struct fsz_confnode *child = root->children; child != NULL; child = child->next) {
        lists_find_section(r, child, &sections);
    }
    lists_read_settings(r, sections.settings, config);
    lists_read_all(r, &sections, config);
}
