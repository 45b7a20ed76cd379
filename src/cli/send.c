/* SPDX-License-Identifier: MPL-2.0 */
/* `fszmq send`: fires an event in the switch. */
#include "base/eventname.h"
#include "cli/ask.h"
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

struct send_options {
    struct fsz_client_options client;
    bool                      json;
    const char               *body;
};

static const struct fsz_option send_options[] = {
    {"json", 'j', FSZ_OPTION_FLAG, offsetof(struct send_options, json), NULL,
     "read the event from standard input, as a JSON object"},
    {"body", 'b', FSZ_OPTION_TEXT, offsetof(struct send_options, body), "TEXT", "the event's body"},
    FSZ_CLIENT_OPTIONS(struct send_options, client),
    {0},
};

static const struct fsz_usage send_usage = {
    .program = "fszmq send",
    .arguments = "[OPTION...] NAME[/SUBCLASS] [HEADER=VALUE...]\n       fszmq send --json",
    .summary = "Fires an event in the switch, such as CUSTOM/acme::alarm.",
    .options = send_options,
};

/* Makes the event from the words. NULL: out of memory, or *ret_bad is not HEADER=VALUE. */
static json_t *send_event(const struct send_options *options, char **words, int count,
                          const char **ret_bad)
{
    const char *kind = words[0];
    size_t      length = strcspn(kind, "/");
    const char *subclass = kind[length] == '/' ? kind + length + 1 : NULL;
    json_t     *headers = fsz_ask_pairs(words + 1, count - 1, ret_bad);
    if (headers == NULL) {
        return NULL;
    }
    json_t *event = json_pack("{ss% ss* ss*}", "Event-Name", kind, length, "Event-Subclass",
                              subclass, "_body", options->body);
    if (json_object_update_missing(event, headers) != 0) {
        json_decref(event);
        event = NULL;
    }
    json_decref(headers);
    return event;
}

static int send_run(const struct send_options *options, json_t *event)
{
    return fsz_ask_once(send_usage.program, &options->client, "event.send",
                        json_pack("{so}", "event", event), NULL);
}

static int send_json(const struct send_options *options)
{
    json_error_t error;
    json_t      *event = json_loadf(stdin, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(event)) {
        json_decref(event);
        return fsz_usage_error(&send_usage, "standard input is not a JSON object, line %d: %s",
                               error.line, error.text);
    }
    return send_run(options, event);
}

int fsz_send_command(int argc, char **argv)
{
    struct send_options options = {0};
    const char         *bad = NULL;
    char                why[FSZ_EVENTNAME_WHY_BYTES];
    int                 exit_code = FSZ_EXIT_OK;
    int                 first = fsz_options_read(&send_usage, argc, argv, &options, &exit_code);
    if (first < 0) {
        return exit_code;
    }
    if (options.json) {
        return send_json(&options);
    }
    if (first == argc) {
        return fsz_usage_error(&send_usage, "no event");
    }
    if (!fsz_ask_is_text(&send_usage, argv + first, argc - first)) {
        return FSZ_EXIT_USAGE;
    }
    if (!fsz_eventname_is_valid(argv[first], strlen(argv[first]), why)) {
        return fsz_usage_error(&send_usage, "'%s': %s", argv[first], why);
    }
    json_t *event = send_event(&options, argv + first, argc - first, &bad);
    if (bad != NULL) {
        return fsz_usage_error(&send_usage, "'%s' is not HEADER=VALUE", bad);
    }
    return send_run(&options, event);
}
