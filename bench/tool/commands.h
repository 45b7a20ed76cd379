/* SPDX-License-Identifier: MPL-2.0 */
/* commands.h - the commands of fszmq-bench, in the form of cli.h. */
#ifndef FSZ_BENCH_COMMANDS_H
#define FSZ_BENCH_COMMANDS_H

int fsz_bench_raw_command(int argc, char **argv);
int fsz_bench_subscriber_command(int argc, char **argv);

#endif
