/* SPDX-License-Identifier: MPL-2.0 */
/* <filter match="all|any" not="…"> and the <header> conditions in it, as a struct fsz_filter. */
#include "config/config_reader.h"
#include "config/config_value.h"
#include "event/filter.h"

#include <string.h>

static bool filter_read_not(struct fsz_config_reader *r, const struct fsz_confnode *node)
{
    bool        negated = false;
    const char *text = fsz_confnode_get(node, "not");
    if (text != NULL && !fsz_value_bool(text, &negated)) {
        fsz_config_complain(r, node->line, "not=\"%.40s\" is not valid: true or false", text);
    }
    return negated;
}

/* Exactly one of equals, matches and exists. */
static bool filter_read_op(struct fsz_config_reader *r, const struct fsz_confnode *node,
                           enum fsz_filter_op *ret_op, const char **ret_operand)
{
    static const struct {
        const char        *name;
        enum fsz_filter_op op;
    } ops[] = {{"equals", FSZ_FILTER_EQUALS},
               {"matches", FSZ_FILTER_MATCHES},
               {"exists", FSZ_FILTER_EXISTS}};
    size_t found = 0;
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        const char *operand = fsz_confnode_get(node, ops[i].name);
        if (operand != NULL) {
            *ret_op = ops[i].op;
            *ret_operand = operand;
            found++;
        }
    }
    if (found != 1) {
        fsz_config_complain(r, node->line,
                            "<header> needs exactly one of equals, matches and exists");
    }
    return found == 1;
}

/* exists="false" is the same as exists="true" not="true". */
static bool filter_read_exists(struct fsz_config_reader *r, const struct fsz_confnode *node,
                               const char *operand)
{
    bool exists = true;
    if (!fsz_value_bool(operand, &exists)) {
        fsz_config_complain(r, node->line, "exists=\"%.40s\" is not valid: true or false", operand);
    }
    return exists;
}

static struct fsz_filter *filter_read_header(struct fsz_config_reader  *r,
                                             const struct fsz_confnode *node)
{
    static const char *const known[] = {"name", "equals", "matches", "exists", "not", NULL};
    enum fsz_filter_op       op = FSZ_FILTER_EXISTS;
    const char              *operand = NULL;
    const char              *name = fsz_confnode_get(node, "name");
    bool                     negated = filter_read_not(r, node);
    struct fsz_filter       *leaf = NULL;
    char                     why[256] = "";
    fsz_config_check_attrs(r, node, known);
    if (node->children != NULL) {
        fsz_config_refuse_element(r, node->children, "header", "it must be empty");
    }
    if (name == NULL || name[0] == '\0') {
        fsz_config_complain(r, node->line, "<header> needs a name");
        return NULL;
    }
    if (!filter_read_op(r, node, &op, &operand)) {
        return NULL;
    }
    if (op == FSZ_FILTER_EXISTS && !filter_read_exists(r, node, operand)) {
        negated = !negated;
    }
    fsz_err err = fsz_filter_leaf_new(op, negated, name, operand, &leaf, why, sizeof why);
    if (err == FSZ_EINVALID) {
        fsz_config_complain(r, node->line, "matches=\"%.120s\" is not valid: %s", operand, why);
    } else if (err != FSZ_OK) {
        r->err = err;
    }
    return leaf;
}

static enum fsz_filter_op filter_read_match(struct fsz_config_reader  *r,
                                            const struct fsz_confnode *node)
{
    const char *match = fsz_confnode_get(node, "match");
    if (match != NULL && strcmp(match, "any") == 0) {
        return FSZ_FILTER_ANY;
    }
    if (match != NULL && strcmp(match, "all") != 0) {
        fsz_config_complain(r, node->line, "match=\"%.40s\" is not valid: all or any", match);
    }
    return FSZ_FILTER_ALL;
}

static struct fsz_filter *filter_read(struct fsz_config_reader *r, const struct fsz_confnode *node,
                                      size_t depth);

/* The child as a filter, or NULL after a complaint. */
static struct fsz_filter *filter_read_child(struct fsz_config_reader  *r,
                                            const struct fsz_confnode *node, size_t depth)
{
    if (strcmp(node->name, "header") == 0) {
        return filter_read_header(r, node);
    }
    if (strcmp(node->name, "filter") == 0) {
        return filter_read(r, node, depth + 1);
    }
    fsz_config_refuse_element(r, node, "filter", "header or filter");
    return NULL;
}

static struct fsz_filter *filter_read(struct fsz_config_reader *r, const struct fsz_confnode *node,
                                      size_t depth)
{
    static const char *const known[] = {"match", "not", NULL};
    struct fsz_filter       *group = NULL;
    if (r->err != FSZ_OK) {
        return NULL;
    }
    if (depth >= FSZ_FILTER_DEPTH_MAX) {
        fsz_config_complain(r, node->line, "filters nest deeper than %d", FSZ_FILTER_DEPTH_MAX);
        return NULL;
    }
    fsz_config_check_attrs(r, node, known);
    if (node->children == NULL) {
        fsz_config_complain(r, node->line, "<filter> needs a <header> or <filter> in it");
    }
    r->err = fsz_filter_group_new(filter_read_match(r, node), filter_read_not(r, node), &group);
    for (const struct fsz_confnode *child = node->children; child != NULL && r->err == FSZ_OK;
         child = child->next) {
        struct fsz_filter *part = filter_read_child(r, child, depth);
        fsz_err            err = part == NULL ? FSZ_OK : fsz_filter_add(group, part);
        if (err == FSZ_ELIMIT) {
            fsz_config_complain(r, child->line,
                                "more than %d conditions in one filter, or nested "
                                "deeper than %d",
                                FSZ_FILTER_NODES_MAX, FSZ_FILTER_DEPTH_MAX);
            break;
        }
    }
    return group;
}

struct fsz_filter *fsz_config_read_filter(struct fsz_config_reader  *r,
                                          const struct fsz_confnode *node)
{
    return filter_read(r, node, 1);
}
