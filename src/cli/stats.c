/* SPDX-License-Identifier: MPL-2.0 */
/* `fszmq stats`: prints the counters of the switch. */
#include "cli/ask.h"
#include "cli/cli.h"

struct stats_options {
    struct fsz_client_options client;
};

static const struct fsz_option stats_options[] = {
    FSZ_CLIENT_OPTIONS(struct stats_options, client),
    {0},
};

static const struct fsz_usage stats_usage = {
    .program = "fszmq stats",
    .arguments = "[OPTION...]",
    .summary = "Prints the counters of streams, requests and access as JSON.",
    .options = stats_options,
};

int fsz_stats_command(int argc, char **argv)
{
    struct stats_options options = {0};
    int                  exit_code = FSZ_EXIT_OK;
    if (fsz_options_read(&stats_usage, argc, argv, &options, &exit_code) < 0) {
        return exit_code;
    }
    return fsz_ask_once(stats_usage.program, &options.client, "server.stats", json_object(),
                        fsz_ask_print_json);
}
