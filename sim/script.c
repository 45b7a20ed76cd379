/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/script.h"

#include "sim/script_data.h"
#include "sim/script_event.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static char *flow_text(const json_t *head, const char *name)
{
    const char *text = json_string_value(json_object_get(head, name));
    return text == NULL ? NULL : strdup(text);
}

static uint32_t flow_number(const json_t *head, const char *name)
{
    json_int_t number = json_integer_value(json_object_get(head, name));
    return number < 0 || number > INT32_MAX ? 0 : (uint32_t)number;
}

static fsz_err flow_read_fresh(struct fsz_flow *flow, const json_t *list)
{
    size_t count = json_array_size(list);
    if (count > FSZ_FRESH_MAX) {
        return FSZ_ELIMIT;
    }
    flow->fresh = calloc(count + 1, sizeof *flow->fresh);
    for (size_t i = 0; flow->fresh != NULL && i < count; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (text == NULL || *text == '\0') {
            return FSZ_EINVALID;
        }
        flow->fresh[i] = strdup(text);
        if (flow->fresh[i] == NULL) {
            return FSZ_ENOMEM;
        }
        flow->fresh_count++;
    }
    return flow->fresh == NULL ? FSZ_ENOMEM : FSZ_OK;
}

static fsz_err script_add_flow(struct fsz_script *script, const json_t *head)
{
    if (script->flow_count == FSZ_FLOWS_MAX) {
        return FSZ_ELIMIT;
    }
    if (!json_is_string(json_object_get(head, "flow"))) {
        return FSZ_EINVALID;
    }
    struct fsz_flow *flows = reallocarray(script->flows, script->flow_count + 1, sizeof *flows);
    if (flows == NULL) {
        return FSZ_ENOMEM;
    }
    script->flows = flows;
    struct fsz_flow *flow = &flows[script->flow_count++];
    *flow = (struct fsz_flow){
        .name = flow_text(head, "flow"),
        .number = flow_text(head, "dest"),
        .app = flow_text(head, "app"),
        .weight = flow_number(head, "weight"),
        .every_s = flow_number(head, "every_s"),
        .control_after = flow_number(head, "hold_after"),
        .leg_count = json_array_size(json_object_get(head, "legs")),
    };
    script->weight += flow->weight;
    return flow->name == NULL ? FSZ_ENOMEM : flow_read_fresh(flow, json_object_get(head, "fresh"));
}

static fsz_err script_add_event(struct fsz_script *script, json_t *line, json_t *last)
{
    if (script->flow_count == 0) {
        return FSZ_EINVALID;
    }
    struct fsz_flow *flow = &script->flows[script->flow_count - 1];
    if (flow->event_count == FSZ_FLOW_EVENTS_MAX) {
        return FSZ_ELIMIT;
    }
    struct fsz_script_event *events =
        reallocarray(flow->events, flow->event_count + 1, sizeof *events);
    if (events == NULL) {
        return FSZ_ENOMEM;
    }
    flow->events = events;
    events[flow->event_count] = (struct fsz_script_event){0};
    return fsz_script_event_read(flow, &events[flow->event_count++], line, last);
}

/* One line: the head of a flow, or an event of the current flow. */
static fsz_err script_add_line(struct fsz_script *script, json_t *line, json_t *last)
{
    if (json_object_get(line, "flow") != NULL) {
        json_object_clear(last);
        return script_add_flow(script, line);
    }
    return json_is_object(line) ? script_add_event(script, line, last) : FSZ_EINVALID;
}

static fsz_err script_parse(struct fsz_script *script, const char *text, size_t size,
                            const char *path, struct fsz_problems *problems)
{
    json_t     *last = json_object(); /* per leg: the last value of each header */
    size_t      number = 0;
    fsz_err     err = last == NULL ? FSZ_ENOMEM : FSZ_OK;
    const char *end = text + size;
    while (err == FSZ_OK && text < end) {
        const char  *newline = memchr(text, '\n', (size_t)(end - text));
        size_t       length = (size_t)((newline == NULL ? end : newline) - text);
        json_error_t why = {0};
        json_t      *line = json_loadb(text, length, 0, &why);
        number++;
        err = line == NULL ? FSZ_EINVALID : script_add_line(script, line, last);
        if (err != FSZ_OK) {
            fsz_problems_add(problems, "%s:%zu: %s", path, number,
                             line == NULL ? why.text : fsz_err_text(err));
        }
        json_decref(line);
        text += length + 1;
    }
    json_decref(last);
    return err;
}

/* Sets the members that depend on all events. */
static fsz_err flow_finish(struct fsz_flow *flow, struct fsz_problems *problems)
{
    flow->hangup = 0;
    while (flow->hangup < flow->event_count &&
           strcmp(flow->events[flow->hangup].name, "CHANNEL_HANGUP") != 0) {
        flow->hangup++;
    }
    if (flow->event_count == 0 || flow->leg_count > flow->fresh_count ||
        flow->control_after > flow->hangup) {
        fsz_problems_add(problems, "flow \"%s\": no events, or its legs or hold_after do not fit",
                         flow->name);
        return FSZ_EINVALID;
    }
    return FSZ_OK;
}

static fsz_err script_finish(struct fsz_script *script, struct fsz_problems *problems)
{
    fsz_err err = FSZ_OK;
    for (size_t i = 0; err == FSZ_OK && i < script->flow_count; i++) {
        err = flow_finish(&script->flows[i], problems);
    }
    if (err == FSZ_OK && script->weight == 0) {
        fsz_problems_add(problems, "no flow has a weight, so there are no calls to replay");
        err = FSZ_EINVALID;
    }
    return err;
}

fsz_err fsz_script_load(const char *path, struct fsz_script **ret_script,
                        struct fsz_problems *problems)
{
    struct fsz_script     *script = calloc(1, sizeof *script);
    struct fsz_script_data data = {0};
    fsz_err                err = script == NULL ? FSZ_ENOMEM : fsz_script_data_open(path, &data);
    if (err == FSZ_ESYSTEM) {
        fsz_problems_add(problems, "%s: %s", path, strerror(errno));
    }
    if (err == FSZ_OK) {
        err = script_parse(script, data.text, data.size, path == NULL ? "built-in flows" : path,
                           problems);
    }
    fsz_script_data_close(&data);
    if (err == FSZ_OK) {
        err = script_finish(script, problems);
    }
    if (err != FSZ_OK) {
        fsz_script_free(&script);
        return err;
    }
    *ret_script = script;
    return FSZ_OK;
}

static void flow_fini(struct fsz_flow *flow)
{
    for (size_t i = 0; i < flow->event_count; i++) {
        fsz_script_event_fini(&flow->events[i]);
    }
    for (size_t i = 0; i < flow->fresh_count; i++) {
        free(flow->fresh[i]);
    }
    free(flow->events);
    free(flow->fresh);
    free(flow->name);
    free(flow->number);
    free(flow->app);
}

void fsz_script_free(struct fsz_script **script)
{
    if (*script == NULL) {
        return;
    }
    for (size_t i = 0; i < (*script)->flow_count; i++) {
        flow_fini(&(*script)->flows[i]);
    }
    free((*script)->flows);
    free(*script);
    *script = NULL;
}

struct fsz_flow *fsz_script_flow(struct fsz_script *script, const char *name)
{
    for (size_t i = 0; i < script->flow_count; i++) {
        if (strcmp(script->flows[i].name, name) == 0) {
            return &script->flows[i];
        }
    }
    return NULL;
}

struct fsz_flow *fsz_script_pick(struct fsz_script *script, uint32_t draw)
{
    draw %= script->weight;
    for (size_t i = 0; i < script->flow_count; i++) {
        if (draw < script->flows[i].weight) {
            return &script->flows[i];
        }
        draw -= script->flows[i].weight;
    }
    return NULL;
}
