/* SPDX-License-Identifier: MPL-2.0 */
#include "rpc/json.h"

#include "rpc/rpc.h"

#include <string.h>

void fsz_json_merge(json_t *object, json_t *more)
{
    json_object_update_missing(object, more);
    json_decref(more);
}

json_t *fsz_json_by_priority(const uint64_t counts[3])
{
    return json_pack("{sI sI sI}", "low", (json_int_t)counts[0], "normal", (json_int_t)counts[1],
                     "high", (json_int_t)counts[2]);
}

json_t *fsz_json_problems(const struct fsz_problems *problems)
{
    json_t *list = json_array();
    for (size_t i = 0; problems != NULL && i < fsz_problems_kept(problems); i++) {
        json_array_append_new(list, fsz_rpc_text(problems->lines[i], strlen(problems->lines[i])));
    }
    return list;
}

long long fsz_json_number(const json_t *object, const char *path)
{
    char        name[64];
    const char *dot = strchr(path, '.');
    if (dot == NULL) {
        return json_integer_value(json_object_get(object, path));
    }
    size_t length = (size_t)(dot - path);
    if (length >= sizeof(name)) {
        return 0;
    }
    memcpy(name, path, length);
    name[length] = '\0';
    return fsz_json_number(json_object_get(object, name), dot + 1);
}

const char *fsz_json_string(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}
