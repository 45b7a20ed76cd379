/* SPDX-License-Identifier: MPL-2.0 */
/* fszmq-bench: publishers and subscribers for measurements, with plain libzmq. */
#include "cli/cli.h"
#include "cli/wrap.h"
#include "tool/commands.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct fsz_command main_commands[] = {
    {"subscriber", "receive with many subscribers: rate, loss, latency",
     fsz_bench_subscriber_command},
    {"raw", "publish with plain libzmq, as a baseline", fsz_bench_raw_command},
    {0},
};

static const char main_notes[] =
    "\n"
    "Stamps: a measured event has two members with 20 digits each, so its size is fixed:\n"
    "  \"Bench-Time-Ns\": CLOCK_MONOTONIC when it was sent, in ns\n"
    "  \"Bench-Sequence\": 1 for the first event, then consecutive\n"
    "raw adds them at the end of each line that lacks them. Other publishers pass them as headers. "
    "Without Bench-Sequence, the envelope's seq is the number. Latencies mean nothing unless "
    "publisher and subscribers run on the same machine.\n"
    "\n"
    "Figures of raw:\n"
    "  seconds: from the first event until libzmq has given the last one to the system\n"
    "  send_seconds: until the last send\n"
    "  cpu_us_per_message: processor time (user and system) of the process over seconds, per "
    "event\n"
    "  late: events sent more than 1 ms behind schedule\n"
    "\n"
    "Figures of subscriber, for all subscribers together:\n"
    "  received, lost: sums; lost follows from --count, or else from the first and last number "
    "that "
    "each subscriber saw\n"
    "  seconds: from the first event received to the last\n"
    "  cpu_us_per_event: processor time of the process, divided by received\n"
    "  latency_us: with --latency; up to a million latencies are kept, beyond that they are "
    "thinned "
    "out evenly\n"
    "\n"
    "1 MB is 10^6 bytes. Exit status: 0; 1 failed; 2 wrong command line; 3 if no event or "
    "subscription came.\n";

static int main_run(int argc, char **argv)
{
    bool help = argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
    int  result = fsz_command_dispatch(main_commands, "fszmq-bench",
                                       "Measures publishers and subscribers. Prints text or JSON.",
                                       argc, argv);
    if (help) {
        fsz_wrap_put_lines(stdout, fsz_wrap_columns(stdout), 0, main_notes);
    }
    return result;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* a write to a closed pipe gives EPIPE instead */
    return fsz_output_close(main_run(argc, argv));
}
