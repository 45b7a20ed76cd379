/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/template.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    USEC_DIGITS = 16,     /* microseconds since 1970, from 2001 to 2286 */
    WINDOW_S = 24 * 3600, /* a number this close to the flow's start is a time */
    APP_LEG = 0,          /* the leg that runs an originated application */
};

/* Headers whose whole value has one meaning, by name. */
static const struct {
    const char        *header;
    enum fsz_part_type type;
} WHOLE[] = {
    {"Event-Date-Timestamp", FSZ_PART_NOW_USEC},
    {"Event-Date-Local", FSZ_PART_NOW_STAMP},
    {"Event-Date-GMT", FSZ_PART_NOW_GMT},
    {"Event-Sequence", FSZ_PART_SEQUENCE},
    {"variable_session_id", FSZ_PART_SESSION},
    {"Hangup-Cause", FSZ_PART_CAUSE},
    {"variable_hangup_cause", FSZ_PART_CAUSE},
    {"variable_hangup_cause_q850", FSZ_PART_CAUSE_Q850},
};

static const char *const LIVE_HEADERS[] = {
#define LIVE_HEADER(code, name) name,
    FSZ_LIVES(LIVE_HEADER)
#undef LIVE_HEADER
};

/* Headers with the application of an originated call. */
static const char *const APP_HEADERS[] = {"Application", "variable_current_application",
                                          "variable_last_app"};

fsz_err fsz_template_add(struct fsz_template *t, enum fsz_part_type type, uint32_t arg,
                         int64_t number, const char *text, size_t length)
{
    struct fsz_part *parts = reallocarray(t->parts, t->part_count + 1, sizeof *parts);
    char            *copy = strndup(text, length);
    if (parts != NULL) {
        t->parts = parts;
    }
    if (parts == NULL || copy == NULL) {
        free(copy);
        return FSZ_ENOMEM;
    }
    parts[t->part_count++] =
        (struct fsz_part){.type = type, .arg = arg, .number = number, .text = copy};
    return FSZ_OK;
}

void fsz_template_fini(struct fsz_template *t)
{
    for (size_t i = 0; i < t->part_count; i++) {
        free(t->parts[i].text);
    }
    free(t->parts);
    *t = (struct fsz_template){0};
}

bool fsz_template_is_constant(const struct fsz_template *t)
{
    return t->part_count == 1 && t->parts[0].type == FSZ_PART_TEXT;
}

bool fsz_template_near(int64_t start_us, int64_t time_us)
{
    int64_t distance_s = time_us < 0 ? WINDOW_S : (time_us - start_us) / 1000000;
    return distance_s > -WINDOW_S && distance_s < WINDOW_S;
}

fsz_err fsz_template_instant(struct fsz_template_scope *scope, int64_t time_us, uint32_t *ret_index)
{
    int64_t offset_us = time_us - scope->start_us;
    for (size_t i = 0; i < scope->instant_count; i++) {
        if (scope->instants_us[i] == offset_us) {
            *ret_index = (uint32_t)i;
            return FSZ_OK;
        }
    }
    if (scope->instant_count == FSZ_INSTANTS_MAX) {
        return FSZ_ELIMIT;
    }
    scope->instants_us[scope->instant_count] = offset_us;
    *ret_index = (uint32_t)scope->instant_count++;
    return FSZ_OK;
}

/* A part other than text that begins at `at`; length 0: none. */
struct found {
    enum fsz_part_type type;
    size_t             length;
    int64_t            number; /* for a time: microseconds */
    uint32_t           arg;
};

static size_t template_digits(const char *text)
{
    size_t count = strspn(text, "0123456789");
    return count;
}

static bool template_find_time(const struct fsz_template_scope *scope, const char *at,
                               struct found *ret_found)
{
    size_t digits = template_digits(at);
    if (digits != USEC_DIGITS && digits != USEC_DIGITS - 6) {
        return false;
    }
    bool    is_usec = digits == USEC_DIGITS;
    int64_t time_us = strtoll(at, NULL, 10) * (is_usec ? 1 : 1000000);
    if (!fsz_template_near(scope->start_us, time_us)) {
        return false;
    }
    *ret_found = (struct found){
        .type = is_usec ? FSZ_PART_USEC : FSZ_PART_SECOND, .length = digits, .number = time_us};
    return true;
}

static bool template_find_stamp(const char *at, struct found *ret_found)
{
    static const char shape[] = "0000-00-00 00:00:00";
    size_t            i = 0;
    while (shape[i] != '\0' &&
           (shape[i] == '0' ? isdigit((unsigned char)at[i]) != 0 : at[i] == shape[i])) {
        i++;
    }
    if (shape[i] != '\0') {
        return false;
    }
    *ret_found = (struct found){.type = FSZ_PART_STAMP, .length = i};
    return true;
}

static bool template_find_number(const struct fsz_template_scope *scope, const char *value,
                                 const char *at, struct found *ret_found)
{
    static const char before[] = "loopback/";
    size_t            length = scope->number == NULL ? 0 : strlen(scope->number);
    size_t            lead = sizeof before - 1;
    if (length == 0 || strncmp(at, scope->number, length) != 0) {
        return false;
    }
    bool whole = at == value && at[length] == '\0';
    bool named = (size_t)(at - value) >= lead && strncmp(at - lead, before, lead) == 0;
    *ret_found = (struct found){.type = FSZ_PART_NUMBER, .length = length};
    return whole || named;
}

static bool template_find(const struct fsz_template_scope *scope, const char *value, const char *at,
                          struct found *ret_found)
{
    for (size_t i = 0; i < scope->fresh_count; i++) {
        size_t length = strlen(scope->fresh[i]);
        if (strncmp(at, scope->fresh[i], length) == 0) {
            *ret_found =
                (struct found){.type = FSZ_PART_FRESH, .length = length, .arg = (uint32_t)i};
            return true;
        }
    }
    if (at > value && isdigit((unsigned char)at[-1]) && isdigit((unsigned char)at[0])) {
        return false; /* part of a longer number */
    }
    return template_find_stamp(at, ret_found) || template_find_time(scope, at, ret_found) ||
           template_find_number(scope, value, at, ret_found);
}

static fsz_err template_add_found(struct fsz_template_scope *scope, struct fsz_template *t,
                                  const struct found *found, const char *at)
{
    uint32_t arg = found->arg;
    fsz_err  err = FSZ_OK;
    if (found->type == FSZ_PART_USEC || found->type == FSZ_PART_SECOND) {
        err = fsz_template_instant(scope, found->number, &arg);
    }
    return err != FSZ_OK ? err
                         : fsz_template_add(t, found->type, arg, found->number, at, found->length);
}

static fsz_err template_scan(struct fsz_template_scope *scope, const char *value,
                             struct fsz_template *t)
{
    const char  *text = value, *at = value;
    struct found found;
    fsz_err      err = FSZ_OK;
    while (err == FSZ_OK && *at != '\0') {
        if (!template_find(scope, value, at, &found)) {
            at++;
            continue;
        }
        if (at > text) {
            err = fsz_template_add(t, FSZ_PART_TEXT, 0, 0, text, (size_t)(at - text));
        }
        if (err == FSZ_OK) {
            err = template_add_found(scope, t, &found, at);
        }
        at += found.length;
        text = at;
    }
    if (err == FSZ_OK && (at > text || t->part_count == 0)) {
        err = fsz_template_add(t, FSZ_PART_TEXT, 0, 0, text, (size_t)(at - text));
    }
    return err;
}

/* Decides by the header's name; *ret_done says whether that was enough. */
static fsz_err template_by_name(const struct fsz_template_scope *scope, const char *header,
                                const char *value, int leg, struct fsz_template *t, bool *ret_done)
{
    size_t length = strlen(value);
    *ret_done = true;
    for (size_t i = 0; i < sizeof WHOLE / sizeof *WHOLE; i++) {
        if (strcasecmp(header, WHOLE[i].header) == 0) {
            return fsz_template_add(t, WHOLE[i].type, (uint32_t)(leg < 0 ? 0 : leg), 0, value,
                                    length);
        }
    }
    for (uint32_t i = 0; i < FSZ_LIVE_COUNT; i++) {
        if (strcasecmp(header, LIVE_HEADERS[i]) == 0) {
            return fsz_template_add(t, FSZ_PART_LIVE, i, 0, value, length);
        }
    }
    for (size_t i = 0; i < sizeof APP_HEADERS / sizeof *APP_HEADERS; i++) {
        if (scope->app != NULL && leg == APP_LEG && strcasecmp(header, APP_HEADERS[i]) == 0 &&
            strcmp(value, scope->app) == 0) {
            return fsz_template_add(t, FSZ_PART_APP, 0, 0, value, length);
        }
    }
    *ret_done = false;
    return FSZ_OK;
}

fsz_err fsz_template_compile(struct fsz_template_scope *scope, const char *header,
                             const char *value, int leg, struct fsz_template *ret_template)
{
    struct fsz_template t = {0};
    bool                done = false;
    fsz_err             err = template_by_name(scope, header, value, leg, &t, &done);
    if (err == FSZ_OK && !done) {
        err = template_scan(scope, value, &t);
    }
    if (err != FSZ_OK) {
        fsz_template_fini(&t);
        return err;
    }
    *ret_template = t;
    return FSZ_OK;
}
