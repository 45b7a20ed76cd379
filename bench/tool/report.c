/* SPDX-License-Identifier: MPL-2.0 */
#include "tool/report.h"

#include "cli/cli.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static int64_t report_timeval_us(struct timeval time)
{
    return (int64_t)time.tv_sec * 1000000 + time.tv_usec;
}

int64_t fsz_bench_cpu_us(void)
{
    struct rusage usage = {0};
    getrusage(RUSAGE_SELF, &usage);
    return report_timeval_us(usage.ru_utime) + report_timeval_us(usage.ru_stime);
}

json_t *fsz_bench_ratio(double a, double b)
{
    return json_real(b > 0 ? round(a / b * 1000) / 1000 : 0);
}

static void report_text(const json_t *figures, const char *prefix)
{
    json_t     *object = (json_t *)figures; /* jansson's iterators take a non-const object */
    const char *name = NULL;
    json_t     *value = NULL;
    json_object_foreach(object, name, value)
    {
        if (json_is_object(value)) {
            report_text(value, name);
            continue;
        }
        char  label[64];
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9));
        snprintf(label, sizeof label, "%s%s%s", prefix, prefix[0] ? " " : "", name);
        printf("%-24s %s\n", label, text == NULL ? "?" : text);
        free(text);
    }
}

int fsz_bench_report(json_t *figures, bool json)
{
    if (figures == NULL) {
        fputs("fszmq-bench: out of memory\n", stderr);
        return FSZ_EXIT_FAILED;
    }
    if (json) {
        json_dumpf(figures, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
        putchar('\n');
    } else {
        report_text(figures, "");
    }
    json_decref(figures);
    return fsz_output_flush() ? FSZ_EXIT_OK : FSZ_EXIT_FAILED;
}
