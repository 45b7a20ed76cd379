/* SPDX-License-Identifier: MPL-2.0 */
#include "config/confnode.h"

#include <stdlib.h>
#include <string.h>

static void confnode_append(struct fsz_confnode *parent, struct fsz_confnode *node)
{
    if (parent->last_child == NULL) {
        parent->children = node;
    } else {
        parent->last_child->next = node;
    }
    parent->last_child = node;
}

struct fsz_confnode *fsz_confnode_new(struct fsz_confnode *parent, const char *name, int line)
{
    struct fsz_confnode *node = calloc(1, sizeof *node);
    if (node == NULL || (node->name = strdup(name)) == NULL) {
        free(node);
        return NULL;
    }
    node->line = line;
    if (parent != NULL) {
        confnode_append(parent, node);
    }
    return node;
}

fsz_err fsz_confnode_set(struct fsz_confnode *node, const char *name, const char *value)
{
    struct fsz_confattr *attr = calloc(1, sizeof *attr);
    if (attr == NULL || (attr->name = strdup(name)) == NULL ||
        (attr->value = strdup(value)) == NULL) {
        if (attr != NULL) {
            free(attr->name);
        }
        free(attr);
        return FSZ_ENOMEM;
    }
    struct fsz_confattr **end = &node->attrs;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = attr;
    return FSZ_OK;
}

const char *fsz_confnode_get(const struct fsz_confnode *node, const char *name)
{
    for (const struct fsz_confattr *attr = node->attrs; attr != NULL; attr = attr->next) {
        if (strcmp(attr->name, name) == 0) {
            return attr->value;
        }
    }
    return NULL;
}

static void confnode_free_one(struct fsz_confnode *node)
{
    for (struct fsz_confattr *attr = node->attrs, *next; attr != NULL; attr = next) {
        next = attr->next;
        free(attr->name);
        free(attr->value);
        free(attr);
    }
    free(node->name);
    free(node);
}

/* Uses a list instead of recursion, so that deep nesting does not exhaust the stack. */
void fsz_confnode_free(struct fsz_confnode **root)
{
    struct fsz_confnode *node = *root;
    *root = NULL;
    while (node != NULL) {
        struct fsz_confnode *next = node->next;
        if (node->children != NULL) {
            node->last_child->next = next;
            next = node->children;
        }
        confnode_free_one(node);
        node = next;
    }
}
