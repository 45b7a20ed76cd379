/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/ask.h"
#include "cli/cli.h"
#include "cli/shell.h"
#include "cli/wrap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

enum { COMMAND_LEARN_S = 10 };

/* Sends a request. On a terminal its reply is printed when it arrives; otherwise waits for it. */
static void command_ask(struct fsz_shell *shell, const char *line, const char *method,
                        json_t *params)
{
    json_t *result = NULL;
    if (shell->terminal) {
        fsz_shell_send(shell, line, method, params);
        return;
    }
    shell->exit_code = fsz_client_call(&shell->client, method, params, &result);
    if (shell->exit_code == FSZ_EXIT_OK) {
        shell->exit_code = fsz_shell_print(result);
    }
    json_decref(result);
}

static void command_background(struct fsz_shell *shell, char *rest)
{
    if (rest[0] == '\0') {
        fputs("/bg needs a command\n", stderr);
        shell->exit_code = FSZ_EXIT_USAGE;
        return;
    }
    command_ask(shell, rest, "bgapi", fsz_ask_command(rest));
}

static void command_stats(struct fsz_shell *shell, char *rest)
{
    (void)rest;
    command_ask(shell, "/stats", "server.stats", json_object());
}

static void command_no_events(struct fsz_shell *shell, char *rest)
{
    (void)rest;
    fsz_shell_hide_events(shell);
}

/* False: a name is invalid, or there are too many; reported. */
static bool command_add_events(struct fsz_shell *shell, char *rest)
{
    char *state = NULL, why[FSZ_EVENTNAME_WHY_BYTES];
    for (char *name = strtok_r(rest, " ,", &state); name; name = strtok_r(NULL, " ,", &state)) {
        if (fsz_subscribe_add(&shell->subscribe, name) != 0) {
            fsz_subscribe_explain(name, why);
            fprintf(stderr, "'%s': %s\n", name, why);
            return false;
        }
        if (!fsz_eventname_is_known(name, strlen(name), why)) {
            fprintf(stderr, "%s\n", why);
        }
    }
    return true;
}

static bool command_connect_events(struct fsz_shell *shell)
{
    const struct fsz_account *account = &shell->client.account;
    if (fsz_connect_init(&shell->events, shell->client.context, ZMQ_SUB, account,
                         shell->client.connect.program, false) != 0 ||
        fsz_subscribe_apply(&shell->subscribe, shell->events.socket) != 0) {
        fprintf(stderr, "no events: %s\n", zmq_strerror(errno));
        return false;
    }
    return fsz_connect_open(&shell->events, account->events) == 0;
}

static void command_events(struct fsz_shell *shell, char *rest)
{
    fsz_shell_hide_events(shell);
    if (!command_add_events(shell, rest) || !command_connect_events(shell)) {
        fsz_shell_hide_events(shell);
        shell->exit_code = FSZ_EXIT_USAGE;
    }
}

static void command_quit(struct fsz_shell *shell, char *rest)
{
    (void)rest;
    shell->done = true;
}

static void command_help(struct fsz_shell *shell, char *rest);

static const struct {
    const char *name;
    void (*run)(struct fsz_shell *shell, char *rest);
    const char *form, *help; /* NULL: not in the list */
} command_verbs[] = {
    {"/events", command_events, "/events [NAME...]",
     "show these events as they happen; without names, all events"},
    {"/noevents", command_no_events, "/noevents", "stop showing events"},
    {"/bg", command_background, "/bg COMMAND",
     "run a command in the background; show its output when it has ended"},
    {"/stats", command_stats, "/stats", "print the switch's counters"},
    {"/help", command_help, "/help", "show this help"},
    {"/quit", command_quit, "/quit", "end the shell (or Ctrl-D); Ctrl-C clears the line"},
    {"/exit", command_quit, NULL, NULL},
};

enum { COMMAND_VERBS = sizeof command_verbs / sizeof *command_verbs, COMMAND_HELP_COLUMN = 22 };

static void command_help(struct fsz_shell *shell, char *rest)
{
    int columns = fsz_wrap_columns(stdout);
    (void)shell;
    (void)rest;
    fsz_wrap_put(stdout, columns, 0, 0,
                 "Each line is an API command of the switch. Lines that begin with / are commands "
                 "of the shell:");
    for (size_t i = 0; i < COMMAND_VERBS; i++) {
        if (command_verbs[i].form != NULL) {
            fsz_wrap_put_row(stdout, columns, COMMAND_HELP_COLUMN, command_verbs[i].form,
                             command_verbs[i].help);
        }
    }
}

static void command_own(struct fsz_shell *shell, char *text)
{
    size_t length = strcspn(text, " ");
    for (size_t i = 0; i < COMMAND_VERBS; i++) {
        if (strlen(command_verbs[i].name) == length &&
            strncmp(command_verbs[i].name, text, length) == 0) {
            shell->exit_code = FSZ_EXIT_OK;
            command_verbs[i].run(shell, text + length + strspn(text + length, " "));
            return;
        }
    }
    fputs("no such command of the shell; /help lists them\n", stderr);
    shell->exit_code = FSZ_EXIT_USAGE;
}

/* Whether the line is UTF-8, as requests require; reports it if not. */
static bool command_is_text(struct fsz_shell *shell, const char *text)
{
    json_t *string = json_string(text);
    if (string == NULL) {
        fputs("this line is not UTF-8\n", stderr);
        shell->exit_code = FSZ_EXIT_USAGE;
    }
    json_decref(string);
    return string != NULL;
}

bool fsz_shell_do(struct fsz_shell *shell, char *line)
{
    char *text = line + strspn(line, " \t");
    text[strcspn(text, "\r\n")] = '\0';
    if (!command_is_text(shell, text)) {
        return true;
    }
    if (text[0] == '/') {
        command_own(shell, text);
    } else if (text[0] != '\0') {
        json_t *params = fsz_ask_command(text);
        fsz_ask_set_timeout(params, shell->client.timeout_s);
        command_ask(shell, text, "api", params);
    }
    return !shell->done;
}

void fsz_shell_learn(struct fsz_shell *shell)
{
    json_t *answer = NULL, *row = NULL;
    size_t  index = 0;
    for (size_t i = 0; i < COMMAND_VERBS; i++) {
        fsz_shell_line_offer(command_verbs[i].name);
    }
    json_int_t id = fsz_client_send(&shell->client, "api", fsz_ask_command("show api as json"));
    if (id == 0 || fsz_client_wait(&shell->client, id, COMMAND_LEARN_S, &answer) != FSZ_EXIT_OK) {
        return;
    }
    const json_t *result = json_object_get(answer, "result"); /* NULL: not granted */
    const char   *text = json_string_value(json_object_get(result, "output"));
    json_t       *list = text == NULL ? NULL : json_loads(text, 0, NULL);
    json_array_foreach(json_object_get(list, "rows"), index, row)
    {
        const char *name = json_string_value(json_object_get(row, "name"));
        if (name != NULL) {
            fsz_shell_line_offer(name);
        }
    }
    json_decref(list);
    json_decref(answer);
}
