/* SPDX-License-Identifier: MPL-2.0 */
/* `fszmq api`: runs one API command of the switch. The exit code says whether it succeeded. */
#include "cli/ask.h"
#include "cli/cli.h"

struct api_options {
    struct fsz_client_options client;
    bool                      json;
};

static const struct fsz_option api_options[] = {
    {"json", 'j', FSZ_OPTION_FLAG, offsetof(struct api_options, json), NULL,
     "print the whole result as JSON: output, status, reason"},
    FSZ_CLIENT_OPTIONS(struct api_options, client),
    {0},
};

static const struct fsz_usage api_usage = {
    .program = "fszmq api",
    .arguments = "[OPTION...] COMMAND [ARGUMENT...]",
    .summary = "Runs one API command of the switch and prints its output.",
    .options = api_options,
    .words = 1,
};

int fsz_api_command(int argc, char **argv)
{
    struct api_options options = {0};
    struct fsz_client  client;
    json_t            *result = NULL;
    int                exit_code = FSZ_EXIT_OK;
    int                first = fsz_options_read(&api_usage, argc, argv, &options, &exit_code);
    if (first < 0) {
        return exit_code;
    }
    if (first == argc) {
        return fsz_usage_error(&api_usage, "no command");
    }
    if (!fsz_ask_is_text(&api_usage, argv + first, argc - first)) {
        return FSZ_EXIT_USAGE;
    }
    exit_code = fsz_client_open(&client, api_usage.program, &options.client);
    if (exit_code == FSZ_EXIT_OK) {
        json_t *params = fsz_ask_command_words(argv + first, argc - first);
        fsz_ask_set_timeout(params, client.timeout_s);
        exit_code = fsz_client_call(&client, "api", params, &result);
    }
    if (exit_code == FSZ_EXIT_OK) {
        exit_code = fsz_ask_show_output(result, options.json);
    }
    json_decref(result);
    fsz_client_close(&client);
    return exit_code;
}
