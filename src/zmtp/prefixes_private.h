/* prefixes_private.h - the nodes of the tree of prefixes.
 *
 * A node with entries has a copy of its whole prefix. The others, where prefixes part, borrow that
 * of a node below them. So splitting and joining nodes copies nothing, and costs the same however
 * long somebody else's prefix is. */
#ifndef FSZ_ZMTP_PREFIXES_PRIVATE_H
#define FSZ_ZMTP_PREFIXES_PRIVATE_H

#include "zmtp/prefixes.h"

/* Its path from the root is the first `end` bytes of `bytes`. A node without entries has at least
 * two children, but for the root. */
struct prefix_node {
    struct prefix_node      *parent;
    struct prefix_node     **children; /* `room` pointers, then the byte that each begins with */
    struct fsz_prefix_entry *entries;
    uint8_t                 *bytes; /* its own while there are entries. NULL: of the root */
    size_t                   end;
    uint16_t                 count, room;
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

/* From the end of a node, at *at, to the child that begins with bytes[*at]; *at is then how far it
 * agrees with `bytes`. NULL: there is none. */
struct prefix_node *fsz_prefix_node_step(const struct prefix_node *node, const uint8_t *bytes,
                                         size_t size, size_t *at);
/* A leaf as a child of `parent`. NULL: out of memory, as for the next one. */
struct prefix_node *fsz_prefix_node_append(struct prefix_node *parent, uint8_t *bytes, size_t size);
/* Puts a node without entries in the middle of the way to `below`. */
struct prefix_node *fsz_prefix_node_split(struct prefix_node *below, size_t end);
/* Takes a node without entries and with one child out of the way to that child; leaves others
 * alone. */
void fsz_prefix_node_join(struct prefix_node *node);
/* Takes a child out of its parent, without freeing it. */
void fsz_prefix_node_remove(struct prefix_node *node, const struct prefix_node *child);
/* Frees the node and its array of children. */
void fsz_prefix_node_free(struct prefix_node *node);

#endif
