#include "sim/application.h"

#include "sim/digits.h"
#include "sim/emit.h"
#include "sim/execute.h"
#include "sim/join.h"
#include "sim/play.h"
#include "sim/variables.h"
#include "sim/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FILE_MS = 1000, PAIRS_MAX = 32 }; /* how long any file plays; headers of one event */

/* Of most calls part of what was captured. */
static uint64_t run_answer(struct fsz_sim *sim, struct fsz_execution *execution)
{
    fsz_play_answer(sim, execution->leg->call);
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

static uint64_t application_ms(const char *text)
{
    long long ms = strtoll(text, NULL, 10);
    return ms < 0 ? 0 : (uint64_t)ms;
}

static uint64_t run_sleep(struct fsz_sim *sim, struct fsz_execution *execution)
{
    (void)sim;
    return application_ms(execution->arg);
}

uint64_t fsz_application_file_ms(const char *file)
{
    static const char silence[] = "silence_stream://";
    if (strncasecmp(file, silence, sizeof silence - 1) != 0) {
        return FILE_MS;
    }
    const char *length = file + sizeof silence - 1;
    return *length == '-' ? FSZ_APPLICATION_LASTS : application_ms(length);
}

static uint64_t run_playback(struct fsz_sim *sim, struct fsz_execution *execution)
{
    (void)sim;
    return fsz_application_file_ms(execution->arg);
}

/* Takes `name=value` apart in place; a text without a sign has the value "". */
static char *application_value(char *pair)
{
    char *sign = strchr(pair, '=');
    if (sign == NULL) {
        return pair + strlen(pair);
    }
    *sign = '\0';
    return sign + 1;
}

void fsz_application_log(struct fsz_sim *sim, const struct fsz_leg *leg, const char *text)
{
    char line[FSZ_WORDS_BYTES];
    if (sim->options.log != NULL) {
        snprintf(line, sizeof line, "%s %s", leg->uuid, text);
        line[strcspn(line, "\r\n")] = '\0';
        sim->options.log(sim->options.log_self, FSZ_LOG_INFO, line);
    }
}

void fsz_application_set(struct fsz_sim *sim, struct fsz_leg *leg, const char *name,
                         const char *value)
{
    fsz_err err = fsz_variable_set(leg, name, value);
    if (err != FSZ_OK) {
        fsz_application_log(sim, leg, fsz_err_text(err));
    }
}

static uint64_t run_set(struct fsz_sim *sim, struct fsz_execution *execution)
{
    char bytes[FSZ_WORDS_BYTES];
    snprintf(bytes, sizeof bytes, "%s", execution->arg);
    const char *value = application_value(bytes);
    fsz_application_set(sim, execution->leg, bytes, value);
    return 0;
}

static uint64_t run_unset(struct fsz_sim *sim, struct fsz_execution *execution)
{
    fsz_application_set(sim, execution->leg, execution->arg, NULL);
    return 0;
}

static uint64_t run_hangup(struct fsz_sim *sim, struct fsz_execution *execution)
{
    const struct fsz_cause *cause =
        fsz_cause_find(*execution->arg == '\0' ? "NORMAL_CLEARING" : execution->arg);
    (void)fsz_play_hangup(sim, execution->leg->call, cause); /* of no cause: as captured */
    return FSZ_APPLICATION_LASTS;
}

static uint64_t run_log(struct fsz_sim *sim, struct fsz_execution *execution)
{
    fsz_application_log(sim, execution->leg, execution->arg);
    return 0;
}

static uint64_t run_info(struct fsz_sim *sim, struct fsz_execution *execution)
{
    fsz_application_log(sim, execution->leg, fsz_play_header(sim, execution->leg, "Channel-Name"));
    return 0;
}

/* Event-Name and Event-Subclass make it another event than CHANNEL_APPLICATION. */
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

const struct fsz_application *fsz_application_find(const char *name)
{
    for (size_t i = 0; i < sizeof APPLICATIONS / sizeof *APPLICATIONS; i++) {
        if (strcasecmp(APPLICATIONS[i].name, name) == 0) {
            return &APPLICATIONS[i];
        }
    }
    return NULL;
}
