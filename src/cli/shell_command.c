#include "shell.h"

#include "ask.h"
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

enum { COMMAND_LEARN_S = 10 };

static void command_help(struct fsz_shell *shell, char *rest)
{
    (void)shell;
    (void)rest;
    fputs("A line is an API command of the switch. Lines that begin with / are the shell's own:\n"
          "  /events [NAME...]   show these events as they happen (all of them without a name)\n"
          "  /noevents           stop that\n"
          "  /bg COMMAND         run it in the background; its output comes when it is done\n"
          "  /stats              the switch's counters\n"
          "  /help               this\n"
          "  /quit               end (Ctrl-D)\n",
          stdout);
}

/* Sends it; the answer is printed when it comes, or awaited where lines come from a file. */
static void command_ask(struct fsz_shell *shell, const char *method, json_t *params)
{
    json_t *result = NULL;
    if (shell->terminal) {
        fsz_client_send(&shell->client, method, params); /* what goes wrong it tells */
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
    command_ask(shell, "bgapi", fsz_ask_command(rest));
}

static void command_stats(struct fsz_shell *shell, char *rest)
{
    (void)rest;
    command_ask(shell, "server.stats", json_object());
}

static void command_no_events(struct fsz_shell *shell, char *rest)
{
    (void)rest;
    fsz_shell_hide_events(shell);
}

/* False: a name is none, or they are too many, which was told. */
static bool command_add_events(struct fsz_shell *shell, char *rest)
{
    char *state = NULL;
    for (char *name = strtok_r(rest, " ,", &state); name; name = strtok_r(NULL, " ,", &state)) {
        if (fsz_subscribe_add(&shell->subscribe, name) != 0) {
            fprintf(stderr, "'%s' is not NAME or NAME/SUBCLASS\n", name);
            return false;
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

static const struct {
    const char *name;
    void (*run)(struct fsz_shell *shell, char *rest);
} command_verbs[] = {{"/bg", command_background},      {"/events", command_events},
                     {"/exit", command_quit},          {"/help", command_help},
                     {"/noevents", command_no_events}, {"/quit", command_quit},
                     {"/stats", command_stats}};

enum { COMMAND_VERBS = sizeof command_verbs / sizeof *command_verbs };

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
    fputs("no such command of the shell; /help tells them\n", stderr);
    shell->exit_code = FSZ_EXIT_USAGE;
}

/* The rest of a line that the shell passes on. */
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
        command_ask(shell, "api", fsz_ask_command(text));
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
    const json_t *result = json_object_get(answer, "result"); /* none where it is not granted */
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
