/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/cli.h"
#include "fszmq/wire.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

static const struct fsz_command main_commands[] = {
    {"tail", "show the events of a switch as they happen", fsz_tail_command},
    {"api", "run an API command of the switch", fsz_api_command},
    {"job", "run API commands in the background", fsz_job_command},
    {"call", "inspect, change or end a call", fsz_call_command},
    {"send", "fire an event in the switch", fsz_send_command},
    {"stats", "print the switch's counters", fsz_stats_command},
    {"clients", "list the switch's connections", fsz_clients_command},
    {"kick", "end a connection of the switch", fsz_kick_command},
    {"shell", "run commands and show events interactively", fsz_shell_command},
    {"keygen", "make a CURVE key pair", fsz_keygen_command},
    {"user", "change a switch's users file", fsz_user_command},
    {NULL, NULL, NULL},
};

static int main_version(void)
{
    int major = 0;
    int minor = 0;
    int patch = 0;
    zmq_version(&major, &minor, &patch);
    printf("fszmq %s (%s, libzmq %d.%d.%d)\n", FSZ_VERSION, FSZMQ_PROTOCOL, major, minor, patch);
    return FSZ_EXIT_OK;
}

static int main_run(int argc, char **argv)
{
    if (argc > 1 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)) {
        return main_version();
    }
    return fsz_command_dispatch(main_commands, "fszmq",
                                "A client for FreeSWITCH events and commands as JSON over ZeroMQ.",
                                argc, argv);
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* a write to a closed pipe gives EPIPE instead */
    return fsz_output_close(main_run(argc, argv));
}
