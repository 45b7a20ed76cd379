/* SPDX-License-Identifier: MPL-2.0 */
#include "event/encode.h"
#include "sim/calls.h"
#include "sim/command.h"
#include "sim/digits.h"
#include "sim/emit.h"
#include "sim/live.h"
#include "sim/play.h"
#include "sim/variables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { MSLEEP_MAX = 3600 * 1000 }; /* milliseconds */

struct fsz_leg *fsz_command_leg(struct fsz_sim *sim, const char *uuid, struct fsz_buffer *output)
{
    struct fsz_leg *leg = NULL;
    HASH_FIND(hh, sim->channels, uuid, strlen(uuid), leg);
    if (leg == NULL) {
        fsz_buffer_text(output, "-ERR No such channel!\n");
    }
    return leg;
}

static void command_status(struct fsz_sim *sim, const struct fsz_words *words,
                           struct fsz_buffer *output)
{
    char text[FSZ_LIVE_STATUS_BYTES];
    (void)words;
    fsz_live_status(sim, text, sizeof text);
    fsz_buffer_text(output, text);
}

static void command_version(struct fsz_sim *sim, const struct fsz_words *words,
                            struct fsz_buffer *output)
{
    (void)sim;
    bool is_short = words->count > 0 && strcasecmp(words->word[0], "short") == 0;
    if (is_short) {
        fsz_buffer_text(output, "1.11.0\n");
    } else {
        fsz_buffer_printf(output, "FreeSWITCH Version %s (simulated by fszmqd %s)\n",
                          FSZ_SIM_VERSION, FSZ_VERSION);
    }
}

static void command_echo(struct fsz_sim *sim, const struct fsz_words *words,
                         struct fsz_buffer *output)
{
    (void)sim;
    fsz_buffer_text(output, words->count > 0 ? words->word[0] : "");
}

static void command_exists(struct fsz_sim *sim, const struct fsz_words *words,
                           struct fsz_buffer *output)
{
    struct fsz_leg *leg = NULL;
    HASH_FIND(hh, sim->channels, words->word[0], strlen(words->word[0]), leg);
    fsz_buffer_text(output, leg == NULL ? "false" : "true");
}

static void command_getvar(struct fsz_sim *sim, const struct fsz_words *words,
                           struct fsz_buffer *output)
{
    struct fsz_leg *leg = fsz_command_leg(sim, words->word[0], output);
    if (leg != NULL) {
        const char *value = fsz_variable_get(sim, leg, words->word[1]);
        fsz_buffer_text(output, value == NULL ? "_undef_" : value);
    }
}

static void command_setvar(struct fsz_sim *sim, const struct fsz_words *words,
                           struct fsz_buffer *output)
{
    struct fsz_leg *leg = fsz_command_leg(sim, words->word[0], output);
    if (leg != NULL) {
        fsz_err err = fsz_variable_set(leg, words->word[1], words->word[2]);
        fsz_buffer_printf(output, err == FSZ_OK ? "+OK\n" : "-ERR %s\n", fsz_err_text(err));
    }
}

/* If `word` is NULL, takes the default, `otherwise`. False: no such cause; `output` says so. */
static bool command_cause(const char *word, const char *otherwise,
                          const struct fsz_cause **ret_cause, struct fsz_buffer *output)
{
    const struct fsz_cause *cause = fsz_cause_find(word == NULL ? otherwise : word);
    if (cause == NULL) {
        fsz_buffer_printf(output, "-ERR Invalid hangup cause %s\n", word);
        return false;
    }
    *ret_cause = cause;
    return true;
}

static void command_kill(struct fsz_sim *sim, const struct fsz_words *words,
                         struct fsz_buffer *output)
{
    const struct fsz_cause *cause = NULL;
    struct fsz_leg         *leg = fsz_command_leg(sim, words->word[0], output);
    if (leg != NULL && command_cause(words->word[1], "NORMAL_CLEARING", &cause, output)) {
        (void)fsz_calls_hangup(sim, leg->call, cause); /* it may be hanging up already */
        fsz_buffer_text(output, "+OK\n");
    }
}

/* As if the caller had pressed the keys. */
static void command_dtmf(struct fsz_sim *sim, const struct fsz_words *words,
                         struct fsz_buffer *output)
{
    struct fsz_leg *leg = fsz_command_leg(sim, words->word[0], output);
    if (leg == NULL) {
        return;
    }
    size_t length = strspn(words->word[1], "0123456789*#ABCD");
    for (size_t i = 0; i < length; i++) {
        (void)fsz_digits_press(sim, leg, words->word[1][i]);
    }
    fsz_buffer_text(output, words->word[1][length] == '\0' ? "+OK\n" : "-ERR no DTMF digit\n");
}

static void command_hupall(struct fsz_sim *sim, const struct fsz_words *words,
                           struct fsz_buffer *output)
{
    const struct fsz_cause *cause = NULL;
    if (!command_cause(words->word[0], "MANAGER_REQUEST", &cause, output)) {
        return;
    }
    for (struct fsz_call *call = sim->calls, *next = NULL; call != NULL; call = next) {
        next = call->next;
        if (call->flow->every_s == 0) {
            (void)fsz_calls_hangup(sim, call, cause);
        }
    }
    fsz_buffer_printf(output, "+OK hangup all channels with cause %s\n", cause->name);
}

/* For tests of slow commands. */
static void command_msleep(const struct fsz_sim_options *options, const struct fsz_words *words,
                           struct fsz_buffer *output)
{
    (void)options;
    long long       ms = words->count == 0 ? 0 : strtoll(words->word[0], NULL, 10);
    struct timespec rest = {0};
    if (ms > 0) {
        ms = ms > MSLEEP_MAX ? MSLEEP_MAX : ms;
        rest = (struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    }
    while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
    }
    fsz_buffer_text(output, "+OK");
}

/* The core's own command. */
static void command_zmq(const struct fsz_sim_options *options, const struct fsz_words *words,
                        struct fsz_buffer *output)
{
    if (options->zmq == NULL) {
        fsz_buffer_text(output, "-ERR zmq Command not found!\n");
        return;
    }
    options->zmq(options->zmq_self, words->count > 0 ? words->word[0] : "", output);
}

static void command_show(struct fsz_sim *sim, const struct fsz_words *words,
                         struct fsz_buffer *output);

static const struct fsz_command COMMANDS[] = {
    {"status", 0, 1, "", command_status, NULL},
    {"version", 0, 1, "[short]", command_version, NULL},
    {"show", 1, 4, "channels [count] [as json]|calls [count] [as json]|api [as json]", command_show,
     NULL},
    {"uuid_exists", 1, 1, "<uuid>", command_exists, NULL},
    {"uuid_dump", 1, 2, "<uuid> [plain|json]", fsz_command_dump, NULL},
    {"uuid_getvar", 2, 3, "<uuid> <var>", command_getvar, NULL},
    {"uuid_setvar", 2, 3, "<uuid> <var> [value]", command_setvar, NULL},
    {"uuid_kill", 1, 2, "<uuid> [cause]", command_kill, NULL},
    {"uuid_recv_dtmf", 2, 2, "<uuid> <dtmf_data>", command_dtmf, NULL},
    {"hupall", 0, 2, "[<cause>]", command_hupall, NULL},
    {"originate", 1, 1, FSZ_ORIGINATE_USAGE, fsz_command_originate, NULL},
    {"echo", 0, 1, "<text>", command_echo, NULL},
    {"msleep", 0, 1, "<milliseconds>", NULL, command_msleep},
    {"xml_locate", 1, 5, "<section> [<tag> <tag_attr_name> <tag_attr_val> [<header>=<value> ...]]",
     NULL, fsz_command_locate},
    {"zmq", 0, 1, "status [json]|streams|api|services|bindings|cache flush [<pattern>]|reload|help",
     NULL, command_zmq},
};

/* Lists the commands, for programs that complete input. */
static void command_list(struct fsz_buffer *output, bool json)
{
    size_t count = sizeof COMMANDS / sizeof *COMMANDS;
    if (json) {
        fsz_buffer_printf(output, "{\"row_count\":%zu,\"rows\":[", count);
    } else {
        fsz_buffer_text(output, "name,description,syntax,ikey\n");
    }
    for (size_t i = 0; i < count; i++) {
        const struct fsz_command *command = &COMMANDS[i];
        if (json) {
            fsz_buffer_printf(output, "%s{\"name\":\"%s\",\"description\":\"\",\"syntax\":",
                              i > 0 ? "," : "", command->name);
            fsz_encode_string(output, command->usage);
            fsz_buffer_text(output, ",\"ikey\":\"sim\"}");
        } else {
            fsz_buffer_printf(output, "%s,,%s,sim\n", command->name, command->usage);
        }
    }
    if (json) {
        fsz_buffer_text(output, "]}\n");
    } else {
        fsz_buffer_printf(output, "\n%zu total.\n", count);
    }
}

static void command_show(struct fsz_sim *sim, const struct fsz_words *words,
                         struct fsz_buffer *output)
{
    bool json = words->count == 3 && strcasecmp(words->word[1], "as") == 0 &&
                strcasecmp(words->word[2], "json") == 0;
    if (strcasecmp(words->word[0], "api") == 0 && (words->count == 1 || json)) {
        command_list(output, json);
    } else {
        fsz_command_show(sim, words, output);
    }
}

static const struct fsz_command *command_find(const char *name)
{
    for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS; i++) {
        if (strcasecmp(COMMANDS[i].name, name) == 0) {
            return &COMMANDS[i];
        }
    }
    return NULL;
}

static void command_fire(struct fsz_sim *sim, const char *name, const char *arg)
{
    const struct fsz_header headers[] = {
        {.name = "API-Command", .value = name},
        {.name = arg == NULL || *arg == '\0' ? NULL : "API-Command-Argument", .value = arg},
        {0}};
    fsz_emit_own(sim, &(struct fsz_event){.name = "API"}, headers);
}

/* Releases the lock, and does not use the switch after that. */
static void command_run_locked(struct fsz_sim *sim, const struct fsz_command *command,
                               const struct fsz_words *words, struct fsz_buffer *output)
{
    struct fsz_sim_options options = sim->options;
    bool                   apart = command->run_apart != NULL;
    bool                   complete = words->count >= command->words_min;
    if (!complete) {
        fsz_buffer_printf(output, "-USAGE: %s\n", command->usage);
    } else if (!apart) {
        command->run(sim, words, output);
    }
    fsz_play_unlock(sim);
    if (complete && apart) {
        command->run_apart(&options, words, output);
    }
}

fsz_err fsz_sim_command(struct fsz_sim *sim, const char *command, const char *arg,
                        struct fsz_buffer *output)
{
    const struct fsz_command *found = command_find(command);
    struct fsz_words          words;
    if (found == NULL) {
        fsz_buffer_printf(output, "-ERR %s Command not found!\n", command);
        return FSZ_ENOTFOUND;
    }
    fsz_words_split(&words, arg, found->words_max);
    pthread_mutex_lock(&sim->lock);
    command_fire(sim, found->name, arg);
    command_run_locked(sim, found, &words, output);
    return output->failed;
}
