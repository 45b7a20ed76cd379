/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/pretty.h"

#include "cli/headers.h"
#include "cli/text.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PRETTY_DIM "2"
#define PRETTY_RESET "\x1b[0m"

enum {
    PRETTY_NAME_WIDTH = 26,
    PRETTY_UUID_SHOWN = 8,    /* bytes of a UUID: enough to tell calls apart, and for --uuid */
    PRETTY_VALUE_BYTES = 120, /* of a header's value; the rest is not shown */
};

/* How to show an event type; the first match counts. In `details`, {Header} stands for the value of
 * that header and {Header:8} for its first 8 bytes. A part in brackets is shown only if each header
 * in it has a value. */
struct pretty_kind {
    const char *name;     /* fnmatch pattern on Event-Name */
    const char *subclass; /* fnmatch pattern, or NULL: any */
    const char *colour;   /* SGR parameters */
    const char *details;
};

static const struct pretty_kind pretty_kinds[] = {
    {"CHANNEL_CREATE", NULL, "1;32", "{Call-Direction} {Channel-Name}"},
    {"CHANNEL_OUTGOING", NULL, "32", "{Channel-Name}"},
    {"CHANNEL_ORIGINATE", NULL, "32", "{Channel-Name}"},
    {"CHANNEL_PROGRESS*", NULL, "32", "{Answer-State}[ {Channel-Read-Codec-Name}]"},
    {"CHANNEL_ANSWER", NULL, "1;32", "{Answer-State}[ {Channel-Read-Codec-Name}]"},
    {"CHANNEL_BRIDGE", NULL, "1;36", "[{Bridge-A-Unique-ID:8} with {Bridge-B-Unique-ID:8}]"},
    {"CHANNEL_UNBRIDGE", NULL, "36",
     "[{Bridge-A-Unique-ID:8} from {Bridge-B-Unique-ID:8}][ {Hangup-Cause}]"},
    {"CHANNEL_HANGUP", NULL, "1;31", "{Hangup-Cause}"},
    {"CHANNEL_HANGUP_COMPLETE", NULL, "31",
     "{Hangup-Cause}[ {variable_duration} s][ ({variable_billsec} s answered)]"},
    {"CHANNEL_DESTROY", NULL, "31", "{Hangup-Cause}"},
    {"CHANNEL_STATE", NULL, PRETTY_DIM, "{Channel-State}"},
    {"CHANNEL_CALLSTATE", NULL, PRETTY_DIM,
     "[{Original-Channel-Call-State} to ]{Channel-Call-State}"},
    {"CHANNEL_EXECUTE", NULL, "36", "{Application}[({Application-Data})]"},
    {"CHANNEL_EXECUTE_COMPLETE", NULL, "36",
     "{Application}[({Application-Data})][ = {Application-Response}]"},
    {"CHANNEL_*", NULL, "36", "{Channel-Call-State}[ {Hangup-Cause}]"},
    {"CALL_UPDATE", NULL, "36", "{Direction}[ {Bridged-To:8}]"},
    {"DTMF", NULL, "1;33", "{DTMF-Digit}[ ({DTMF-Duration} samples)][ {DTMF-Source}]"},
    {"PLAYBACK_*", NULL, "36", "{Playback-File-Path}[ {Playback-Status}]"},
    {"RECORD_*", NULL, "36", "{Record-File-Path}"},
    {"CODEC", NULL, PRETTY_DIM,
     "[read {channel-read-codec-name}/{channel-read-codec-rate}]"
     "[ write {channel-write-codec-name}/{channel-write-codec-rate}]"},
    {"API", NULL, PRETTY_DIM, "{API-Command}[ {API-Command-Argument}]"},
    {"BACKGROUND_JOB", NULL, "34",
     "{Job-Command}[ {Job-Command-Arg}][ job {Job-UUID:8}][ {_body}]"},
    {"MODULE_*", NULL, PRETTY_DIM, "{type} {name}[ ({key})]"},
    {"HEARTBEAT", NULL, PRETTY_DIM, "[{Session-Count} sessions][, {Idle-CPU} % idle]"},
    {"RE_SCHEDULE", NULL, PRETTY_DIM, "{Task-Desc}"},
    {"PRESENCE_*", NULL, "34", "{from}[ {status}][ {force-status}][ {answer-state}]"},
    {"MESSAGE*", NULL, "34", "{from} to {to}[ {_body}]"},
    {"PRIVATE_COMMAND", NULL, PRETTY_DIM,
     "{call-command}[ {execute-app-name}][({execute-app-arg})]"},
    {"CUSTOM", "conference::*", "35",
     "{Conference-Name} {Action}[ member {Member-ID}][ of {Conference-Size}]"},
    {"CUSTOM", "sofia::*register*", "35", "{from-user}@{from-host}[ {status}][ {network-ip}]"},
    {"CUSTOM", "sofia::gateway*", "35", "{Gateway}[ {State}][ {Status}]"},
    {"CUSTOM", "fszmq::client", "34",
     "{Client-Action}[ {Client-Group}][ {Client-Owner}][ {Client-Address}][ user {Client-User}]"
     "[: {Client-Reason}][, {Client-Suppressed} suppressed]"},
    {"CUSTOM", NULL, "35", "[{Action}][ {status}]"},
    {"*", NULL, "34", ""},
};

static const struct pretty_kind *pretty_kind_of(const char *name, const char *subclass)
{
    const struct pretty_kind *kind = pretty_kinds;
    while (fnmatch(kind->name, name, 0) != 0 ||
           (kind->subclass != NULL && fnmatch(kind->subclass, subclass, 0) != 0)) {
        if (strcmp(kind->name, "*") == 0) {
            break; /* the last one; fnmatch rejects some names */
        }
        kind++;
    }
    return kind;
}

static void pretty_colour(const struct fsz_pretty *pretty, FILE *out, const char *colour)
{
    if (pretty->colour) {
        fprintf(out, "\x1b[%sm", colour);
    }
}

static void pretty_reset(const struct fsz_pretty *pretty, FILE *out)
{
    if (pretty->colour) {
        fputs(PRETTY_RESET, out);
    }
}

static void pretty_value(const struct fsz_pretty *pretty, FILE *out, const char *text, size_t most)
{
    size_t size = strlen(text);
    if (size <= most) {
        fsz_text_put(out, text, size);
        return;
    }
    size = most;
    while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80) {
        size--; /* do not split a character */
    }
    fsz_text_put(out, text, size);
    if (most > PRETTY_UUID_SHOWN) {
        fputs(pretty->utf8 ? "…" : "...", out);
    }
}

/* Writes the value for the placeholder at `at`, unless `out` is NULL. Returns the position after
 * the placeholder. Sets *ret_empty if there is no value. */
static const char *pretty_placeholder(const struct fsz_pretty *pretty, FILE *out,
                                      const json_t *event, const char *at, bool *ret_empty)
{
    char        name[64];
    size_t      size = strcspn(at + 1, ":}");
    size_t      most = PRETTY_VALUE_BYTES;
    const char *end = strchr(at, '}');
    snprintf(name, sizeof name, "%.*s", (int)size, at + 1);
    if (at[1 + size] == ':') {
        most = strtoul(at + 2 + size, NULL, 10);
    }
    const char *value = fsz_headers_text(event, name);
    if (value[0] == '\0' || strcmp(value, "_none_") == 0) { /* the switch's mark for no value */
        *ret_empty = true;
    } else if (out != NULL) {
        pretty_value(pretty, out, value, most);
    }
    return end + 1;
}

/* Whether a header in the bracket at `at` has no value. *ret_after is the position after the
 * closing bracket. */
static bool pretty_bracket_is_empty(const json_t *event, const char *at, const char **ret_after)
{
    bool        empty = false;
    const char *end = strchr(at, ']');
    while ((at = strchr(at, '{')) != NULL && at < end) {
        at = pretty_placeholder(NULL, NULL, event, at, &empty);
    }
    *ret_after = end + 1;
    return empty;
}

static void pretty_details(const struct fsz_pretty *pretty, FILE *out, const json_t *event,
                           const char *details)
{
    bool        ignored = false;
    const char *after = NULL;
    for (const char *at = details; *at != '\0';) {
        if (*at == '{') {
            at = pretty_placeholder(pretty, out, event, at, &ignored);
        } else if (*at == '[') {
            at = pretty_bracket_is_empty(event, at, &after) ? after : at + 1;
        } else {
            if (*at != ']') {
                fputc(*at, out);
            }
            at++;
        }
    }
}

static void pretty_time(const struct fsz_pretty *pretty, FILE *out, const json_t *event)
{
    char      text[32] = "--:--:--";
    int64_t   us = strtoll(fsz_headers_text(event, "Event-Date-Timestamp"), NULL, 10);
    time_t    seconds = (time_t)(us / 1000000);
    struct tm local;
    if (us > 0 && localtime_r(&seconds, &local) != NULL) {
        strftime(text, sizeof text, "%H:%M:%S", &local);
    }
    pretty_colour(pretty, out, PRETTY_DIM);
    fprintf(out, "%s.%03d ", text, us > 0 ? (int)(us / 1000 % 1000) : 0);
    pretty_reset(pretty, out);
}

static void pretty_name(const struct fsz_pretty *pretty, FILE *out, const char *name,
                        const char *subclass, const char *colour)
{
    /* With a subclass, "CUSTOM" adds no information. */
    const char *shown = subclass[0] != '\0' && strcmp(name, "CUSTOM") == 0 ? subclass : name;
    shown = shown[0] == '\0' ? "?" : shown;
    int width = (int)strnlen(shown, PRETTY_VALUE_BYTES);
    pretty_colour(pretty, out, colour);
    pretty_value(pretty, out, shown, PRETTY_VALUE_BYTES);
    pretty_reset(pretty, out);
    fprintf(out, "%*s ", width < PRETTY_NAME_WIDTH ? PRETTY_NAME_WIDTH - width : 0, "");
}

static void pretty_parties(const struct fsz_pretty *pretty, FILE *out, const json_t *event)
{
    const char *caller = fsz_headers_text(event, "Caller-Caller-ID-Number");
    const char *destination = fsz_headers_text(event, "Caller-Destination-Number");
    if (caller[0] == '\0' && destination[0] == '\0') {
        return;
    }
    pretty_value(pretty, out, caller, PRETTY_VALUE_BYTES);
    fputs(pretty->utf8 ? "→" : "->", out);
    pretty_value(pretty, out, destination, PRETTY_VALUE_BYTES);
    fputs("  ", out);
}

static void pretty_fields(const struct fsz_pretty *pretty, FILE *out, const json_t *event)
{
    for (size_t i = 0; i < pretty->fields->count; i++) {
        const char *name = pretty->fields->items[i];
        fsz_text_puts(out, name);
        fputc('=', out);
        pretty_value(pretty, out, fsz_headers_text(event, name), PRETTY_VALUE_BYTES);
        fputc(i + 1 < pretty->fields->count ? ' ' : '\n', out);
    }
}

void fsz_pretty_event(const struct fsz_pretty *pretty, FILE *out, const json_t *event)
{
    const char               *name = fsz_headers_text(event, "Event-Name");
    const char               *subclass = fsz_headers_text(event, "Event-Subclass");
    const char               *uuid = fsz_headers_text(event, "Unique-ID");
    const struct pretty_kind *kind = pretty_kind_of(name, subclass);
    pretty_time(pretty, out, event);
    pretty_name(pretty, out, name, subclass, kind->colour);
    if (pretty->fields != NULL && pretty->fields->count > 0) {
        pretty_fields(pretty, out, event);
        return;
    }
    pretty_colour(pretty, out, "33");
    fprintf(out, "%*s", (int)(PRETTY_UUID_SHOWN - strnlen(uuid, PRETTY_UUID_SHOWN)), "");
    pretty_value(pretty, out, uuid, PRETTY_UUID_SHOWN);
    pretty_reset(pretty, out);
    fputc(' ', out);
    pretty_parties(pretty, out, event);
    pretty_details(pretty, out, event, kind->details);
    fputc('\n', out);
}

void fsz_pretty_meta(const struct fsz_pretty *pretty, FILE *out, const json_t *meta)
{
    pretty_colour(pretty, out, PRETTY_DIM);
    pretty_value(pretty, out, fsz_headers_text(meta, "stream"), PRETTY_VALUE_BYTES);
    fprintf(out, " %" JSON_INTEGER_FORMAT, json_integer_value(json_object_get(meta, "seq")));
    const json_t *type_seq = json_object_get(meta, "type_seq");
    if (type_seq != NULL) {
        fprintf(out, "/%" JSON_INTEGER_FORMAT, json_integer_value(type_seq));
    }
    pretty_reset(pretty, out);
    fputc(' ', out);
}
