/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/emit.h"

#include "base/clock.h"
#include "sim/leg_headers.h"
#include "sim/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void fsz_emit(struct fsz_sim *sim, const struct fsz_event *event)
{
    sim->stats.events++;
    /* The sink counts the events that it refuses; a switch continues. */
    (void)sim->options.sink(sim->options.sink_self, event);
}

void fsz_emit_log(struct fsz_sim *sim, const struct fsz_leg *leg, const char *text)
{
    char line[FSZ_WORDS_BYTES];
    if (sim->options.log != NULL) {
        snprintf(line, sizeof line, "%s %s", leg->uuid, text);
        line[strcspn(line, "\r\n")] = '\0';
        sim->options.log(sim->options.log_self, FSZ_LOG_INFO, line);
    }
}

static size_t emit_count(const struct fsz_header *headers)
{
    size_t count = 0;
    while (headers[count].name != NULL) {
        count++;
    }
    return count;
}

/* Emits the event with the headers of both lists. */
static void emit_joined(struct fsz_sim *sim, const struct fsz_event *event,
                        const struct fsz_header *first, const struct fsz_header *own)
{
    size_t             count = emit_count(first), own_count = emit_count(own);
    struct fsz_header *all = calloc(count + own_count + 1, sizeof *all);
    if (all == NULL) {
        return;
    }
    memcpy(all, first, count * sizeof *all);
    memcpy(all + count, own, own_count * sizeof *all);
    struct fsz_event view = *event;
    view.headers = all;
    view.read = fsz_headers_of_array;
    fsz_emit(sim, &view);
    free(all);
}

void fsz_emit_own(struct fsz_sim *sim, const struct fsz_event *event, const struct fsz_header *own)
{
    const struct fsz_header stamps[] = {
        {.name = "Core-UUID", .value = sim->core_uuid},
        {.name = "FreeSWITCH-Hostname", .value = sim->hostname},
        {.name = "FreeSWITCH-Switchname", .value = sim->hostname},
        {.name = "Event-Date-Local", .value = sim->render.now.stamp},
        {.name = "Event-Date-GMT", .value = sim->render.now.gmt},
        {.name = "Event-Date-Timestamp", .value = sim->render.now_usec},
        {.name = "Event-Sequence", .value = sim->render.sequence},
        {0}};
    fsz_render_begin(&sim->render, fsz_clock_wall_us(), ++sim->sequence);
    emit_joined(sim, event, stamps, own);
}

/* These headers are also in events without variables, which may be newer. */
static void emit_update_state(struct fsz_sim *sim, const struct fsz_leg *leg,
                              struct fsz_header *headers)
{
    static const char *const names[] = {"Channel-State", "Channel-Call-State",
                                        "Channel-State-Number", "Answer-State"};
    for (; leg->latest != leg->carrier && headers->name != NULL; headers++) {
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            if (strcmp(headers->name, names[i]) == 0) {
                headers->value = fsz_leg_latest(sim, leg, names[i], headers->value);
            }
        }
    }
}

/* As in FreeSWITCH, Channel-State is the present state, Channel-State-Number the next one. */
static void emit_head_for(const struct fsz_leg *leg, struct fsz_header *headers)
{
    for (; leg->heads_for != NULL && headers->name != NULL; headers++) {
        if (strcmp(headers->name, "Channel-State-Number") == 0) {
            headers->value = leg->heads_for;
        }
    }
}

struct fsz_header *fsz_emit_headers(struct fsz_sim *sim, const struct fsz_leg *leg)
{
    /* Rendering fills in the script's own headers in place. */
    struct fsz_script_event *event =
        (struct fsz_script_event *)(uintptr_t)(leg->carrier != NULL ? leg->carrier : leg->latest);
    if (event == NULL) {
        return NULL;
    }
    fsz_render_begin(&sim->render, fsz_clock_wall_us(), sim->sequence);
    fsz_render_event(&sim->render, leg->call, event);
    struct fsz_header *headers = fsz_leg_headers(leg, event);
    if (headers != NULL) {
        emit_update_state(sim, leg, headers);
        emit_head_for(leg, headers);
    }
    return headers;
}

/* Does the header belong to the source event and not to the channel? */
static bool emit_is_foreign(const char *name)
{
    static const char *const prefixes[] = {"Application", "Event-Calling-"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        if (strncasecmp(name, prefixes[i], strlen(prefixes[i])) == 0) {
            return true;
        }
    }
    return false;
}

void fsz_emit_leg(struct fsz_sim *sim, const struct fsz_leg *leg, const struct fsz_event *event,
                  const struct fsz_header *own)
{
    sim->sequence++;
    struct fsz_header *headers = fsz_emit_headers(sim, leg);
    if (headers == NULL) {
        sim->sequence--;
        return;
    }
    size_t kept = 0;
    for (size_t i = 0; headers[i].name != NULL; i++) {
        if (!emit_is_foreign(headers[i].name)) {
            headers[kept++] = headers[i];
        }
    }
    headers[kept] = (struct fsz_header){0};
    emit_joined(sim, event, headers, own);
    free(headers);
}
