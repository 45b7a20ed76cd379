/* SPDX-License-Identifier: MPL-2.0 */
/* command_show.c - show channels, show calls, uuid_dump, in FreeSWITCH's formats. */
#include "event/encode.h"
#include "sim/command.h"
#include "sim/emit.h"
#include "sim/leg_headers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct column {
    const char *name;
    const char *header; /* NULL: the column is always empty here */
    int64_t     unit;   /* of a time: 1 a stamp, 2 seconds; 0: unchanged */
};
enum { AS_STAMP = 1, AS_SECONDS = 2 };

static const struct column CHANNEL_COLUMNS[] = {
    {"uuid", "Unique-ID", 0},
    {"direction", "Call-Direction", 0},
    {"created", "Caller-Channel-Created-Time", AS_STAMP},
    {"created_epoch", "Caller-Channel-Created-Time", AS_SECONDS},
    {"name", "Channel-Name", 0},
    {"state", "Channel-State", 0},
    {"cid_name", "Caller-Caller-ID-Name", 0},
    {"cid_num", "Caller-Caller-ID-Number", 0},
    {"ip_addr", "Caller-Network-Addr", 0},
    {"dest", "Caller-Destination-Number", 0},
    {"application", "variable_current_application", 0},
    {"application_data", "variable_current_application_data", 0},
    {"dialplan", "Caller-Dialplan", 0},
    {"context", "Caller-Context", 0},
    {"read_codec", "Channel-Read-Codec-Name", 0},
    {"read_rate", "Channel-Read-Codec-Rate", 0},
    {"read_bit_rate", "Channel-Read-Codec-Bit-Rate", 0},
    {"write_codec", "Channel-Write-Codec-Name", 0},
    {"write_rate", "Channel-Write-Codec-Rate", 0},
    {"write_bit_rate", "Channel-Write-Codec-Bit-Rate", 0},
    {"secure", NULL, 0},
    {"hostname", "FreeSWITCH-Hostname", 0},
    {"presence_id", "Channel-Presence-ID", 0},
    {"presence_data", "Channel-Presence-Data", 0},
    {"accountcode", "variable_accountcode", 0},
    {"callstate", "Channel-Call-State", 0},
    {"callee_name", "Caller-Callee-ID-Name", 0},
    {"callee_num", "Caller-Callee-ID-Number", 0},
    {"callee_direction", NULL, 0},
    {"call_uuid", "Channel-Call-UUID", 0},
    {"sent_callee_name", NULL, 0},
    {"sent_callee_num", NULL, 0},
    {"initial_cid_name", "Caller-Caller-ID-Name", 0},
    {"initial_cid_num", "Caller-Caller-ID-Number", 0},
    {"initial_ip_addr", "Caller-Network-Addr", 0},
    {"initial_dest", "Caller-Destination-Number", 0},
    {"initial_dialplan", "Caller-Dialplan", 0},
    {"initial_context", "Caller-Context", 0},
};
/* Columns of one leg; `show calls` has them twice. */
static const struct column CALL_COLUMNS[] = {
    {"uuid", "Unique-ID", 0},
    {"direction", "Call-Direction", 0},
    {"created", "Caller-Channel-Created-Time", AS_STAMP},
    {"created_epoch", "Caller-Channel-Created-Time", AS_SECONDS},
    {"name", "Channel-Name", 0},
    {"state", "Channel-State", 0},
    {"cid_name", "Caller-Caller-ID-Name", 0},
    {"cid_num", "Caller-Caller-ID-Number", 0},
    {"ip_addr", "Caller-Network-Addr", 0},
    {"dest", "Caller-Destination-Number", 0},
    {"presence_id", "Channel-Presence-ID", 0},
    {"presence_data", "Channel-Presence-Data", 0},
    {"accountcode", "variable_accountcode", 0},
    {"callstate", "Channel-Call-State", 0},
    {"callee_name", "Caller-Callee-ID-Name", 0},
    {"callee_num", "Caller-Callee-ID-Number", 0},
    {"callee_direction", NULL, 0},
    {"call_uuid", "Channel-Call-UUID", 0},
    {"hostname", "FreeSWITCH-Hostname", 0},
    {"sent_callee_name", NULL, 0},
    {"sent_callee_num", NULL, 0},
};
enum {
    CHANNEL_COLUMN_COUNT = sizeof CHANNEL_COLUMNS / sizeof *CHANNEL_COLUMNS,
    CALL_COLUMN_COUNT = sizeof CALL_COLUMNS / sizeof *CALL_COLUMNS,
};

/* One list that `show` prints. */
struct listing {
    struct fsz_sim      *sim;
    struct fsz_buffer   *output;
    const struct column *columns;
    size_t               column_count;
    bool                 calls; /* of calls, with the columns of the other leg after the first */
    bool                 json;
    uint32_t             rows;
};

static const char *listing_value(struct listing *list, const struct fsz_leg *leg,
                                 const struct column *column, struct fsz_calendar *calendar)
{
    if (leg == NULL || column->header == NULL) {
        return "";
    }
    const char *value = fsz_leg_header(list->sim, leg, column->header);
    if (column->unit == 0) {
        return value;
    }
    fsz_calendar_set(calendar, strtoll(value, NULL, 10));
    return calendar->stamp;
}

static void listing_cell(struct listing *list, const struct fsz_leg *leg,
                         const struct column *column, const char *prefix, bool first)
{
    struct fsz_calendar calendar = {0};
    char                seconds[24];
    const char         *value = listing_value(list, leg, column, &calendar);
    if (column->unit == AS_SECONDS && leg != NULL) {
        snprintf(seconds, sizeof seconds, "%lld", (long long)calendar.second);
        value = seconds;
    }
    if (!first) {
        fsz_buffer_text(list->output, ",");
    }
    if (list->json) {
        fsz_buffer_printf(list->output, "\"%s%s\":", prefix, column->name);
        fsz_encode_string(list->output, value);
    } else {
        fsz_buffer_text(list->output, value);
    }
}

static void listing_row(struct listing *list, const struct fsz_leg *leg)
{
    if (list->json) {
        fsz_buffer_text(list->output, list->rows > 0 ? ",{" : "{");
    }
    for (size_t i = 0; i < list->column_count; i++) {
        listing_cell(list, leg, &list->columns[i], "", i == 0);
    }
    for (size_t i = 0; list->calls && i < list->column_count; i++) {
        listing_cell(list, leg->callee, &list->columns[i], "b_", false);
    }
    fsz_buffer_text(list->output, list->json ? "}" : "\n");
    list->rows++;
}

static void listing_head(struct listing *list)
{
    for (size_t i = 0; i < list->column_count; i++) {
        fsz_buffer_printf(list->output, "%s%s", i == 0 ? "" : ",", list->columns[i].name);
    }
    for (size_t i = 0; list->calls && i < list->column_count; i++) {
        fsz_buffer_printf(list->output, ",b_%s", list->columns[i].name);
    }
    fsz_buffer_text(list->output, "\n");
}

/* As in FreeSWITCH, a channel that is not the second leg of a call counts as a call. */
static bool listing_has(const struct listing *list, const struct fsz_leg *leg)
{
    return !list->calls || leg->caller == NULL;
}

static uint32_t listing_count(const struct listing *list)
{
    uint32_t count = 0;
    for (const struct fsz_leg *leg = list->sim->channels; leg != NULL; leg = leg->hh.next) {
        count += listing_has(list, leg);
    }
    return count;
}

static void listing_write(struct listing *list)
{
    uint32_t count = listing_count(list);
    if (list->json) {
        fsz_buffer_printf(list->output, "{\"row_count\":%u", count);
        fsz_buffer_text(list->output, count > 0 ? ",\"rows\":[" : "");
    } else if (count > 0) {
        listing_head(list);
    }
    for (const struct fsz_leg *leg = list->sim->channels; leg != NULL; leg = leg->hh.next) {
        if (listing_has(list, leg)) {
            listing_row(list, leg);
        }
    }
    if (list->json) {
        fsz_buffer_text(list->output, count > 0 ? "]}\n" : "}\n");
    } else {
        fsz_buffer_printf(list->output, "\n%u total.\n", count);
    }
}

static void listing_write_count(struct listing *list)
{
    uint32_t count = listing_count(list);
    fsz_buffer_printf(list->output, list->json ? "{\"row_count\":%u}\n" : "\n%u total.\n", count);
}

void fsz_command_show(struct fsz_sim *sim, const struct fsz_words *words, struct fsz_buffer *output)
{
    struct listing list = {.sim = sim, .output = output};
    size_t         at = 1;
    if (strcasecmp(words->word[0], "channels") == 0) {
        list.columns = CHANNEL_COLUMNS;
        list.column_count = CHANNEL_COLUMN_COUNT;
    } else if (strcasecmp(words->word[0], "calls") == 0) {
        list.columns = CALL_COLUMNS;
        list.column_count = CALL_COLUMN_COUNT;
        list.calls = true;
    }
    bool count = words->count > at && strcasecmp(words->word[at], "count") == 0;
    at += count;
    if (words->count == at + 2 && strcasecmp(words->word[at], "as") == 0 &&
        strcasecmp(words->word[at + 1], "json") == 0) {
        list.json = true;
        at += 2;
    }
    if (list.columns == NULL || words->count != at) {
        fsz_buffer_text(output,
                        "-USAGE: channels [count] [as json]|calls [count] [as json]|api [as "
                        "json]\n");
    } else if (count) {
        listing_write_count(&list);
    } else {
        listing_write(&list);
    }
}

/* Percent-encoded, as in FreeSWITCH's plain format. */
static void dump_value(struct fsz_buffer *output, const char *value)
{
    for (; *value != '\0'; value++) {
        unsigned char byte = (unsigned char)*value;
        if (byte <= ' ' || byte >= 127 || strchr("\"#%&+:;<=>?@[\\]^`{|}", byte) != NULL) {
            fsz_buffer_printf(output, "%%%02X", byte);
        } else {
            fsz_buffer_append(output, &byte, 1);
        }
    }
}

static void dump_plain(const struct fsz_header *headers, struct fsz_buffer *output)
{
    fsz_buffer_text(output, "Event-Name: CHANNEL_DATA\n");
    for (; headers->name != NULL; headers++) {
        if (headers->value_count == 0) {
            fsz_buffer_printf(output, "%s: ", headers->name);
            dump_value(output, headers->value);
            fsz_buffer_text(output, "\n");
        }
        for (size_t i = 0; i < headers->value_count; i++) {
            fsz_buffer_printf(output, i == 0 ? "%s: ARRAY::" : "|:", headers->name);
            dump_value(output, headers->values[i]);
        }
        fsz_buffer_text(output, headers->value_count > 0 ? "\n" : "");
    }
}

void fsz_command_dump(struct fsz_sim *sim, const struct fsz_words *words, struct fsz_buffer *output)
{
    struct fsz_leg *leg = fsz_command_leg(sim, words->word[0], output);
    bool            json = words->count > 1 && strcasecmp(words->word[1], "json") == 0;
    if (leg == NULL) {
        return;
    }
    struct fsz_header *headers = fsz_emit_headers(sim, leg);
    if (headers == NULL) {
        fsz_buffer_text(output, "-ERR Memory Error!\n");
    } else if (json) {
        struct fsz_event view = {
            .name = "CHANNEL_DATA", .headers = headers, .read = fsz_headers_of_array};
        fsz_err err = fsz_encode(&view, NULL, 0, output, NULL);
        fsz_buffer_text(output, err == FSZ_OK ? "\n" : "-ERR Memory Error!\n");
    } else {
        dump_plain(headers, output);
    }
    free(headers);
}
