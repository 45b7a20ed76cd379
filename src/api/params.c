/* SPDX-License-Identifier: MPL-2.0 */
#include "api/params.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct param_check {
    const struct fsz_param *param;
    const json_t           *value;
    char                   *why; /* FSZ_PARAMS_WHY_BYTES */
};

static bool param_fails(const struct param_check *check, const char *allowed)
{
    snprintf(check->why, FSZ_PARAMS_WHY_BYTES, "%s: must be %s", check->param->name, allowed);
    return false;
}

static bool param_is_one_of(const struct param_check *check, const char *text)
{
    char   list[FSZ_PARAMS_WHY_BYTES / 2] = "one of";
    size_t used = strlen(list);
    for (const char *const *word = check->param->words; *word != NULL; word++) {
        if (strcmp(*word, text) == 0) {
            return true;
        }
        int more = snprintf(list + used, sizeof(list) - used, " \"%s\"", *word);
        used += (size_t)more < sizeof(list) - used ? (size_t)more : 0;
    }
    return param_fails(check, list);
}

static bool param_has_space(const char *text)
{
    return text[strcspn(text, " \t\r\n\v\f")] != '\0';
}

static bool param_is_text(const struct param_check *check)
{
    char        allowed[128];
    const char *text = json_string_value(check->value);
    bool        is_word = check->param->type == FSZ_PARAM_WORD;
    int64_t     size = text ? (int64_t)json_string_length(check->value) : 0;
    if (text == NULL || size < check->param->min || size > check->param->max) {
        snprintf(allowed, sizeof(allowed), "a string of %" PRId64 " to %" PRId64 " bytes",
                 check->param->min, check->param->max);
        return param_fails(check, allowed);
    }
    if (is_word && param_has_space(text)) {
        return param_fails(check, "one word without white space");
    }
    return check->param->words == NULL || param_is_one_of(check, text);
}

static bool param_is_number(const struct param_check *check)
{
    char    allowed[96];
    int64_t number = json_integer_value(check->value);
    if (json_is_integer(check->value) && number >= check->param->min &&
        number <= check->param->max) {
        return true;
    }
    snprintf(allowed, sizeof(allowed), "an integer from %" PRId64 " to %" PRId64, check->param->min,
             check->param->max);
    return param_fails(check, allowed);
}

static bool param_are_names(const struct param_check *check)
{
    char    allowed[128];
    bool    fits = json_is_array(check->value);
    size_t  index = 0;
    json_t *name = NULL;
    int64_t count = (int64_t)json_array_size(check->value);
    fits = fits && count >= check->param->min && count <= check->param->max;
    json_array_foreach(check->value, index, name)
    {
        fits = fits && json_string_length(name) > 0;
    }
    if (fits) {
        return true;
    }
    snprintf(allowed, sizeof(allowed), "an array of %" PRId64 " to %" PRId64 " names",
             check->param->min, check->param->max);
    return param_fails(check, allowed);
}

static bool param_fits(const struct param_check *check)
{
    switch (check->param->type) {
    case FSZ_PARAM_TEXT:
    case FSZ_PARAM_WORD:
        return param_is_text(check);
    case FSZ_PARAM_NUMBER:
        return param_is_number(check);
    case FSZ_PARAM_BOOL:
        return json_is_boolean(check->value) || param_fails(check, "true or false");
    case FSZ_PARAM_OBJECT:
        return json_is_object(check->value) || param_fails(check, "an object");
    case FSZ_PARAM_NAMES:
        return param_are_names(check);
    case FSZ_PARAM_ANY:
        return true;
    }
    return false;
}

fsz_err fsz_params_read(const struct fsz_param *table, const json_t *params,
                        const json_t *ret_values[FSZ_PARAMS_MAX], const char **ret_member,
                        char ret_why[FSZ_PARAMS_WHY_BYTES])
{
    const json_t *values[FSZ_PARAMS_MAX] = {NULL};
    size_t        count = 0;
    for (; table[count].name != NULL; count++) {
        const struct fsz_param *param = &table[count];
        const json_t           *value = json_is_array(params) ? json_array_get(params, count)
                                                              : json_object_get(params, param->name);
        struct param_check      check = {.param = param, .value = value, .why = ret_why};
        *ret_member = param->name;
        if (value == NULL || json_is_null(value)) {
            if (param->required) {
                snprintf(ret_why, FSZ_PARAMS_WHY_BYTES, "%s: is missing", param->name);
                return FSZ_EINVALID;
            }
        } else if (!param_fits(&check)) {
            return FSZ_EINVALID;
        } else {
            values[count] = value;
        }
    }
    if (json_array_size(params) > count) {
        *ret_member = NULL;
        snprintf(ret_why, FSZ_PARAMS_WHY_BYTES, "params: at most %zu by position", count);
        return FSZ_EINVALID;
    }
    memcpy(ret_values, values, sizeof(values));
    return FSZ_OK;
}
