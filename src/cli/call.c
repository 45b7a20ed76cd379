/* SPDX-License-Identifier: MPL-2.0 */
/* `fszmq call`: inspects, changes or ends a call. */
#include "cli/ask.h"
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

struct call_options {
    struct fsz_client_options client;
    bool                      wait, lock;
    uint64_t                  loops;
    const char               *leg, *dialplan, *context;
};

#define CALL_OPTION(member) offsetof(struct call_options, member)

static const struct fsz_option call_options[] = {
    {"wait", 'w', FSZ_OPTION_FLAG, CALL_OPTION(wait), NULL,
     "execute: wait until the application has ended"},
    {"loops", 'l', FSZ_OPTION_NUMBER, CALL_OPTION(loops), "N", "execute: run it N times"},
    {"lock", 0, FSZ_OPTION_FLAG, CALL_OPTION(lock), NULL,
     "execute: let later applications wait until it has ended"},
    {"leg", 0, FSZ_OPTION_TEXT, CALL_OPTION(leg), "LEG", "transfer: aleg, bleg or both"},
    {"dialplan", 0, FSZ_OPTION_TEXT, CALL_OPTION(dialplan), "NAME",
     "transfer: the dialplan (default XML)"},
    {"context", 0, FSZ_OPTION_TEXT, CALL_OPTION(context), "NAME",
     "transfer: the context (default: the call's)"},
    FSZ_CLIENT_OPTIONS(struct call_options, client),
    {0},
};

static const struct fsz_usage call_usage = {
    .program = "fszmq call",
    .arguments = "[OPTION...] get CALL [NAME...]\n"
                 "       fszmq call [OPTION...] set CALL NAME=VALUE...\n"
                 "       fszmq call [OPTION...] execute CALL APPLICATION [ARGUMENT...]\n"
                 "       fszmq call [OPTION...] transfer CALL EXTENSION\n"
                 "       fszmq call [OPTION...] hangup CALL [CAUSE]",
    .summary = "Inspects, changes or ends a call. CALL is its UUID.",
    .options = call_options,
    .words = 3,
    .verb = "execute",
};

/* One form of the command. `params` makes the parameters of the request from the words after the
 * call's UUID. NULL: out of memory, or *ret_bad is a word that does not have the right form. */
struct call_verb {
    const char *name, *method;
    int         words_min, words_max; /* after the UUID; max -1: any number */
    json_t *(*params)(const struct call_options *options, char **words, int count,
                      const char **ret_bad);
    void (*print)(const json_t *result);
};

static json_t *call_get(const struct call_options *options, char **words, int count,
                        const char **ret_bad)
{
    (void)options;
    (void)ret_bad;
    if (count == 0) {
        return json_object();
    }
    json_t *names = json_array();
    bool    whole = names != NULL;
    for (int i = 0; i < count && whole; i++) {
        whole = json_array_append_new(names, json_string(words[i])) == 0;
    }
    if (!whole) {
        json_decref(names);
        return NULL;
    }
    return json_pack("{so}", "names", names);
}

static json_t *call_set(const struct call_options *options, char **words, int count,
                        const char **ret_bad)
{
    (void)options;
    return json_pack("{so}", "variables", fsz_ask_pairs(words, count, ret_bad));
}

static json_t *call_execute(const struct call_options *options, char **words, int count,
                            const char **ret_bad)
{
    char *arg = fsz_ask_join(words + 1, count - 1);
    (void)ret_bad;
    if (arg == NULL) {
        return NULL;
    }
    json_t *params = json_pack("{ss ss* sb sb}", "app", words[0], "arg", count > 1 ? arg : NULL,
                               "wait", options->wait, "lock", options->lock);
    if (options->loops > 0) {
        json_object_set_new(params, "loops", json_integer((json_int_t)options->loops));
    }
    free(arg);
    return params;
}

static json_t *call_transfer(const struct call_options *options, char **words, int count,
                             const char **ret_bad)
{
    (void)count;
    (void)ret_bad;
    return json_pack("{ss ss* ss* ss*}", "extension", words[0], "dialplan", options->dialplan,
                     "context", options->context, "leg", options->leg);
}

static json_t *call_hangup(const struct call_options *options, char **words, int count,
                           const char **ret_bad)
{
    (void)options;
    (void)ret_bad;
    return json_pack("{ss*}", "cause", count > 0 ? words[0] : NULL);
}

static void call_print_variables(const json_t *result)
{
    const char *name = NULL;
    json_t     *value = NULL;
    json_object_foreach(json_object_get(result, "variables"), name, value)
    {
        fsz_ask_print_pair(name, json_is_string(value) ? json_string_value(value) : "(not set)");
    }
}

static void call_print_done(const json_t *result)
{
    if (json_object_size(result) > 0) {
        fsz_ask_print_json(result);
    }
}

static const struct call_verb call_verbs[] = {
    {"get", "call.get", 0, -1, call_get, call_print_variables},
    {"set", "call.set", 1, -1, call_set, NULL},
    {"execute", "call.execute", 1, -1, call_execute, call_print_done},
    {"transfer", "call.transfer", 1, 1, call_transfer, NULL},
    {"hangup", "call.hangup", 0, 1, call_hangup, NULL},
    {0},
};

static const struct call_verb *call_find(const char *name)
{
    const struct call_verb *verb = call_verbs;
    while (verb->name != NULL && strcmp(verb->name, name) != 0) {
        verb++;
    }
    return verb->name == NULL ? NULL : verb;
}

static bool call_has_form(const struct call_verb *verb, int count)
{
    return count >= verb->words_min && (verb->words_max < 0 || count <= verb->words_max);
}

static int call_ask(const struct call_verb *verb, const struct call_options *options, char **words,
                    int count)
{
    const char *bad = NULL;
    json_t     *params = verb->params(options, words + 1, count - 1, &bad);
    if (bad != NULL) {
        return fsz_usage_error(&call_usage, "%s: '%s' is not NAME=VALUE", verb->name, bad);
    }
    json_object_set_new(params, "call", json_string(words[0]));
    fsz_ask_set_timeout(params, fsz_client_timeout_s(&options->client));
    return fsz_ask_once(call_usage.program, &options->client, verb->method, params, verb->print);
}

int fsz_call_command(int argc, char **argv)
{
    struct call_options options = {0};
    int                 exit_code = FSZ_EXIT_OK;
    int                 first = fsz_options_read(&call_usage, argc, argv, &options, &exit_code);
    if (first < 0) {
        return exit_code;
    }
    const struct call_verb *verb = first < argc ? call_find(argv[first]) : NULL;
    if (verb == NULL || argc - first < 2) {
        return fsz_usage_error(&call_usage,
                               "needs get, set, execute, transfer or hangup, and a call");
    }
    if (!call_has_form(verb, argc - first - 2)) {
        return fsz_usage_error(&call_usage, "%s: wrong number of arguments", verb->name);
    }
    if (!fsz_ask_is_text(&call_usage, argv + first, argc - first)) {
        return FSZ_EXIT_USAGE;
    }
    return call_ask(verb, &options, argv + first + 1, argc - first - 1);
}
