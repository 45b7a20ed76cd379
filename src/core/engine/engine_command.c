/* The `zmq` commands: a status, as text or as JSON. */
#include "engine.h"
#include "status.h"

#include <stdlib.h>
#include <string.h>

static void command_write_json(const json_t *status, struct fsz_buffer *out)
{
    char *text = json_dumps(status, JSON_COMPACT);
    fsz_buffer_printf(out, "%s\n", text ? text : "{}");
    free(text);
}

static const char command_usage[] =
    "-USAGE: zmq status [json] | streams | api | services | bindings | cache flush [pattern] | "
    "reload | help\n";

static void command_write_help(const json_t *status, struct fsz_buffer *out)
{
    (void)status;
    fsz_buffer_text(out,
                    "zmq status       uptime, events, queue, what was refused, endpoints\n"
                    "zmq status json  the same and all counters, for programs\n"
                    "zmq streams      each stream: numbers, subscribers, endpoints\n"
                    "zmq api          API channels: requests by outcome, workers, jobs, endpoints\n"
                    "zmq services     services: their providers, how they answer, who waits\n"
                    "zmq bindings     lookups of XML: by binding, and the cache\n"
                    "zmq cache flush [pattern]  forgets answers, all or those whose key matches: "
                    "binding/section/tag/key/value/…, * for any text\n"
                    "zmq reload       reads the configuration again; a bad one changes nothing\n"
                    "zmq help         this\n");
}

/* The pattern of `cache flush`, empty for all; NULL: another command. */
static const char *command_flush_pattern(const char *line)
{
    static const char flush[] = "cache flush";
    size_t            length = sizeof(flush) - 1;
    if (strncmp(line, flush, length) != 0 || (line[length] != '\0' && line[length] != ' ')) {
        return NULL;
    }
    return line + length + strspn(line + length, " ");
}

static fsz_err command_flush(struct fsz_engine *engine, const char *pattern,
                             struct fsz_buffer *output)
{
    size_t  count = 0;
    fsz_err err = fsz_engine_flush_lookups(engine, pattern[0] == '\0' ? NULL : pattern, &count);
    if (err == FSZ_OK) {
        fsz_buffer_printf(output, "+OK %zu forgotten\n", count);
    } else {
        fsz_buffer_text(output, "-ERR not started\n");
    }
    return err;
}

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
    const char *pattern = command_flush_pattern(line);
    if (pattern != NULL) {
        return command_flush(engine, pattern, output);
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
