/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/application.h"

#include "sim/calls.h"
#include "sim/digits.h"
#include "sim/emit.h"
#include "sim/join.h"
#include "sim/leg_headers.h"
#include "sim/variables.h"
#include "sim/words.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { PAIRS_MAX = 32 }; /* headers of one event */

/* In most calls the answer is part of the captured events. */
static uint64_t run_answer(struct fsz_sim *sim, struct fsz_execution *execution)
{
    fsz_calls_answer(sim, execution->leg->call);
    return 0;
}

static uint64_t run_nothing(struct fsz_sim *sim, struct fsz_execution *execution)
{
    (void)sim;
    (void)execution;
    return 0;
}

static uint64_t run_forever(struct fsz_sim *sim, struct fsz_execution *execution)
{
    (void)sim;
    (void)execution;
    return FSZ_APPLICATION_LASTS;
}

static uint64_t run_sleep(struct fsz_sim *sim, struct fsz_execution *execution)
{
    (void)sim;
    return fsz_digits_ms(execution->arg);
}

static uint64_t run_playback(struct fsz_sim *sim, struct fsz_execution *execution)
{
    (void)sim;
    return fsz_digits_file_ms(execution->arg);
}

/* Splits `name=value` in place; without `=` the value is "". */
static char *application_value(char *pair)
{
    char *sign = strchr(pair, '=');
    if (sign == NULL) {
        return pair + strlen(pair);
    }
    *sign = '\0';
    return sign + 1;
}

static uint64_t run_set(struct fsz_sim *sim, struct fsz_execution *execution)
{
    char bytes[FSZ_WORDS_BYTES];
    snprintf(bytes, sizeof bytes, "%s", execution->arg);
    const char *value = application_value(bytes);
    fsz_variable_set_or_log(sim, execution->leg, bytes, value);
    return 0;
}

static uint64_t run_unset(struct fsz_sim *sim, struct fsz_execution *execution)
{
    fsz_variable_set_or_log(sim, execution->leg, execution->arg, NULL);
    return 0;
}

static uint64_t run_hangup(struct fsz_sim *sim, struct fsz_execution *execution)
{
    const struct fsz_cause *cause =
        fsz_cause_find(*execution->arg == '\0' ? "NORMAL_CLEARING" : execution->arg);
    (void)fsz_calls_hangup(sim, execution->leg->call, cause); /* an unknown cause: as captured */
    return FSZ_APPLICATION_LASTS;
}

static uint64_t run_log(struct fsz_sim *sim, struct fsz_execution *execution)
{
    fsz_emit_log(sim, execution->leg, execution->arg);
    return 0;
}

static uint64_t run_info(struct fsz_sim *sim, struct fsz_execution *execution)
{
    fsz_emit_log(sim, execution->leg, fsz_leg_header(sim, execution->leg, "Channel-Name"));
    return 0;
}

/* Event-Name and Event-Subclass replace CHANNEL_APPLICATION. */
static uint64_t run_event(struct fsz_sim *sim, struct fsz_execution *execution)
{
    char              bytes[FSZ_WORDS_BYTES];
    struct fsz_header own[PAIRS_MAX + 1] = {0};
    struct fsz_event  event = {.name = "CHANNEL_APPLICATION"};
    size_t            count = 0;
    char             *rest = bytes, *name;
    snprintf(bytes, sizeof bytes, "%s", execution->arg);
    while (count < PAIRS_MAX && (name = strsep(&rest, ",")) != NULL) {
        const char *value = application_value(name);
        if (strcasecmp(name, "Event-Name") == 0) {
            event.name = *value == '\0' ? event.name : value;
        } else if (strcasecmp(name, "Event-Subclass") == 0) {
            event.subclass = value;
        } else if (*name != '\0' && *value != '\0') {
            own[count++] = (struct fsz_header){.name = name, .value = value};
        }
    }
    fsz_emit_leg(sim, execution->leg, &event, own);
    return 0;
}

static const struct fsz_application APPLICATIONS[] = {
    {.name = "answer", .run = run_answer},
    {.name = "pre_answer", .run = run_nothing},
    {.name = "set", .run = run_set},
    {.name = "unset", .run = run_unset},
    {.name = "sleep", .run = run_sleep},
    {.name = "playback", .response = "FILE PLAYED", .run = run_playback},
    {.name = "play_and_get_digits",
     .run = fsz_digits_run,
     .next = fsz_digits_next,
     .ended = fsz_digits_ended},
    {.name = "bridge", .run = fsz_join_run, .next = fsz_join_next, .ended = fsz_join_ended},
    {.name = "park", .run = run_forever},
    {.name = "echo", .run = run_forever},
    {.name = "hangup", .run = run_hangup},
    {.name = "info", .run = run_info},
    {.name = "log", .run = run_log},
    {.name = "event", .run = run_event},
};

static const struct fsz_application *application_find(const char *name)
{
    for (size_t i = 0; i < sizeof APPLICATIONS / sizeof *APPLICATIONS; i++) {
        if (strcasecmp(APPLICATIONS[i].name, name) == 0) {
            return &APPLICATIONS[i];
        }
    }
    return NULL;
}

fsz_err fsz_application_execute(struct fsz_sim *sim, struct fsz_leg *leg,
                                const struct fsz_execute *execute, bool direct,
                                struct fsz_buffer *words)
{
    const struct fsz_application *app = application_find(execute->app);
    if (app == NULL) {
        fsz_buffer_printf(words, "Invalid Application %s", execute->app);
        return FSZ_EREFUSED;
    }
    return fsz_execute(sim, leg, app, execute, direct, words);
}
