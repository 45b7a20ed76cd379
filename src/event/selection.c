/* SPDX-License-Identifier: MPL-2.0 */
#include "event/selection.h"

#include "base/eventname.h"
#include "base/glob.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct selection_pattern {
    char *name;
    char *subclass; /* after the name, in the same allocation; NULL: every subclass */
    bool  excludes;
};

struct fsz_selection {
    struct selection_pattern *patterns;
    size_t                    count;
    bool                      begins_with_everything;
};

static bool selection_is_separator(char c)
{
    return c == ',' || c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* A subclass is any text without control characters. */
static bool selection_pattern_valid(const char *text, size_t length)
{
    bool plain = true;
    for (size_t i = 0; i < length; i++) {
        plain &= (unsigned char)text[i] >= 0x20 && text[i] != 0x7f;
    }
    return plain && fsz_eventname_is_valid(text, length, NULL);
}

static fsz_err selection_pattern_init(struct selection_pattern *p, const char *text, size_t length)
{
    p->name = strndup(text, length);
    if (p->name == NULL) {
        return FSZ_ENOMEM;
    }
    for (char *c = p->name; *c != '\0'; c++) {
        if (*c == '/') {
            *c = '\0';
            p->subclass = c + 1;
            break;
        }
    }
    return FSZ_OK;
}

static fsz_err selection_add(struct fsz_selection *s, const char *text, size_t length)
{
    bool excludes = text[0] == '!';
    text += excludes;
    length -= excludes;
    if (!selection_pattern_valid(text, length)) {
        return FSZ_EINVALID;
    }
    text = fsz_eventname_canonical(text, length, &length);
    struct selection_pattern pattern = {.excludes = excludes};
    fsz_err                  err = selection_pattern_init(&pattern, text, length);
    if (err != FSZ_OK) {
        return err;
    }
    void *grown = reallocarray(s->patterns, s->count + 1, sizeof *s->patterns);
    if (grown == NULL) {
        free(pattern.name);
        return FSZ_ENOMEM;
    }
    s->patterns = grown;
    s->begins_with_everything |= s->count == 0 && excludes;
    s->patterns[s->count++] = pattern;
    return FSZ_OK;
}

fsz_err fsz_selection_new(const char *list, struct fsz_selection **ret_selection,
                          const char **ret_bad)
{
    struct fsz_selection *s = calloc(1, sizeof *s);
    fsz_err               err = s == NULL ? FSZ_ENOMEM : FSZ_OK;
    while (err == FSZ_OK && *list != '\0') {
        size_t length = 0;
        while (list[length] != '\0' && !selection_is_separator(list[length])) {
            length++;
        }
        err = length == 0 ? FSZ_OK : selection_add(s, list, length);
        if (err == FSZ_EINVALID && ret_bad != NULL) {
            *ret_bad = list;
        }
        list += length + (list[length] != '\0');
    }
    if (err != FSZ_OK) {
        fsz_selection_free(&s);
        return err;
    }
    *ret_selection = s;
    return FSZ_OK;
}

void fsz_selection_free(struct fsz_selection **selection)
{
    struct fsz_selection *s = *selection;
    *selection = NULL;
    if (s == NULL) {
        return;
    }
    for (size_t i = 0; i < s->count; i++) {
        free(s->patterns[i].name);
    }
    free(s->patterns);
    free(s);
}

bool fsz_selection_matches(const struct fsz_selection *s, const char *name, const char *subclass)
{
    const char *in = subclass ? subclass : "";
    for (size_t i = s->count; i-- > 0;) {
        const struct selection_pattern *p = &s->patterns[i];
        if (fsz_glob(p->name, name, strlen(name), SIZE_MAX) &&
            (p->subclass == NULL || fsz_glob(p->subclass, in, strlen(in), 0))) {
            return !p->excludes;
        }
    }
    return s->begins_with_everything;
}
