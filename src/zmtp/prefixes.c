/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/prefixes_private.h"

#include <stdlib.h>
#include <string.h>

fsz_err fsz_prefixes_new(struct fsz_prefixes **ret_prefixes)
{
    struct fsz_prefixes *prefixes = calloc(1, sizeof(*prefixes));
    if (prefixes == NULL) {
        return FSZ_ENOMEM;
    }
    *ret_prefixes = prefixes;
    return FSZ_OK;
}

static void entries_free(struct prefix_node *node)
{
    if (node->entries == NULL) {
        return;
    }
    while (node->entries != NULL) {
        struct fsz_prefix_entry *entry = node->entries;
        node->entries = entry->next;
        free(entry);
    }
    free(node->bytes);
}

void fsz_prefixes_free(struct fsz_prefixes **prefixes)
{
    struct prefix_node *node = *prefixes != NULL ? &(*prefixes)->root : NULL;
    while (node != NULL) {
        if (node->count > 0) {
            node = node->children[--node->count];
        } else {
            struct prefix_node *parent = node->parent;
            entries_free(node);
            fsz_prefix_node_free(node);
            node = parent;
        }
    }
    free(*prefixes);
    *prefixes = NULL;
}

void fsz_prefixes_match(const struct fsz_prefixes *prefixes, const void *topic, size_t size,
                        void (*found)(void *argument, void *subscriber), void *argument)
{
    const struct prefix_node *node = &prefixes->root;
    size_t                    at = 0;
    while (node != NULL && at == node->end) {
        for (const struct fsz_prefix_entry *entry = node->entries; entry != NULL;
             entry = entry->next) {
            found(argument, entry->subscriber);
        }
        node = fsz_prefix_node_step(node, topic, size, &at);
    }
}

bool fsz_prefixes_want(const struct fsz_prefixes *prefixes, const void *head, size_t size)
{
    const struct prefix_node *node = &prefixes->root;
    size_t                    at = 0;
    while (node != NULL && at == node->end && node->entries == NULL && at < size) {
        node = fsz_prefix_node_step(node, head, size, &at);
    }
    if (node == NULL) {
        return false;
    }
    return at == size ? prefixes->count > 0 : at == node->end;
}

size_t fsz_prefixes_count(const struct fsz_prefixes *prefixes)
{
    return prefixes->count;
}

/* The empty prefix has no memory, but callers never get NULL. */
static const uint8_t *bytes_or_empty(const uint8_t *bytes)
{
    return bytes != NULL ? bytes : (const uint8_t *)"";
}

const uint8_t *fsz_prefix_entry_bytes(const struct fsz_prefix_entry *entry, size_t *ret_size)
{
    *ret_size = entry->node->end;
    return bytes_or_empty(entry->node->bytes);
}

/* Makes the node for a new prefix, which then owns `bytes`. `node`: the last node on its path,
 * which shares its first `at` bytes. NULL: out of memory; nothing changed. */
static struct prefix_node *node_make(struct prefix_node *node, size_t at, uint8_t *bytes,
                                     size_t size)
{
    if (at < node->end) {
        node = fsz_prefix_node_split(node, at);
    }
    if (node == NULL) {
        return NULL;
    }
    if (at == size) {
        node->bytes = bytes;
        return node;
    }
    struct prefix_node *leaf = fsz_prefix_node_append(node, bytes, size);
    if (leaf == NULL) {
        fsz_prefix_node_join(node);
    }
    return leaf;
}

/* The last node on the path of a prefix; *ret_at: how many bytes they share. */
static struct prefix_node *node_find(struct fsz_prefixes *prefixes, const uint8_t *prefix,
                                     size_t size, size_t *ret_at)
{
    struct prefix_node *node = &prefixes->root;
    struct prefix_node *next = NULL;
    *ret_at = 0;
    while (*ret_at == node->end &&
           (next = fsz_prefix_node_step(node, prefix, size, ret_at)) != NULL) {
        node = next;
    }
    return node;
}

/* Finds or makes the node of a prefix that is about to get an entry. NULL: out of memory. */
static struct prefix_node *node_of(struct fsz_prefixes *prefixes, const uint8_t *prefix,
                                   size_t size)
{
    size_t              at = 0;
    struct prefix_node *node = node_find(prefixes, prefix, size, &at);
    if (node->entries != NULL && at == size && node->end == size) {
        return node;
    }
    uint8_t *bytes = size > 0 ? malloc(size) : NULL;
    if (size > 0 && bytes == NULL) {
        return NULL;
    }
    if (size > 0) {
        memcpy(bytes, prefix, size);
    }
    node = node_make(node, at, bytes, size);
    if (node == NULL) {
        free(bytes);
    }
    return node;
}

fsz_err fsz_prefixes_add(struct fsz_prefixes *prefixes, const void *prefix, size_t size,
                         void *subscriber, struct fsz_prefix_entry **ret_entry, bool *ret_first)
{
    struct fsz_prefix_entry *entry = malloc(sizeof(*entry));
    struct prefix_node      *node = entry != NULL ? node_of(prefixes, prefix, size) : NULL;
    if (node == NULL) {
        free(entry);
        return FSZ_ENOMEM;
    }
    *entry = (struct fsz_prefix_entry){node, subscriber, NULL, node->entries};
    if (node->entries != NULL) {
        node->entries->previous = entry;
    }
    *ret_first = node->entries == NULL;
    prefixes->count += node->entries == NULL;
    node->entries = entry;
    *ret_entry = entry;
    return FSZ_OK;
}

/* From `node` up, nodes that borrow `bytes` borrow those of a child instead. */
static void bytes_return(struct prefix_node *node, const uint8_t *bytes)
{
    for (; node->parent != NULL; node = node->parent) {
        if (node->bytes == bytes) {
            node->bytes = node->children[0]->bytes;
        }
    }
}

/* Removes a node that has lost its last entry, if possible. Its `bytes` are not used any more when
 * this returns. */
static void node_leave(struct prefix_node *node)
{
    struct prefix_node *parent = node->parent;
    const uint8_t      *bytes = node->bytes;
    if (parent == NULL) {
        node->bytes = NULL;
        return;
    }
    if (node->count > 0) {
        bytes_return(node, bytes);
        fsz_prefix_node_join(node);
        return;
    }
    fsz_prefix_node_remove(parent, node);
    fsz_prefix_node_free(node);
    if (parent->parent != NULL) {
        bytes_return(parent, bytes);
        fsz_prefix_node_join(parent);
    }
}

void fsz_prefixes_remove(struct fsz_prefixes *prefixes, struct fsz_prefix_entry *entry,
                         void (*gone)(void *argument, const void *prefix, size_t size),
                         void *argument)
{
    struct prefix_node *node = entry->node;
    uint8_t            *bytes = node->bytes;
    size_t              size = node->end;
    *(entry->previous != NULL ? &entry->previous->next : &node->entries) = entry->next;
    if (entry->next != NULL) {
        entry->next->previous = entry->previous;
    }
    free(entry);
    if (node->entries != NULL) {
        return;
    }
    prefixes->count--;
    node_leave(node);
    if (gone != NULL) {
        gone(argument, bytes_or_empty(bytes), size);
    }
    free(bytes);
}
