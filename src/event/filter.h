/* filter.h - conditions on the headers of an event: equals, matches (PCRE2), exists; not, all, any.
 *
 * Built while a configuration is read, then read-only and used by any thread at once. An array
 * header meets a condition when one of its values does. Regular expressions are compiled once (with
 * JIT where there is one) and bounded by match limits, so no pattern can hold a switch thread: a
 * match that exceeds them, or a value longer than FSZ_FILTER_VALUE_BYTES, does not match, and is
 * counted.
 *
 * Header names are looked up as the switch does, letter case ignored; `_body` is the body. */
#ifndef FSZ_FILTER_H
#define FSZ_FILTER_H

#include "base/err.h"
#include "event/event.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    FSZ_FILTER_DEPTH_MAX = 8,
    FSZ_FILTER_NODES_MAX = 256,
    FSZ_FILTER_MATCH_LIMIT = 5000, /* PCRE2's steps of one match */
    FSZ_FILTER_HEAP_KIB = 512,     /* PCRE2's memory for one match */
    FSZ_FILTER_VALUE_BYTES = 8192, /* longest value that an expression is tried on */
};
enum fsz_filter_op {
    FSZ_FILTER_ALL,    /* every child; true with none */
    FSZ_FILTER_ANY,    /* one child; false with none */
    FSZ_FILTER_EXISTS, /* leaves: a header, and `operand` for the next two */
    FSZ_FILTER_EQUALS,
    FSZ_FILTER_MATCHES,
};

struct fsz_filter;

/* A group (ALL, ANY); FSZ_EINVALID for another op. */
FSZ_NODISCARD fsz_err fsz_filter_group_new(enum fsz_filter_op op, bool negated,
                                           struct fsz_filter **ret_filter);
/* A condition on one header. FSZ_EINVALID: the expression does not compile; `ret_why` (of
 * why_bytes) says why and at which character. */
FSZ_NODISCARD fsz_err fsz_filter_leaf_new(enum fsz_filter_op op, bool negated, const char *header,
                                          const char *operand, struct fsz_filter **ret_filter,
                                          char *ret_why, size_t why_bytes);
/* The group owns the child from now on (also when this fails: the child is then freed). Build from
 * the leaves up. FSZ_ELIMIT: more than FSZ_FILTER_NODES_MAX nodes or FSZ_FILTER_DEPTH_MAX levels.
 */
FSZ_NODISCARD fsz_err fsz_filter_add(struct fsz_filter *group, struct fsz_filter *child);
void                  fsz_filter_free(struct fsz_filter **filter);

/* Any thread. The filter is not NULL. */
bool fsz_filter_passes(const struct fsz_filter *filter, const struct fsz_event *event);
/* Matches given up at their limit since the program began. */
uint64_t fsz_filter_gave_up(void);

#endif
