/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/daemon_options.h"

#include "sim/sim.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char HELP[] =
    "fszmqd publishes the events of a switch as JSON over ZeroMQ.\n"
    "usage: fszmqd --switch sim [options]\n"
    "\n"
    "  --switch sim             the switch: sim, simulated from captured calls\n"
    "  --config FILE            configuration file in the form of event_zmq.conf.xml;\n"
    "                           default: streams on ports 5556 and 5558 and an API socket\n"
    "                           on port 5557, for this machine only\n"
    "  --calls-per-second N     new calls of the simulated switch, 0 to 100000 (default 1)\n"
    "  --calls-max N            most simultaneous calls (default 10000)\n"
    "  --flows FILE             call flows to replay instead of the built-in ones\n"
    "  --seed N                 make the same calls in each run with the same N\n"
    "  --calls-to-service LINE  give new calls to a service, as the dialplan's zmq LINE does\n"
    "  --service-percent P      percentage of calls for the service, 0 to 100 (default 100)\n"
    "  --hangup-after MS        callers of these calls hang up after MS (default: never)\n"
    "  --digits KEYS            keys that these callers press when asked; w: pause\n"
    "  --seconds N              end after N seconds\n"
    "  --console                run API commands from standard input, one per line\n"
    "  --syslog                 log to syslog instead of standard error\n"
    "  --verbose                also log debug messages\n"
    "  --check                  check the configuration, and end\n"
    "  --version, --help\n";

enum option_code {
    CODE_SWITCH = 256,
    CODE_CONFIG,
    CODE_RATE,
    CODE_CALLS_MAX,
    CODE_FLOWS,
    CODE_SEED,
    CODE_SERVICE,
    CODE_SERVICE_PERCENT,
    CODE_HANGUP,
    CODE_DIGITS,
    CODE_SECONDS,
    CODE_CONSOLE,
    CODE_SYSLOG,
    CODE_VERBOSE,
    CODE_CHECK,
    CODE_VERSION,
    CODE_HELP,
};

static const struct option OPTIONS[] = {
    {"switch", required_argument, NULL, CODE_SWITCH},
    {"config", required_argument, NULL, CODE_CONFIG},
    {"calls-per-second", required_argument, NULL, CODE_RATE},
    {"calls-max", required_argument, NULL, CODE_CALLS_MAX},
    {"flows", required_argument, NULL, CODE_FLOWS},
    {"seed", required_argument, NULL, CODE_SEED},
    {"calls-to-service", required_argument, NULL, CODE_SERVICE},
    {"service-percent", required_argument, NULL, CODE_SERVICE_PERCENT},
    {"hangup-after", required_argument, NULL, CODE_HANGUP},
    {"digits", required_argument, NULL, CODE_DIGITS},
    {"seconds", required_argument, NULL, CODE_SECONDS},
    {"console", no_argument, NULL, CODE_CONSOLE},
    {"syslog", no_argument, NULL, CODE_SYSLOG},
    {"verbose", no_argument, NULL, CODE_VERBOSE},
    {"check", no_argument, NULL, CODE_CHECK},
    {"version", no_argument, NULL, CODE_VERSION},
    {"help", no_argument, NULL, CODE_HELP},
    {0},
};

static bool option_bad(const char *name, const char *value, const char *allowed)
{
    fprintf(stderr, "fszmqd: --%s %s: must be %s\n", name, value, allowed);
    return false;
}

static bool option_count(const char *name, const char *value, uint64_t min, uint64_t max,
                         uint64_t *ret_number)
{
    char    *end = NULL;
    char     allowed[64];
    uint64_t number = 0;
    errno = 0;
    if (value[0] >= '0' && value[0] <= '9') {
        number = strtoull(value, &end, 10);
    }
    if (end == NULL || *end != '\0' || errno != 0 || number < min || number > max) {
        snprintf(allowed, sizeof allowed, "a whole number from %llu to %llu",
                 (unsigned long long)min, (unsigned long long)max);
        return option_bad(name, value, allowed);
    }
    *ret_number = number;
    return true;
}

static bool option_real(const char *name, const char *value, double max, double *ret_number)
{
    char  *end = NULL;
    char   allowed[64];
    double number = strtod(value, &end);
    if (end == value || *end != '\0' || !isfinite(number) || number < 0 || number > max) {
        snprintf(allowed, sizeof allowed, "a number from 0 to %.0f", max);
        return option_bad(name, value, allowed);
    }
    *ret_number = number;
    return true;
}

static bool option_digits(const char *value, const char **ret_digits)
{
    if (value[strspn(value, "0123456789*#ABCDw")] != '\0') {
        return option_bad("digits", value, "made of 0 to 9, *, #, A to D, and w");
    }
    *ret_digits = value;
    return true;
}

static bool option_number(struct fsz_options *options, int code, const char *value)
{
    uint64_t number = 0;
    bool     ok = true;
    switch (code) {
    case CODE_RATE:
        return option_real("calls-per-second", value, FSZ_SIM_RATE_MAX, &options->calls_per_second);
    case CODE_SERVICE_PERCENT:
        return option_real("service-percent", value, 100, &options->service_percent);
    case CODE_HANGUP:
        ok = option_count("hangup-after", value, 1, 86400000, &number);
        options->hangup_ms = (uint32_t)number;
        return ok;
    case CODE_CALLS_MAX:
        ok = option_count("calls-max", value, 1, 1000000, &number);
        options->calls_max = (uint32_t)number;
        return ok;
    case CODE_SECONDS:
        ok = option_count("seconds", value, 1, 31536000, &number);
        options->seconds = (uint32_t)number;
        return ok;
    default:
        return option_count("seed", value, 1, (1ull << 48) - 1, &options->seed);
    }
}

static bool option_take(struct fsz_options *options, int code, const char *value, bool *ret_sim)
{
    switch (code) {
    case CODE_SWITCH:
        *ret_sim = strcmp(value, "sim") == 0;
        return *ret_sim || option_bad("switch", value, "sim");
    case CODE_CONFIG:
        options->config = value;
        return true;
    case CODE_FLOWS:
        options->flows = value;
        return true;
    case CODE_SERVICE:
        options->service = value;
        return true;
    case CODE_DIGITS:
        return option_digits(value, &options->digits);
    case CODE_CONSOLE:
        return options->console = true;
    case CODE_SYSLOG:
        return options->syslog = true;
    case CODE_VERBOSE:
        return options->verbose = true;
    case CODE_CHECK:
        return options->check = true;
    case '?':
        return false; /* getopt has reported it */
    default:
        return option_number(options, code, value);
    }
}

static bool options_end(enum fsz_exit *ret_exit, enum fsz_exit status)
{
    if (status == FSZ_EXIT_USAGE) {
        fputs("fszmqd: --help lists the options\n", stderr);
    }
    *ret_exit = status;
    return false;
}

bool fsz_options_parse(int argc, char **argv, struct fsz_options *ret_options,
                       enum fsz_exit *ret_exit)
{
    struct fsz_options options = {
        .calls_per_second = 1, .calls_max = FSZ_SIM_CALLS_DEFAULT, .service_percent = 100};
    bool sim = false;
    int  code;
    while ((code = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        if (code == CODE_HELP || code == CODE_VERSION) {
            fputs(code == CODE_HELP ? HELP : "fszmqd " FSZ_VERSION "\n", stdout);
            return options_end(ret_exit, FSZ_EXIT_OK);
        }
        if (!option_take(&options, code, optarg, &sim)) {
            return options_end(ret_exit, FSZ_EXIT_USAGE);
        }
    }
    if (optind < argc) {
        fprintf(stderr, "fszmqd: unexpected argument '%s'\n", argv[optind]);
        return options_end(ret_exit, FSZ_EXIT_USAGE);
    }
    if (!sim && !options.check) {
        fputs("fszmqd: --switch is missing: give --switch sim\n", stderr);
        return options_end(ret_exit, FSZ_EXIT_USAGE);
    }
    *ret_options = options;
    return true;
}
