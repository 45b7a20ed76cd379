#include "guard_private.h"

#include <jansson.h>
#include <string.h>
#include <strings.h>

/* The switch's reader ignores the letter case of names and takes the first; so each that could be
 * meant is judged. */
static fsz_err json_each(struct guard *g, const json_t *object, const char *name,
                         fsz_err (*judge)(struct guard *g, const char *text, const json_t *object),
                         const json_t *argument)
{
    const char *key = NULL;
    json_t     *value = NULL;
    fsz_err     err = FSZ_OK;
    json_object_foreach((json_t *)object, key, value)
    {
        if (err == FSZ_OK && strcasecmp(key, name) == 0 && json_is_string(value)) {
            err = judge(g, json_string_value(value), argument);
        }
    }
    return err;
}

/* With each `arg`, and without one if there is none. */
static fsz_err json_run(struct guard *g, const char *name, const json_t *data,
                        fsz_err (*judge)(struct guard *, const char *, const char *))
{
    const char *key = NULL;
    json_t     *value = NULL;
    fsz_err     err = FSZ_OK;
    bool        has_arg = false;
    json_object_foreach((json_t *)data, key, value)
    {
        if (err == FSZ_OK && strcasecmp(key, "arg") == 0) {
            has_arg |= json_is_string(value);
            err = judge(g, name, json_string_value(value));
        }
    }
    return err == FSZ_OK && !has_arg ? judge(g, name, NULL) : err;
}

static fsz_err json_fsapi(struct guard *g, const char *command, const json_t *data)
{
    return json_run(g, command, data, guard_api);
}

static fsz_err json_execute(struct guard *g, const char *app, const json_t *data)
{
    return json_run(g, app, data, guard_application);
}

static fsz_err json_command(struct guard *g, const char *command, const json_t *data)
{
    bool runs_api = strcasecmp(command, "fsapi") == 0;
    bool runs_app = strcasecmp(command, "execute") == 0;
    bool known = runs_api || runs_app || guard_json_api_is_harmless(command);
    if (guard_trusts(g)) {
        return FSZ_OK;
    }
    if (!guard_may(g, FSZ_RIGHT_JSON_API, command, known ? 0 : strlen(command))) {
        return guard_deny(g, "json-api \"%.100s\" is not granted%s", command,
                          known ? "" : " by its name");
    }
    if (runs_api) {
        return json_each(g, data, "cmd", json_fsapi, data);
    }
    return runs_app ? json_each(g, data, "app", json_execute, data) : FSZ_OK;
}

static fsz_err json_load(struct guard *g, const char *text, json_t **ret_json)
{
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    if (json == NULL) {
        return guard_deny(g, "the JSON is not valid, or has a name twice");
    }
    *ret_json = json;
    return FSZ_OK;
}

fsz_err guard_json_command(struct guard *g, const char *command, const char *data)
{
    json_t *json = NULL;
    fsz_err err = guard_enter(g, data ? data : "");
    if (err == FSZ_OK && data != NULL) {
        err = json_load(g, data, &json);
    }
    if (err == FSZ_OK) {
        err = json_command(g, command, json);
    }
    guard_leave(g);
    json_decref(json);
    return err;
}

/* One `command` of a whole request, with each `data` of it. */
static fsz_err json_request(struct guard *g, const char *command, const json_t *request)
{
    const char *key = NULL;
    json_t     *value = NULL;
    fsz_err     err = json_command(g, command, NULL);
    json_object_foreach((json_t *)request, key, value)
    {
        if (err == FSZ_OK && strcasecmp(key, "data") == 0) {
            err = json_command(g, command, value);
        }
    }
    return err;
}

fsz_err guard_json(struct guard *g, const char *request)
{
    json_t *json = NULL;
    fsz_err err = json_load(g, request, &json);
    if (err == FSZ_OK) {
        err = json_each(g, json, "command", json_request, json);
    }
    json_decref(json);
    return err;
}
