/* SPDX-License-Identifier: MPL-2.0 */
/* confnode.h - the XML tree of a configuration: names, attributes, children, lines.
 *
 * Adapters build it: the module from switch_xml_t, the daemon with libxml2. Not thread-safe. */
#ifndef FSZ_CONFNODE_H
#define FSZ_CONFNODE_H

#include "base/err.h"

struct fsz_confattr {
    char                *name, *value;
    struct fsz_confattr *next;
};

struct fsz_confnode {
    char                *name;
    int                  line; /* 0: not known */
    struct fsz_confattr *attrs;
    struct fsz_confnode *children, *next;
    struct fsz_confnode *last_child; /* for appending in one step */
};

/* Makes a node and appends it to the children of `parent`, which then owns it. `parent` may be
 * NULL. Copies the name. NULL: out of memory. */
struct fsz_confnode *fsz_confnode_new(struct fsz_confnode *parent, const char *name, int line);
/* Adds an attribute. Copies both texts. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_confnode_set(struct fsz_confnode *node, const char *name,
                                       const char *value);
/* The first attribute of that name; NULL: there is none. */
const char *fsz_confnode_get(const struct fsz_confnode *node, const char *name);
/* Frees a root and its tree; accepts NULL. */
void fsz_confnode_free(struct fsz_confnode **root);

#endif
