/* SPDX-License-Identifier: MPL-2.0 */
/* filter.h - conditions on the headers of an event: equals, matches (PCRE2), exists; not, all, any.
 *
 * Built while a configuration is read, then read by any thread. An array header meets a condition
 * if one of its values does. Regular expressions are compiled once, with JIT if available. Match
 * limits ensure that no pattern can block a switch thread: a match that exceeds them, or a value
 * longer than FSZ_FILTER_VALUE_BYTES, does not match and is counted.
 *
 * Letter case is ignored in header names, as in the switch. `_body` is the body. */
#ifndef FSZ_FILTER_H
#define FSZ_FILTER_H

#include "base/err.h"
#include "event/event.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    FSZ_FILTER_DEPTH_MAX = 8,
    FSZ_FILTER_NODES_MAX = 256,
    FSZ_FILTER_MATCH_LIMIT = 5000, /* PCRE2's steps for one match */
    FSZ_FILTER_HEAP_KIB = 512,     /* PCRE2's memory for one match */
    FSZ_FILTER_VALUE_BYTES = 8192, /* longest value that an expression is matched with */
};
enum fsz_filter_op {
    FSZ_FILTER_ALL,    /* every child passes; true without children */
    FSZ_FILTER_ANY,    /* one child passes; false without children */
    FSZ_FILTER_EXISTS, /* this and the next two are leaves: a header, and an operand for the two */
    FSZ_FILTER_EQUALS,
    FSZ_FILTER_MATCHES,
};

struct fsz_filter;

/* A group (ALL, ANY); FSZ_EINVALID for another op. */
FSZ_NODISCARD fsz_err fsz_filter_group_new(enum fsz_filter_op op, bool negated,
                                           struct fsz_filter **ret_filter);
/* A condition on one header. FSZ_EINVALID: the expression does not compile; ret_why (why_bytes
 * large) says why and at which character. */
FSZ_NODISCARD fsz_err fsz_filter_leaf_new(enum fsz_filter_op op, bool negated, const char *header,
                                          const char *operand, struct fsz_filter **ret_filter,
                                          char *ret_why, size_t why_bytes);
/* The group owns the child from now on; on failure the child is freed. Build a tree from the leaves
 * up. FSZ_ELIMIT: more than FSZ_FILTER_NODES_MAX nodes or FSZ_FILTER_DEPTH_MAX levels. */
FSZ_NODISCARD fsz_err fsz_filter_add(struct fsz_filter *group, struct fsz_filter *child);
void                  fsz_filter_free(struct fsz_filter **filter);

/* Any thread. `filter` must not be NULL. */
bool fsz_filter_passes(const struct fsz_filter *filter, const struct fsz_event *event);
/* Matches that reached a limit since the program began. */
uint64_t fsz_filter_gave_up(void);

#endif
