/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer than any part except captured text. */
enum { PART_BYTES = 192 };

static size_t event_bytes(const struct fsz_script_event *event)
{
    size_t bytes = 1;
    for (size_t i = 0; i < event->field_count; i++) {
        const struct fsz_template *value = &event->fields[i].value;
        for (size_t j = 0; j < value->part_count; j++) {
            bytes += strlen(value->parts[j].text) + PART_BYTES;
        }
    }
    return bytes;
}

fsz_err fsz_render_init(struct fsz_render *render, const struct fsz_script *script)
{
    *render = (struct fsz_render){.size = 1};
    for (size_t i = 0; i < script->flow_count; i++) {
        const struct fsz_flow *flow = &script->flows[i];
        for (size_t j = 0; j < flow->event_count; j++) {
            size_t bytes = event_bytes(&flow->events[j]);
            render->size = bytes > render->size ? bytes : render->size;
        }
    }
    for (size_t i = 0; i < FSZ_LIVE_COUNT; i++) {
        render->live[i] = "";
    }
    render->scratch = malloc(render->size);
    return render->scratch == NULL ? FSZ_ENOMEM : FSZ_OK;
}

void fsz_render_fini(struct fsz_render *render)
{
    free(render->scratch);
    render->scratch = NULL;
}

void fsz_render_begin(struct fsz_render *render, int64_t now_us, uint64_t sequence)
{
    render->used = 0;
    fsz_calendar_set(&render->now, now_us);
    snprintf(render->now_usec, sizeof render->now_usec, "%lld", (long long)now_us);
    snprintf(render->sequence, sizeof render->sequence, "%llu", (unsigned long long)sequence);
}

/* Appends to the scratch, which was sized beforehand; a longer text is cut. */
static void render_append(struct fsz_render *render, const char *text)
{
    size_t room = render->size - render->used - 1;
    size_t length = strnlen(text, room);
    memcpy(render->scratch + render->used, text, length);
    render->used += length;
}

/* Terminates the text appended since `start`, and returns it. */
static const char *render_end(struct fsz_render *render, size_t start)
{
    render->scratch[render->used] = '\0';
    if (render->used + 1 < render->size) {
        render->used++;
    }
    return render->scratch + start;
}

static const char *render_span(struct fsz_render *render, const struct fsz_call *call,
                               const struct fsz_part *part)
{
    char text[24];
    if (!call->cut) {
        return part->text;
    }
    int64_t span_us = part->number + call->late_us;
    size_t  start = render->used;
    snprintf(text, sizeof text, "%lld", (long long)(span_us < 0 ? 0 : span_us / part->arg));
    render_append(render, text);
    return render_end(render, start);
}

static const char *render_part(struct fsz_render *render, const struct fsz_call *call,
                               const struct fsz_part *part)
{
    switch (part->type) {
    case FSZ_PART_FRESH:
        return call->fresh[part->arg];
    case FSZ_PART_USEC:
        return call->instants[part->arg].usec;
    case FSZ_PART_SECOND:
        return call->instants[part->arg].second;
    case FSZ_PART_STAMP:
        return call->instants[part->arg].stamp;
    case FSZ_PART_NOW_USEC:
        return render->now_usec;
    case FSZ_PART_NOW_STAMP:
        return render->now.stamp;
    case FSZ_PART_NOW_GMT:
        return render->now.gmt;
    case FSZ_PART_SEQUENCE:
        return render->sequence;
    case FSZ_PART_SESSION:
        return call->legs[part->arg].session;
    case FSZ_PART_CAUSE:
        return call->cause == NULL ? part->text : call->cause->name;
    case FSZ_PART_CAUSE_Q850:
        return call->cause == NULL ? part->text : fsz_cause_q850(call->cause);
    case FSZ_PART_NUMBER:
        return call->number[0] == '\0' ? part->text : call->number;
    case FSZ_PART_APP:
        return call->app[0] == '\0' ? part->text : call->app;
    case FSZ_PART_LIVE:
        return render->live[part->arg];
    case FSZ_PART_SPAN:
    case FSZ_PART_TEXT:
        break;
    }
    return part->text;
}

const char *fsz_render_value(struct fsz_render *render, const struct fsz_call *call,
                             const struct fsz_template *value)
{
    size_t start = render->used;
    if (value->part_count == 1) {
        const struct fsz_part *part = &value->parts[0];
        return part->type == FSZ_PART_SPAN ? render_span(render, call, part)
                                           : render_part(render, call, part);
    }
    for (size_t i = 0; i < value->part_count; i++) {
        render_append(render, render_part(render, call, &value->parts[i]));
    }
    return render_end(render, start);
}

void fsz_render_event(struct fsz_render *render, const struct fsz_call *call,
                      struct fsz_script_event *event)
{
    for (size_t i = 0; i < event->field_count; i++) {
        const struct fsz_script_field *field = &event->fields[i];
        event->headers[field->header].value = fsz_render_value(render, call, &field->value);
    }
}
