/* SPDX-License-Identifier: MPL-2.0 */
/* `fszmq clients` lists the connections of the switch; `fszmq kick` ends one. */
#include "cli/ask.h"
#include "cli/cli.h"

#include <stdlib.h>

struct clients_options {
    struct fsz_client_options client;
};

static const struct fsz_option clients_options[] = {
    FSZ_CLIENT_OPTIONS(struct clients_options, client),
    {0},
};

static const struct fsz_usage clients_usage = {
    .program = "fszmq clients",
    .arguments = "[OPTION...]",
    .summary =
        "Prints the connections of the switch as JSON: user, address, and messages received and "
        "lost.",
    .options = clients_options,
};

static const struct fsz_usage kick_usage = {
    .program = "fszmq kick",
    .arguments = "[OPTION...] ID",
    .summary = "Ends a connection of the switch. 'fszmq clients' prints the IDs.",
    .options = clients_options,
};

int fsz_clients_command(int argc, char **argv)
{
    struct clients_options options = {0};
    int                    exit_code = FSZ_EXIT_OK;
    if (fsz_options_read(&clients_usage, argc, argv, &options, &exit_code) < 0) {
        return exit_code;
    }
    return fsz_ask_once(clients_usage.program, &options.client, "server.clients", json_object(),
                        fsz_ask_print_json);
}

int fsz_kick_command(int argc, char **argv)
{
    struct clients_options options = {0};
    int                    exit_code = FSZ_EXIT_OK;
    int                    first = fsz_options_read(&kick_usage, argc, argv, &options, &exit_code);
    if (first < 0) {
        return exit_code;
    }
    char     *end = NULL;
    long long id = argc - first == 1 ? strtoll(argv[first], &end, 10) : 0;
    if (id < 1 || *end != '\0') {
        return fsz_usage_error(&kick_usage, "needs one ID, which is a number");
    }
    return fsz_ask_once(kick_usage.program, &options.client, "client.kick",
                        json_pack("{sI}", "id", (json_int_t)id), NULL);
}
