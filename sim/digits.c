/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/digits.h"

#include "sim/emit.h"
#include "sim/execute.h"
#include "sim/variables.h"
#include "sim/words.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    FILE_MS = 1000, /* how long any file plays */
    KEYS_MAX = 128,
    ATTEMPTS_MAX = 100,
    MATCH_STEPS_MAX = 10000, /* the expression comes from a client */
};

/* The state of play_and_get_digits; `words` are its arguments. */
struct digits {
    struct fsz_words words;
    size_t           min, max;
    long             attempts;
    uint64_t         timeout_ms; /* after the prompt */
    uint64_t         left_ms;    /* until the time for the next key is over */
    bool             ended;      /* by a terminator */
    char             keys[KEYS_MAX + 1];
    size_t           count;
};

enum word { MIN, MAX, ATTEMPTS, TIMEOUT, TERMINATORS, FILE_WORD, INVALID_FILE, VARIABLE, REGEXP };

uint64_t fsz_digits_ms(const char *text)
{
    long long ms = strtoll(text, NULL, 10);
    return ms < 0 ? 0 : (uint64_t)ms;
}

uint64_t fsz_digits_file_ms(const char *file)
{
    static const char silence[] = "silence_stream://";
    if (strncasecmp(file, silence, sizeof silence - 1) != 0) {
        return FILE_MS;
    }
    const char *length = file + sizeof silence - 1;
    return *length == '-' ? FSZ_APPLICATION_LASTS : fsz_digits_ms(length);
}

bool fsz_digits_press(struct fsz_sim *sim, struct fsz_leg *leg, char key)
{
    const char digit[2] = {key, '\0'};
    if (key == '\0' || strchr("0123456789*#ABCD", key) == NULL) {
        return false;
    }
    const struct fsz_header own[] = {{.name = "DTMF-Digit", .value = digit},
                                     {.name = "DTMF-Duration", .value = "2000"},
                                     {.name = "DTMF-Source", .value = "RTP"},
                                     {0}};
    if (leg->key_count < FSZ_LEG_KEYS_MAX) {
        leg->keys[leg->key_count++] = key;
    }
    fsz_emit_leg(sim, leg, &(struct fsz_event){.name = "DTMF"}, own);
    return true;
}

/* The caller's next key or pause; '\0': none left. */
static char digits_script(struct fsz_sim *sim, struct fsz_leg *leg)
{
    const char *script = fsz_variable_get(sim, leg, "sim_digits");
    if (script == NULL) {
        script = sim->options.digits == NULL ? "" : sim->options.digits;
    }
    return leg->script_at < strlen(script) ? script[leg->script_at++] : '\0';
}

static bool digits_are_enough(const struct digits *d)
{
    return d->ended || d->count >= d->max;
}

/* Takes the queued keys. */
static void digits_take(struct digits *d, struct fsz_leg *leg)
{
    while (leg->key_count > 0 && !digits_are_enough(d)) {
        char key = leg->keys[0];
        memmove(leg->keys, leg->keys + 1, --leg->key_count);
        d->left_ms = d->timeout_ms;
        d->ended = strchr(d->words.word[TERMINATORS], key) != NULL;
        if (!d->ended) {
            d->keys[d->count++] = key;
            d->keys[d->count] = '\0';
        }
    }
}

static bool digits_match(const struct digits *d)
{
    const char *text = d->words.count > REGEXP ? d->words.word[REGEXP] : "";
    int         number = 0;
    PCRE2_SIZE  at = 0;
    if (*text == '\0') {
        return true;
    }
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, 0, &number, &at, NULL);
    if (code == NULL) {
        return false;
    }
    pcre2_match_data    *data = pcre2_match_data_create_from_pattern(code, NULL);
    pcre2_match_context *bounds = pcre2_match_context_create(NULL);
    bool                 matches = false;
    if (data != NULL && bounds != NULL) {
        pcre2_set_match_limit(bounds, MATCH_STEPS_MAX);
        matches = pcre2_match(code, (PCRE2_SPTR)d->keys, d->count, 0, 0, data, bounds) >= 0;
    }
    pcre2_match_context_free(bounds);
    pcre2_match_data_free(data);
    pcre2_code_free(code);
    return matches;
}

/* An attempt begins: a file plays, then the time to press a key runs. */
static void digits_begin_attempt(struct digits *d, const char *file)
{
    uint64_t prompt_ms = fsz_digits_file_ms(file);
    d->left_ms = prompt_ms > UINT64_MAX - d->timeout_ms ? UINT64_MAX : prompt_ms + d->timeout_ms;
    d->count = 0;
    d->keys[0] = '\0';
    d->ended = false;
}

static long digits_number(const char *text, long min, long max)
{
    long number = strtol(text, NULL, 10);
    return number < min ? min : number > max ? max : number;
}

uint64_t fsz_digits_run(struct fsz_sim *sim, struct fsz_execution *execution)
{
    struct digits *d = calloc(1, sizeof *d);
    if (d == NULL) {
        return 0;
    }
    fsz_words_split(&d->words, execution->arg, FSZ_WORDS_MAX);
    if (d->words.count <= VARIABLE) {
        fsz_emit_log(sim, execution->leg, "play_and_get_digits: too few arguments");
        free(d);
        return 0;
    }
    d->min = (size_t)digits_number(d->words.word[MIN], 0, KEYS_MAX);
    d->max = (size_t)digits_number(d->words.word[MAX], 1, KEYS_MAX);
    d->attempts = digits_number(d->words.word[ATTEMPTS], 1, ATTEMPTS_MAX);
    d->timeout_ms = (uint64_t)digits_number(d->words.word[TIMEOUT], 0, 3600000);
    if (strcasecmp(d->words.word[TERMINATORS], "none") == 0) {
        d->words.word[TERMINATORS] += strlen(d->words.word[TERMINATORS]);
    }
    fsz_variable_set_or_log(sim, execution->leg, d->words.word[VARIABLE], NULL);
    digits_begin_attempt(d, d->words.word[FILE_WORD]);
    execution->state = d;
    return FSZ_DIGIT_MS;
}

/* An attempt is over: true when it was the last. */
static bool digits_judge(struct fsz_sim *sim, struct fsz_leg *leg, struct digits *d)
{
    char name[FSZ_WORDS_BYTES];
    if (d->count >= d->min && digits_match(d)) {
        fsz_variable_set_or_log(sim, leg, d->words.word[VARIABLE], d->keys);
        return true;
    }
    snprintf(name, sizeof name, "%.200s_invalid", d->words.word[VARIABLE]);
    fsz_variable_set_or_log(sim, leg, name, d->keys);
    return --d->attempts <= 0;
}

uint64_t fsz_digits_next(struct fsz_sim *sim, struct fsz_execution *execution)
{
    struct digits *d = execution->state;
    uint64_t       step_ms = FSZ_DIGIT_MS;
    if (d == NULL) {
        return 0;
    }
    if (execution->leg->key_count == 0) {
        char key = digits_script(sim, execution->leg);
        step_ms = key == 'w' ? FSZ_DIGIT_REST_MS : FSZ_DIGIT_MS;
        (void)fsz_digits_press(sim, execution->leg, key); /* anything else is a pause */
    }
    d->left_ms = d->left_ms > step_ms ? d->left_ms - step_ms : 0;
    digits_take(d, execution->leg);
    if (!digits_are_enough(d) && d->left_ms > 0) {
        return step_ms;
    }
    if (digits_judge(sim, execution->leg, d)) {
        return 0;
    }
    digits_begin_attempt(d, d->words.word[INVALID_FILE]);
    return FSZ_DIGIT_MS;
}

void fsz_digits_ended(struct fsz_sim *sim, struct fsz_execution *execution)
{
    (void)sim;
    free(execution->state);
    execution->state = NULL;
}
