/* SPDX-License-Identifier: MPL-2.0 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "event/filter.h"

#include <pcre2.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct fsz_filter {
    enum fsz_filter_op   op;
    bool                 negated;
    char                *header;  /* leaves */
    char                *operand; /* EQUALS */
    pcre2_code          *code;    /* MATCHES; read-only once compiled, as is `limits` */
    pcre2_match_context *limits;
    struct fsz_filter   *children, *last_child, *next;
    size_t               nodes; /* of this tree, this node included */
    size_t               depth;
};

static _Atomic uint64_t filter_gave_up;

uint64_t fsz_filter_gave_up(void)
{
    return atomic_load_explicit(&filter_gave_up, memory_order_relaxed);
}

static fsz_err filter_new(enum fsz_filter_op op, bool negated, struct fsz_filter **ret_filter)
{
    struct fsz_filter *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return FSZ_ENOMEM;
    }
    f->op = op;
    f->negated = negated;
    f->nodes = f->depth = 1;
    *ret_filter = f;
    return FSZ_OK;
}

fsz_err fsz_filter_group_new(enum fsz_filter_op op, bool negated, struct fsz_filter **ret_filter)
{
    if (op != FSZ_FILTER_ALL && op != FSZ_FILTER_ANY) {
        return FSZ_EINVALID;
    }
    return filter_new(op, negated, ret_filter);
}

/* Bytes that are not UTF-8 match nothing, but the text around them still can. */
static fsz_err filter_compile(struct fsz_filter *f, const char *expression, char *ret_why,
                              size_t why_bytes)
{
    const uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C;
    int            code = 0;
    PCRE2_SIZE     offset = 0;
    f->code =
        pcre2_compile((PCRE2_SPTR)expression, PCRE2_ZERO_TERMINATED, options, &code, &offset, NULL);
    if (f->code == NULL) {
        char message[128] = "";
        pcre2_get_error_message(code, (PCRE2_UCHAR *)message, sizeof message);
        snprintf(ret_why, why_bytes, "%s at character %zu", message, (size_t)offset + 1);
        return code == PCRE2_ERROR_NOMEMORY ? FSZ_ENOMEM : FSZ_EINVALID;
    }
    f->limits = pcre2_match_context_create(NULL);
    if (f->limits == NULL) {
        return FSZ_ENOMEM;
    }
    pcre2_set_match_limit(f->limits, FSZ_FILTER_MATCH_LIMIT);
    pcre2_set_heap_limit(f->limits, FSZ_FILTER_HEAP_KIB);
    /* Without JIT, the interpreter does the same more slowly. */
    (void)pcre2_jit_compile(f->code, PCRE2_JIT_COMPLETE);
    return FSZ_OK;
}

static fsz_err filter_set_operand(struct fsz_filter *f, const char *operand, char *ret_why,
                                  size_t why_bytes)
{
    switch (f->op) {
    case FSZ_FILTER_EXISTS:
        return FSZ_OK;
    case FSZ_FILTER_EQUALS:
        f->operand = strdup(operand);
        return f->operand == NULL ? FSZ_ENOMEM : FSZ_OK;
    case FSZ_FILTER_MATCHES:
        return filter_compile(f, operand, ret_why, why_bytes);
    default:
        return FSZ_EINVALID;
    }
}

fsz_err fsz_filter_leaf_new(enum fsz_filter_op op, bool negated, const char *header,
                            const char *operand, struct fsz_filter **ret_filter, char *ret_why,
                            size_t why_bytes)
{
    struct fsz_filter *f = NULL;
    fsz_err            err = filter_new(op, negated, &f);
    if (err != FSZ_OK) {
        return err;
    }
    f->header = strdup(header);
    err = f->header == NULL ? FSZ_ENOMEM : filter_set_operand(f, operand, ret_why, why_bytes);
    if (err != FSZ_OK) {
        fsz_filter_free(&f);
        return err;
    }
    *ret_filter = f;
    return FSZ_OK;
}

fsz_err fsz_filter_add(struct fsz_filter *group, struct fsz_filter *child)
{
    if (group->nodes + child->nodes > FSZ_FILTER_NODES_MAX ||
        child->depth + 1 > FSZ_FILTER_DEPTH_MAX) {
        fsz_filter_free(&child);
        return FSZ_ELIMIT;
    }
    if (group->last_child == NULL) {
        group->children = child;
    } else {
        group->last_child->next = child;
    }
    group->last_child = child;
    group->nodes += child->nodes;
    group->depth = child->depth + 1 > group->depth ? child->depth + 1 : group->depth;
    return FSZ_OK;
}

/* Recursion ends at FSZ_FILTER_DEPTH_MAX. */
void fsz_filter_free(struct fsz_filter **filter)
{
    struct fsz_filter *f = *filter;
    *filter = NULL;
    if (f == NULL) {
        return;
    }
    for (struct fsz_filter *child = f->children, *next; child != NULL; child = next) {
        next = child->next;
        fsz_filter_free(&child);
    }
    pcre2_match_context_free(f->limits);
    pcre2_code_free(f->code);
    free(f->operand);
    free(f->header);
    free(f);
}

static void filter_count_gave_up(void)
{
    atomic_fetch_add_explicit(&filter_gave_up, 1, memory_order_relaxed);
}

/* Each match has its own match data. Data kept for each thread would need a destructor, which must
 * not exist any more when the module is unloaded. */
static bool filter_expression_matches(const struct fsz_filter *f, const char *value)
{
    size_t            length = strnlen(value, FSZ_FILTER_VALUE_BYTES + 1);
    pcre2_match_data *data = NULL;
    if (length <= FSZ_FILTER_VALUE_BYTES) {
        data = pcre2_match_data_create(1, NULL);
    }
    if (data == NULL) {
        filter_count_gave_up();
        return false;
    }
    int rc = pcre2_match(f->code, (PCRE2_SPTR)value, length, 0, 0, data, f->limits);
    pcre2_match_data_free(data);
    if (rc < 0 && rc != PCRE2_ERROR_NOMATCH) {
        filter_count_gave_up();
    }
    return rc >= 0;
}

static bool filter_value_meets(const struct fsz_filter *f, const char *value)
{
    const char *text = value == NULL ? "" : value;
    return f->op == FSZ_FILTER_EQUALS ? strcmp(text, f->operand) == 0
                                      : filter_expression_matches(f, text);
}

/* The members of struct fsz_event are headers too, even if the switch does not list them. */
static bool filter_find(const struct fsz_filter *f, const struct fsz_event *event,
                        struct fsz_header *ret_header)
{
    const char *value = strcasecmp(f->header, "Event-Name") == 0       ? event->name
                        : strcasecmp(f->header, "Event-Subclass") == 0 ? event->subclass
                        : strcmp(f->header, "_body") == 0              ? event->body
                                                                       : NULL;
    if (value != NULL) {
        *ret_header = (struct fsz_header){.name = f->header, .value = value};
        return true;
    }
    return fsz_event_find(event, f->header, ret_header) != 0;
}

static bool filter_leaf_meets(const struct fsz_filter *f, const struct fsz_event *event)
{
    struct fsz_header header = {0};
    if (!filter_find(f, event, &header)) {
        return false;
    }
    if (f->op == FSZ_FILTER_EXISTS) {
        return true;
    }
    if (header.value_count == 0) {
        return filter_value_meets(f, header.value);
    }
    for (size_t i = 0; i < header.value_count; i++) {
        if (filter_value_meets(f, header.values[i])) {
            return true;
        }
    }
    return false;
}

static bool filter_group_meets(const struct fsz_filter *f, const struct fsz_event *event)
{
    bool decides = f->op == FSZ_FILTER_ANY; /* the child's result that decides */
    for (const struct fsz_filter *child = f->children; child != NULL; child = child->next) {
        if (fsz_filter_passes(child, event) == decides) {
            return decides;
        }
    }
    return !decides;
}

bool fsz_filter_passes(const struct fsz_filter *f, const struct fsz_event *event)
{
    bool group = f->op == FSZ_FILTER_ALL || f->op == FSZ_FILTER_ANY;
    bool meets = group ? filter_group_meets(f, event) : filter_leaf_meets(f, event);
    return meets != f->negated;
}
