/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/prefixes_private.h"

#include <stdlib.h>
#include <string.h>

enum {
    CHILDREN_FIRST = 2, /* room of the first array of children */
    COMPARE_STEP = 64   /* bytes */
};

static size_t children_size(size_t room)
{
    return room * (sizeof(struct prefix_node *) + 1);
}

static uint8_t *children_keys(const struct prefix_node *node)
{
    return (uint8_t *)(node->children + node->room);
}

/* Changes the size of the array of children. False: out of memory; the old array stays. */
static bool children_resize(struct prefix_node *node, size_t room)
{
    struct prefix_node **children = NULL;
    if (room > 0) {
        children = malloc(children_size(room));
        if (children == NULL) {
            return false;
        }
    }
    if (room > 0 && node->count > 0) {
        memcpy((uint8_t *)(children + room), children_keys(node), node->count);
        for (size_t i = 0; i < node->count; i++) {
            children[i] = node->children[i];
        }
    }
    free((void *)node->children);
    node->children = children;
    node->room = (uint16_t)room;
    return true;
}

void fsz_prefix_node_free(struct prefix_node *node)
{
    free((void *)node->children);
    if (node->parent != NULL) {
        free(node);
    }
}

/* The place of the child that begins with `byte`, or NULL. */
static struct prefix_node **child_find(const struct prefix_node *node, uint8_t byte)
{
    const uint8_t *keys = node->count > 0 ? children_keys(node) : NULL;
    const uint8_t *found = keys != NULL ? memchr(keys, byte, node->count) : NULL;
    return found != NULL ? node->children + (found - keys) : NULL;
}

/* The length that two texts share; they are known to be equal up to `at`. */
static size_t common_length(const uint8_t *a, const uint8_t *b, size_t at, size_t end)
{
    while (end - at >= COMPARE_STEP && memcmp(a + at, b + at, COMPARE_STEP) == 0) {
        at += COMPARE_STEP;
    }
    while (at < end && a[at] == b[at]) {
        at++;
    }
    return at;
}

struct prefix_node *fsz_prefix_node_step(const struct prefix_node *node, const uint8_t *bytes,
                                         size_t size, size_t *at)
{
    struct prefix_node **child = *at < size ? child_find(node, bytes[*at]) : NULL;
    if (child == NULL) {
        return NULL;
    }
    size_t end = (*child)->end < size ? (*child)->end : size;
    *at = common_length((*child)->bytes, bytes, *at + 1, end);
    return *child;
}

/* A node that is not in the tree yet. */
static struct prefix_node *node_new(uint8_t *bytes, size_t end)
{
    struct prefix_node *node = malloc(sizeof(*node));
    if (node != NULL) {
        *node = (struct prefix_node){.bytes = bytes, .end = end};
    }
    return node;
}

/* Makes room for one more child. */
static bool children_reserve(struct prefix_node *node)
{
    return node->count < node->room ||
           children_resize(node, node->room > 0 ? node->room * 2U : CHILDREN_FIRST);
}

static void children_add(struct prefix_node *node, struct prefix_node *child)
{
    children_keys(node)[node->count] = child->bytes[node->end];
    node->children[node->count++] = child;
    child->parent = node;
}

struct prefix_node *fsz_prefix_node_split(struct prefix_node *below, size_t end)
{
    struct prefix_node *middle = node_new(below->bytes, end);
    if (middle == NULL || !children_resize(middle, CHILDREN_FIRST)) {
        free(middle);
        return NULL;
    }
    struct prefix_node *parent = below->parent;
    *child_find(parent, below->bytes[parent->end]) = middle;
    middle->parent = parent;
    children_add(middle, below);
    return middle;
}

void fsz_prefix_node_join(struct prefix_node *node)
{
    struct prefix_node *parent = node->parent;
    if (parent == NULL || node->entries != NULL || node->count != 1) {
        return;
    }
    *child_find(parent, node->bytes[parent->end]) = node->children[0];
    node->children[0]->parent = parent;
    fsz_prefix_node_free(node);
}

struct prefix_node *fsz_prefix_node_append(struct prefix_node *parent, uint8_t *bytes, size_t size)
{
    struct prefix_node *leaf = NULL;
    if (children_reserve(parent)) {
        leaf = node_new(bytes, size);
    }
    if (leaf != NULL) {
        children_add(parent, leaf);
    }
    return leaf;
}

/* Halves the array if three quarters of it are unused. */
static void children_shrink(struct prefix_node *node)
{
    if (node->count == 0) {
        (void)children_resize(node, 0);
    } else if (node->room > CHILDREN_FIRST && node->count <= node->room / 4) {
        (void)children_resize(node, node->room / 2U);
    }
}

void fsz_prefix_node_remove(struct prefix_node *node, const struct prefix_node *child)
{
    struct prefix_node **place = child_find(node, child->bytes[node->end]);
    size_t               index = (size_t)(place - node->children);
    uint8_t             *keys = children_keys(node);
    node->count--;
    node->children[index] = node->children[node->count];
    keys[index] = keys[node->count];
    children_shrink(node);
}
