/* SPDX-License-Identifier: MPL-2.0 */
/* report.h - the output of every measurement, and the processor time of this process. */
#ifndef FSZ_BENCH_REPORT_H
#define FSZ_BENCH_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Processor time (user and system) of all threads of this process, including ended ones. */
int64_t fsz_bench_cpu_us(void);

/* Prints the figures on standard output, as one line of JSON or as lines with name and value, and
 * frees them. Returns an exit code. */
int fsz_bench_report(json_t *figures, bool json);

/* a / b, rounded to three decimal places; 0 if b is not positive. */
json_t *fsz_bench_ratio(double a, double b);

#endif
