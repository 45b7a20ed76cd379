/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/leg_headers.h"

#include "base/clock.h"

#include <stdlib.h>
#include <strings.h>

struct fsz_header *fsz_leg_headers(const struct fsz_leg *leg, const struct fsz_script_event *event)
{
    size_t             count = 0, room = event->header_count + leg->variable_count + 1;
    struct fsz_header *headers = calloc(room, sizeof *headers);
    if (headers == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < event->header_count; i++) {
        if (fsz_leg_variable(leg, event->headers[i].name) == NULL) {
            headers[count++] = event->headers[i];
        }
    }
    for (const struct fsz_variable *v = leg->variables; v != NULL; v = v->next) {
        if (v->value[0] != '\0') {
            headers[count++] = (struct fsz_header){.name = v->name, .value = v->value};
        }
    }
    return headers;
}

static const char *leg_value(struct fsz_sim *sim, const struct fsz_call *call,
                             const struct fsz_script_event *event, const char *name)
{
    for (size_t i = 0; event != NULL && i < event->header_count; i++) {
        if (strcasecmp(event->headers[i].name, name) != 0) {
            continue;
        }
        for (size_t j = 0; j < event->field_count; j++) {
            if (event->fields[j].header == i) {
                return fsz_render_value(&sim->render, call, &event->fields[j].value);
            }
        }
        return event->headers[i].value;
    }
    return NULL;
}

const char *fsz_leg_latest(struct fsz_sim *sim, const struct fsz_leg *leg, const char *name,
                           const char *otherwise)
{
    const char *value = leg_value(sim, leg->call, leg->latest, name);
    return value == NULL ? otherwise : value;
}

const char *fsz_leg_header(struct fsz_sim *sim, const struct fsz_leg *leg, const char *name)
{
    const char *value = fsz_leg_variable(leg, name);
    fsz_render_begin(&sim->render, fsz_clock_wall_us(), sim->sequence);
    if (value == NULL) {
        value = leg_value(sim, leg->call, leg->latest, name);
    }
    if (value == NULL) {
        value = leg_value(sim, leg->call, leg->carrier, name);
    }
    return value == NULL ? "" : value;
}
