/* SPDX-License-Identifier: MPL-2.0 */
/* `fszmq tail`: reads the command line and sets up a tail. */
#include "cli/cli.h"
#include "cli/tail.h"
#include "fszmq/wire.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#define TAIL_OPTION(member) offsetof(struct fsz_tail_options, member)

static const struct fsz_option tail_options[] = {
    {"json", 'j', FSZ_OPTION_FLAG, TAIL_OPTION(json), NULL, "whole events as JSON, one per line"},
    {"event", 'e', FSZ_OPTION_LIST, TAIL_OPTION(events), "NAME[/SUBCLASS]",
     "only these events; may end with *; repeatable"},
    {"uuid", 'u', FSZ_OPTION_LIST, TAIL_OPTION(choose.uuids), "UUID",
     "only events of this call (or the beginning of a UUID); repeatable"},
    {"where", 'w', FSZ_OPTION_LIST, TAIL_OPTION(choose.wheres), "HEADER=VALUE",
     "only events with this header; repeatable, all must match"},
    {"fields", 'f', FSZ_OPTION_TEXT, TAIL_OPTION(fields), "A,B,C", "show only these headers"},
    {"count", 'n', FSZ_OPTION_NUMBER, TAIL_OPTION(count), "N", "end after N events"},
    {"timeout", 't', FSZ_OPTION_SECONDS, TAIL_OPTION(timeout_s), "SECONDS",
     "end after this time without an event"},
    {"envelope", 'E', FSZ_OPTION_FLAG, TAIL_OPTION(envelope), NULL,
     "show stream, seq and type_seq of each event"},
    {"rate", 'r', FSZ_OPTION_FLAG, TAIL_OPTION(rate), NULL,
     "print events per second on standard error"},
    {"color", 0, FSZ_OPTION_TEXT, TAIL_OPTION(colour), "WHEN",
     "use colours: auto (default), always or never"},
    {"quiet", 'q', FSZ_OPTION_FLAG, TAIL_OPTION(quiet), NULL,
     "do not report connections and lost events"},
    FSZ_ACCOUNT_OPTIONS(struct fsz_tail_options, account),
    {0},
};

static const struct fsz_usage tail_usage = {
    .program = "fszmq tail",
    .arguments = "[OPTION...] [ENDPOINT...]",
    .summary =
        "Shows the events of a switch as they happen; from " FSZMQ_ENDPOINT_CONNECT " by default.",
    .options = tail_options,
};

static bool tail_colour(const char *when, bool *ret_colour)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    if (when == NULL || strcmp(when, "auto") == 0) {
        *ret_colour = isatty(STDOUT_FILENO) && (no_colour == NULL || no_colour[0] == '\0') &&
                      (term == NULL || strcmp(term, "dumb") != 0);
        return true;
    }
    *ret_colour = strcmp(when, "always") == 0;
    return *ret_colour || strcmp(when, "never") == 0;
}

/* Adds the events of the options. An event that FreeSWITCH does not have is reported but added: a
 * later version may have it. False: a mistake, which was reported. */
static bool tail_add_events(struct fsz_tail *tail, const struct fsz_tail_options *options)
{
    char why[FSZ_EVENTNAME_WHY_BYTES];
    for (size_t i = 0; i < options->events.count; i++) {
        const char *name = options->events.items[i];
        if (fsz_subscribe_add(&tail->subscribe, name) != 0) {
            fsz_subscribe_explain(name, why);
            (void)fsz_usage_error(&tail_usage, "--event: '%s': %s", name, why);
            return false;
        }
        if (!fsz_eventname_is_known(name, strlen(name), why) && !options->quiet) {
            fprintf(stderr, "%s: --event: %s\n", tail_usage.program, why);
        }
    }
    return true;
}

/* Checks what the options table cannot. Returns FSZ_EXIT_OK, or an exit code after reporting the
 * mistake. */
static int tail_configure(struct fsz_tail *tail, const struct fsz_tail_options *options)
{
    const char *bad = NULL;
    tail->options = options;
    if (!tail_colour(options->colour, &tail->show.pretty.colour)) {
        return fsz_usage_error(&tail_usage, "--color: '%s' is not auto, always or never",
                               options->colour);
    }
    if (!fsz_choose_valid(&options->choose, &bad)) {
        return fsz_usage_error(&tail_usage, "--where: '%s' is not HEADER=VALUE", bad);
    }
    if (!tail_add_events(tail, options)) {
        return FSZ_EXIT_USAGE;
    }
    if (options->fields != NULL && fsz_show_fields(&tail->show, options->fields) != 0) {
        return fsz_usage_error(&tail_usage, "--fields: more than %d names", FSZ_OPTION_LIST_MAX);
    }
    tail->show.json = options->json;
    tail->show.envelope = options->envelope;
    tail->show.terminal = isatty(STDOUT_FILENO);
    tail->show.pretty.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    tail->show.pretty.fields = &tail->show.fields;
    tail->rate_on =
        options->rate || (!options->quiet && isatty(STDERR_FILENO) && !tail->show.terminal);
    return FSZ_EXIT_OK;
}

static int tail_connect(struct fsz_tail *tail, void *context, char **endpoints, size_t count)
{
    if (fsz_connect_init(&tail->connect, context, ZMQ_SUB, &tail->account, tail_usage.program,
                         tail->options->quiet) != 0 ||
        fsz_subscribe_apply(&tail->subscribe, tail->connect.socket) != 0) {
        fprintf(stderr, "%s: %s\n", tail_usage.program, zmq_strerror(errno));
        return FSZ_EXIT_FAILED;
    }
    for (size_t i = 0; i < (count > 0 ? count : 1); i++) {
        if (fsz_connect_open(&tail->connect, count > 0 ? endpoints[i] : tail->account.events) !=
            0) {
            return FSZ_EXIT_USAGE;
        }
    }
    return FSZ_EXIT_OK;
}

int fsz_tail_command(int argc, char **argv)
{
    struct fsz_tail_options options = {0};
    struct fsz_tail         tail = {0};
    int                     result = FSZ_EXIT_OK;
    setlocale(LC_CTYPE, "");
    int first = fsz_options_read(&tail_usage, argc, argv, &options, &result);
    if (first < 0) {
        return result;
    }
    result = tail_configure(&tail, &options);
    if (result == FSZ_EXIT_OK) {
        result = fsz_account_read(&tail.account, tail_usage.program, &options.account);
    }
    void *context = result == FSZ_EXIT_OK ? zmq_ctx_new() : NULL;
    if (context != NULL) {
        fsz_message_init(&tail.message);
        fsz_signals_catch();
        result = tail_connect(&tail, context, argv + first, (size_t)(argc - first));
        result = result == FSZ_EXIT_OK ? fsz_tail_run(&tail) : result;
        fsz_connect_fini(&tail.connect);
        fsz_message_fini(&tail.message);
        zmq_ctx_term(context);
    } else if (result == FSZ_EXIT_OK) {
        result = FSZ_EXIT_FAILED;
    }
    fsz_account_forget(&tail.account);
    fsz_show_fini(&tail.show);
    fsz_subscribe_fini(&tail.subscribe);
    return result;
}
