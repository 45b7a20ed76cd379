/* SPDX-License-Identifier: MPL-2.0 */
#include "auth/authorize_private.h"

#include <jansson.h>
#include <string.h>
#include <strings.h>

/* The switch ignores the letter case of member names and takes the first that matches, so each
 * candidate is checked. */
static fsz_err json_each(struct authorize *a, const json_t *object, const char *name,
                         fsz_err (*judge)(struct authorize *a, const char *text,
                                          const json_t *object),
                         const json_t *argument)
{
    const char *key = NULL;
    json_t     *value = NULL;
    fsz_err     err = FSZ_OK;
    json_object_foreach((json_t *)object, key, value)
    {
        if (err == FSZ_OK && strcasecmp(key, name) == 0 && json_is_string(value)) {
            err = judge(a, json_string_value(value), argument);
        }
    }
    return err;
}

/* Checks the name with each `arg`, or without an argument if there is none. */
static fsz_err json_run(struct authorize *a, const char *name, const json_t *data,
                        fsz_err (*judge)(struct authorize *, const char *, const char *))
{
    const char *key = NULL;
    json_t     *value = NULL;
    fsz_err     err = FSZ_OK;
    bool        has_arg = false;
    json_object_foreach((json_t *)data, key, value)
    {
        if (err == FSZ_OK && strcasecmp(key, "arg") == 0) {
            has_arg |= json_is_string(value);
            err = judge(a, name, json_string_value(value));
        }
    }
    return err == FSZ_OK && !has_arg ? judge(a, name, NULL) : err;
}

static fsz_err json_fsapi(struct authorize *a, const char *command, const json_t *data)
{
    return json_run(a, command, data, authorize_api);
}

static fsz_err json_execute(struct authorize *a, const char *app, const json_t *data)
{
    return json_run(a, app, data, authorize_application);
}

static fsz_err json_command(struct authorize *a, const char *command, const json_t *data)
{
    bool runs_api = strcasecmp(command, "fsapi") == 0;
    bool runs_app = strcasecmp(command, "execute") == 0;
    bool known = runs_api || runs_app || authorize_json_api_is_harmless(command);
    if (authorize_trusts(a)) {
        return FSZ_OK;
    }
    if (!authorize_may(a, FSZ_RIGHT_JSON_API, command, known ? 0 : strlen(command))) {
        return authorize_deny(a, "json-api \"%.100s\" is not granted%s", command,
                              known ? "" : " by its name");
    }
    if (runs_api) {
        return json_each(a, data, "cmd", json_fsapi, data);
    }
    return runs_app ? json_each(a, data, "app", json_execute, data) : FSZ_OK;
}

static fsz_err json_load(struct authorize *a, const char *text, json_t **ret_json)
{
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    if (json == NULL) {
        return authorize_deny(a, "the JSON is not valid or has a duplicate name");
    }
    *ret_json = json;
    return FSZ_OK;
}

fsz_err authorize_json_command(struct authorize *a, const char *command, const char *data)
{
    json_t *json = NULL;
    fsz_err err = authorize_enter(a, data ? data : "");
    if (err == FSZ_OK && data != NULL) {
        err = json_load(a, data, &json);
    }
    if (err == FSZ_OK) {
        err = json_command(a, command, json);
    }
    authorize_leave(a);
    json_decref(json);
    return err;
}

/* Checks one `command` of a whole request with each `data`. */
static fsz_err json_request(struct authorize *a, const char *command, const json_t *request)
{
    const char *key = NULL;
    json_t     *value = NULL;
    fsz_err     err = json_command(a, command, NULL);
    json_object_foreach((json_t *)request, key, value)
    {
        if (err == FSZ_OK && strcasecmp(key, "data") == 0) {
            err = json_command(a, command, value);
        }
    }
    return err;
}

fsz_err authorize_json(struct authorize *a, const char *request)
{
    json_t *json = NULL;
    fsz_err err = json_load(a, request, &json);
    if (err == FSZ_OK) {
        err = json_each(a, json, "command", json_request, json);
    }
    json_decref(json);
    return err;
}
