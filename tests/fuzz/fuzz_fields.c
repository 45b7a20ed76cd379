/* SPDX-License-Identifier: MPL-2.0 */
/* Three lists and a name from arbitrary bytes, compared with a simple matcher word by word. */
#include "event/fields.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PARTS = 4 };

static void require(bool held)
{
    if (!held) {
        abort();
    }
}

/* Splits the input at its first NULs; missing parts are "". The caller frees *ret_text. */
static void parts_take(const uint8_t *data, size_t size, char **ret_text, char *ret_parts[PARTS])
{
    char *text = calloc(size + PARTS, 1);
    require(text != NULL);
    if (size > 0) {
        memcpy(text, data, size);
    }
    *ret_text = text;
    for (size_t i = 0; i < PARTS; i++) {
        ret_parts[i] = text;
        text += strlen(text) + 1;
    }
}

static bool word_matches(const char *word, const char *name)
{
    size_t length = strlen(word);
    if (word[length - 1] == '*') {
        return strncasecmp(word, name, length - 1) == 0;
    }
    return strcasecmp(word, name) == 0;
}

/* *ret_words: the number of words. */
static bool list_matches(const char *list, const char *name, size_t *ret_words, bool *ret_bad)
{
    char *copy = strdup(list);
    char *rest = copy;
    bool  matches = false;
    require(copy != NULL);
    for (char *word; (word = strsep(&rest, ", \t\r\n\v\f")) != NULL;) {
        char *star = strchr(word, '*');
        if (*word == '\0') {
            continue;
        }
        ++*ret_words;
        *ret_bad |= star != NULL && star[1] != '\0';
        matches |= word_matches(word, name);
    }
    free(copy);
    return matches;
}

static enum fsz_field_rule rule_expected(char *parts[PARTS], bool *ret_bad, size_t *ret_words)
{
    const char *name = parts[3];
    size_t      includes = 0;
    bool        included = list_matches(parts[0], name, &includes, ret_bad);
    *ret_words = includes;
    bool excluded = list_matches(parts[1], name, ret_words, ret_bad);
    bool redacted = list_matches(parts[2], name, ret_words, ret_bad);
    if (strcasecmp(name, "Event-Name") == 0 || strcasecmp(name, "Event-Subclass") == 0) {
        return FSZ_FIELD_KEEP;
    }
    if ((includes > 0 && !included) || excluded) {
        return FSZ_FIELD_OMIT;
    }
    return redacted ? FSZ_FIELD_REDACT : FSZ_FIELD_KEEP;
}

static bool is_inside(const char *at, const char *text)
{
    return at >= text && at < text + strlen(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = NULL;
    char *parts[PARTS];
    parts_take(data, size, &text, parts);
    bool                bad = false;
    size_t              words = 0;
    enum fsz_field_rule rule = rule_expected(parts, &bad, &words);
    struct fsz_fields  *fields = NULL;
    const char         *at = NULL;
    fsz_err             err = fsz_fields_new(parts[0], parts[1], parts[2], &fields, &at);
    require(err == (bad ? FSZ_EINVALID : FSZ_OK));
    if (bad) {
        require(fields == NULL && *at == '*');
        require(is_inside(at, parts[0]) || is_inside(at, parts[1]) || is_inside(at, parts[2]));
    } else {
        require((fields == NULL) == (words == 0));
        require(fsz_fields_rule(fields, parts[3], strlen(parts[3])) == rule);
        require(fsz_fields_equal(fields, fields));
    }
    fsz_fields_free(&fields);
    free(text);
    return 0;
}
