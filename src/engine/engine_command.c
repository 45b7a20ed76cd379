/* SPDX-License-Identifier: MPL-2.0 */
/* The `zmq` commands of the switch's console. */
#include "engine/engine.h"
#include "engine/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMMAND_WORDS_BYTES = 1024 };

static void command_write_json(const json_t *status, struct fsz_buffer *out)
{
    char *text = json_dumps(status, JSON_COMPACT);
    fsz_buffer_printf(out, "%s\n", text ? text : "{}");
    free(text);
}

static const char command_usage[] =
    "-USAGE: zmq status [json] | streams | api | services | bindings | clients [json] [after=ID] "
    "[limit=N] [owner=OWNER] [user=USER] [address=ADDRESS] | kick ID | cache flush [pattern] | "
    "reload | help\n";

static void command_write_help(const json_t *status, struct fsz_buffer *out)
{
    (void)status;
    fsz_buffer_text(
        out, "zmq status       uptime, events, queue, refusals, endpoints\n"
             "zmq status json  the status and all counters, for programs\n"
             "zmq streams      each stream: numbers, subscribers, endpoints\n"
             "zmq api          API sockets: requests by outcome, workers, jobs, endpoints\n"
             "zmq services     services: providers, replies, requests that wait\n"
             "zmq bindings     lookups of XML for each binding, and the cache\n"
             "zmq clients [json] [after=ID] [limit=N] [owner=OWNER] [user=USER] "
             "[address=ADDRESS]  connections: user, address, age, traffic\n"
             "zmq kick ID      ends a connection\n"
             "zmq cache flush [pattern]  removes cached replies, all or those whose key matches: "
             "binding/section/tag/key/value/…, * matches any text\n"
             "zmq reload       reads the configuration again; one with mistakes changes nothing\n"
             "zmq help         this list\n");
}

static fsz_err command_flush(struct fsz_engine *engine, const char *pattern,
                             struct fsz_buffer *output)
{
    size_t  count = 0;
    fsz_err err = fsz_engine_flush_lookups(engine, pattern[0] == '\0' ? NULL : pattern, &count);
    if (err == FSZ_OK) {
        fsz_buffer_printf(output, "+OK %zu removed\n", count);
    } else {
        fsz_buffer_text(output, "-ERR not started\n");
    }
    return err;
}

/* ---- connections ----------------------------------------------------------------------------- */

/* The argument of the command with that name; NULL: `line` is another command. */
static const char *command_argument(const char *line, const char *name)
{
    size_t length = strlen(name);
    if (strncmp(line, name, length) != 0 || (line[length] != '\0' && line[length] != ' ')) {
        return NULL;
    }
    return line + length + strspn(line + length, " ");
}

static bool command_read_number(const char *text, uint64_t *ret_number)
{
    char              *end = NULL;
    unsigned long long number = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || number > INT64_MAX) {
        return false;
    }
    *ret_number = number;
    return true;
}

/* Reads one word of `zmq clients`; false: unknown or invalid. */
static bool command_read_word(char *word, struct fsz_connections_query *query, bool *json)
{
    char    *value = strchr(word, '=');
    uint64_t number = 0;
    if (value == NULL) {
        *json = true;
        return strcmp(word, "json") == 0;
    }
    *value++ = '\0';
    if (strcmp(word, "owner") == 0) {
        query->owner = value;
    } else if (strcmp(word, "user") == 0) {
        query->user = value;
    } else if (strcmp(word, "address") == 0) {
        query->address = value;
    } else if (strcmp(word, "after") == 0) {
        return command_read_number(value, &query->after);
    } else {
        bool valid = strcmp(word, "limit") == 0 && command_read_number(value, &number) &&
                     number >= 1 && number <= FSZ_CONNECTIONS_MAX;
        query->limit = (size_t)number;
        return valid;
    }
    return true;
}

static fsz_err command_clients(struct fsz_engine *engine, const char *argument,
                               struct fsz_buffer *output)
{
    struct fsz_connections_query query = {0};
    char                         words[COMMAND_WORDS_BYTES], *rest = NULL;
    bool                         json = false;
    if (strlen(argument) >= sizeof(words)) {
        fsz_buffer_text(output, command_usage);
        return FSZ_EINVALID;
    }
    snprintf(words, sizeof(words), "%s", argument);
    for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        if (!command_read_word(word, &query, &json)) {
            fsz_buffer_text(output, command_usage);
            return FSZ_EINVALID;
        }
    }
    json_t *clients = fsz_engine_clients(engine, &query);
    if (clients == NULL) {
        fsz_buffer_text(output, "-ERR not started\n");
        return FSZ_ECLOSED;
    }
    (json ? command_write_json : fsz_connections_write)(clients, output);
    json_decref(clients);
    return FSZ_OK;
}

static fsz_err command_kick(struct fsz_engine *engine, const char *argument,
                            struct fsz_buffer *output)
{
    uint64_t id = 0;
    if (!command_read_number(argument, &id)) {
        fsz_buffer_text(output, command_usage);
        return FSZ_EINVALID;
    }
    fsz_err err = fsz_engine_kick(engine, id);
    if (err == FSZ_OK) {
        fsz_buffer_text(output, "+OK\n");
    } else if (err == FSZ_ENOTFOUND) {
        fsz_buffer_printf(output, "-ERR no connection has the id %" PRIu64 "\n", id);
    } else {
        fsz_buffer_text(output, "-ERR not started\n");
    }
    return err;
}

/* ---- dispatch -------------------------------------------------------------------------------- */

fsz_err fsz_engine_command(struct fsz_engine *engine, const char *line, struct fsz_buffer *output)
{
    static const struct {
        const char *line;
        void (*write)(const json_t *status, struct fsz_buffer *out);
    } commands[] = {
        {"status", fsz_status_write_summary},
        {"status json", command_write_json},
        {"streams", fsz_status_write_streams},
        {"api", fsz_status_write_api},
        {"services", fsz_status_write_services},
        {"bindings", fsz_status_write_bindings},
        {"help", command_write_help},
    };
    size_t      index = 0, count = sizeof(commands) / sizeof(commands[0]);
    const char *argument = NULL;
    if ((argument = command_argument(line, "cache flush")) != NULL) {
        return command_flush(engine, argument, output);
    }
    if ((argument = command_argument(line, "clients")) != NULL) {
        return command_clients(engine, argument, output);
    }
    if ((argument = command_argument(line, "kick")) != NULL) {
        return command_kick(engine, argument, output);
    }
    while (index < count && strcmp(line, commands[index].line) != 0) {
        index++;
    }
    if (index == count) {
        fsz_buffer_text(output, command_usage);
        return FSZ_EINVALID;
    }
    json_t *status = fsz_engine_status(engine);
    if (status == NULL) {
        fsz_buffer_text(output, "-ERR not started\n");
        return FSZ_ECLOSED;
    }
    commands[index].write(status, output);
    json_decref(status);
    return FSZ_OK;
}
