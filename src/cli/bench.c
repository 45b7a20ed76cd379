/* `fszmq bench`: selects the measurement to run. */
#include "cli/cli.h"

static const struct fsz_command bench_commands[] = {
    {"subscriber", "receive with many subscribers: rate, loss, latency",
     fsz_bench_subscriber_command},
    {"raw", "publish with plain libzmq, as a baseline", fsz_bench_raw_command},
    {0},
};

int fsz_bench_command(int argc, char **argv)
{
    return fsz_command_dispatch(bench_commands, "fszmq bench",
                                "Measures publishers and subscribers. Prints text or JSON.", argc,
                                argv);
}
