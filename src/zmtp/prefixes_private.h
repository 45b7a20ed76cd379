/* SPDX-License-Identifier: MPL-2.0 */
/* prefixes_private.h - the nodes of the tree of prefixes.
 *
 * A node with entries owns a copy of its whole prefix. A node without entries, where prefixes
 * diverge, borrows the bytes of a node below it. So splitting and joining nodes copies nothing, and
 * its cost does not depend on the length of other prefixes. */
#ifndef FSZ_ZMTP_PREFIXES_PRIVATE_H
#define FSZ_ZMTP_PREFIXES_PRIVATE_H

#include "zmtp/prefixes.h"

/* Its path from the root is the first `end` bytes of `bytes`. A node without entries has at least
 * two children, except the root. */
struct prefix_node {
    struct prefix_node      *parent;
    struct prefix_node     **children; /* `room` pointers, followed by the first byte of each */
    struct fsz_prefix_entry *entries;
    uint8_t *bytes; /* owned if the node has entries, otherwise borrowed. NULL: the root */
    size_t   end;
    uint16_t count, room;
};

struct fsz_prefix_entry {
    struct prefix_node      *node;
    void                    *subscriber;
    struct fsz_prefix_entry *previous, *next;
};

struct fsz_prefixes {
    struct prefix_node root;
    size_t             count; /* distinct prefixes */
};

/* Steps from the end of `node`, at *at, to the child that begins with bytes[*at]; *at becomes the
 * length that it shares with `bytes`. NULL: no such child. */
struct prefix_node *fsz_prefix_node_step(const struct prefix_node *node, const uint8_t *bytes,
                                         size_t size, size_t *at);
/* Adds a leaf to `parent`. NULL: out of memory, as in the next function. */
struct prefix_node *fsz_prefix_node_append(struct prefix_node *parent, uint8_t *bytes, size_t size);
/* Inserts a node without entries, ending at `end`, above `below`. */
struct prefix_node *fsz_prefix_node_split(struct prefix_node *below, size_t end);
/* Removes a node without entries that has one child, by linking the child to its parent. Does
 * nothing for other nodes. */
void fsz_prefix_node_join(struct prefix_node *node);
/* Unlinks a child without freeing it. */
void fsz_prefix_node_remove(struct prefix_node *node, const struct prefix_node *child);
/* Frees the node and its array of children. */
void fsz_prefix_node_free(struct prefix_node *node);

#endif
