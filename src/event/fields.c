/* SPDX-License-Identifier: MPL-2.0 */
#include "event/fields.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char SEPARATORS[] = ", \t\r\n\v\f";

struct pattern {
    size_t length;
    bool   prefix; /* ends with `*` */
    char  *text;   /* without the `*`; points into the list's text */
};

struct list {
    struct pattern *patterns;
    size_t          count;
    char           *text; /* copy of the whole list */
};

struct fsz_fields {
    struct list include;
    struct list exclude;
    struct list redact;
};

static void list_fini(struct list *list)
{
    free(list->patterns);
    free(list->text);
}

static size_t list_count(const char *text)
{
    size_t count = 0;
    while (*(text += strspn(text, SEPARATORS)) != '\0') {
        text += strcspn(text, SEPARATORS);
        count++;
    }
    return count;
}

/* Splits list->text into words. Returns the first `*` that is not last in its word, or NULL. */
static const char *list_split(struct list *list)
{
    char *text = list->text;
    while (*(text += strspn(text, SEPARATORS)) != '\0') {
        size_t      length = strcspn(text, SEPARATORS);
        const char *star = memchr(text, '*', length);
        if (star != NULL && star != text + length - 1) {
            return star;
        }
        list->patterns[list->count++] = (struct pattern){
            .length = star != NULL ? length - 1 : length, .prefix = star != NULL, .text = text};
        text += length;
    }
    return NULL;
}

static fsz_err list_init(struct list *list, const char *text, const char **ret_bad)
{
    size_t count = text != NULL ? list_count(text) : 0;
    if (count == 0) {
        return FSZ_OK;
    }
    list->patterns = calloc(count, sizeof(*list->patterns));
    list->text = strdup(text);
    if (list->patterns == NULL || list->text == NULL) {
        return FSZ_ENOMEM;
    }
    const char *bad = list_split(list);
    if (bad == NULL) {
        return FSZ_OK;
    }
    if (ret_bad != NULL) {
        *ret_bad = text + (bad - list->text);
    }
    return FSZ_EINVALID;
}

fsz_err fsz_fields_new(const char *include, const char *exclude, const char *redact,
                       struct fsz_fields **ret_fields, const char **ret_bad)
{
    struct fsz_fields *fields = calloc(1, sizeof(*fields));
    if (fields == NULL) {
        return FSZ_ENOMEM;
    }
    fsz_err err = list_init(&fields->include, include, ret_bad);
    if (err == FSZ_OK) {
        err = list_init(&fields->exclude, exclude, ret_bad);
    }
    if (err == FSZ_OK) {
        err = list_init(&fields->redact, redact, ret_bad);
    }
    size_t count = fields->include.count + fields->exclude.count + fields->redact.count;
    if (err != FSZ_OK || count == 0) {
        fsz_fields_free(&fields);
    }
    if (err == FSZ_OK) {
        *ret_fields = fields;
    }
    return err;
}

void fsz_fields_free(struct fsz_fields **fields)
{
    if (*fields == NULL) {
        return;
    }
    list_fini(&(*fields)->include);
    list_fini(&(*fields)->exclude);
    list_fini(&(*fields)->redact);
    free(*fields);
    *fields = NULL;
}

static bool list_has(const struct list *list, const char *name, size_t length)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct pattern *pattern = &list->patterns[i];
        if ((pattern->prefix ? length >= pattern->length : length == pattern->length) &&
            strncasecmp(pattern->text, name, pattern->length) == 0) {
            return true;
        }
    }
    return false;
}

static bool name_is(const char *name, size_t length, const char *wanted)
{
    return length == strlen(wanted) && strncasecmp(name, wanted, length) == 0;
}

enum fsz_field_rule fsz_fields_rule(const struct fsz_fields *fields, const char *name,
                                    size_t length)
{
    if (fields == NULL || name_is(name, length, "Event-Name") ||
        name_is(name, length, "Event-Subclass")) {
        return FSZ_FIELD_KEEP;
    }
    if (fields->include.count > 0 && !list_has(&fields->include, name, length)) {
        return FSZ_FIELD_OMIT;
    }
    if (list_has(&fields->exclude, name, length)) {
        return FSZ_FIELD_OMIT;
    }
    return list_has(&fields->redact, name, length) ? FSZ_FIELD_REDACT : FSZ_FIELD_KEEP;
}

static bool list_equal(const struct list *a, const struct list *b)
{
    if (a->count != b->count) {
        return false;
    }
    for (size_t i = 0; i < a->count; i++) {
        const struct pattern *x = &a->patterns[i];
        const struct pattern *y = &b->patterns[i];
        if (x->prefix != y->prefix || x->length != y->length ||
            strncasecmp(x->text, y->text, x->length) != 0) {
            return false;
        }
    }
    return true;
}

bool fsz_fields_equal(const struct fsz_fields *a, const struct fsz_fields *b)
{
    if (a == NULL || b == NULL) {
        return a == b;
    }
    return list_equal(&a->include, &b->include) && list_equal(&a->exclude, &b->exclude) &&
           list_equal(&a->redact, &b->redact);
}
