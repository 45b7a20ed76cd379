/* confnode.h - a configuration's XML as the core reads it: names, attributes, children, lines.
 *
 * Adapters build it (the module from switch_xml_t, the daemon from libxml2). Not thread-safe. */
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
    struct fsz_confnode *last_child; /* so that a child is appended in one step */
};

/* A node, appended to parent's children when there is a parent (which then owns it). The name is
 * copied. NULL: out of memory. */
struct fsz_confnode *fsz_confnode_new(struct fsz_confnode *parent, const char *name, int line);
/* Adds an attribute; both texts are copied. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_confnode_set(struct fsz_confnode *node, const char *name,
                                       const char *value);
/* The first attribute of that name; NULL: there is none. */
const char *fsz_confnode_get(const struct fsz_confnode *node, const char *name);
/* Frees a root and all below; accepts NULL. */
void fsz_confnode_free(struct fsz_confnode **root);

#endif
