/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/shell.h"

#include "cli/ask.h"
#include "cli/cli.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

struct shell_options {
    struct fsz_client_options client;
};

static const struct fsz_option shell_options[] = {
    FSZ_CLIENT_OPTIONS(struct shell_options, client),
    {0},
};

static const struct fsz_usage shell_usage = {
    .program = "fszmq shell",
    .arguments = "[OPTION...]",
    .summary = "Runs API commands of the switch line by line, and shows events as they happen.",
    .options = shell_options,
};

enum {
    SHELL_TICK_MS = 250,
    SHELL_PATIENCE_S = 60, /* on a terminal: the user can go on typing while, say, a call rings */
};

/* ---- messages of the switch while a line is being typed ------------------------------------- */

static void shell_take_answer(void *self, const json_t *answer)
{
    struct fsz_shell *shell = self;
    const json_t     *error = json_object_get(answer, "error");
    fsz_shell_answered(shell, json_integer_value(json_object_get(answer, "id")));
    fsz_shell_line_hide();
    fflush(stdout);
    if (error != NULL) {
        fsz_client_tell_error(&shell->client, error);
    } else {
        fsz_shell_print(json_object_get(answer, "result"));
    }
    fsz_shell_line_show();
}

static void shell_take_notice(void *self, const char *method, const json_t *params)
{
    struct fsz_shell *shell = self;
    const char       *job = json_string_value(json_object_get(params, "job"));
    if (!shell->terminal || strcmp(method, "job.done") != 0 || job == NULL) {
        return;
    }
    fsz_shell_line_hide();
    fsz_ask_print(job);
    fsz_shell_print(params);
    fsz_shell_line_show();
}

/* Reports changes of the connections. */
static void shell_watch(struct fsz_shell *shell)
{
    fsz_shell_line_hide();
    fflush(stdout);
    fsz_connect_watch(&shell->client.connect);
    if (shell->events.socket != NULL) {
        fsz_connect_watch(&shell->events);
    }
    fsz_shell_line_show();
}

/* ---- the two ways of reading lines --------------------------------------------------------- */

static bool shell_take_line(void *self, char *line)
{
    struct fsz_shell *shell = self;
    shell->done = line == NULL || !fsz_shell_do(shell, line);
    free(line);
    return !shell->done;
}

static void shell_wait(struct fsz_shell *shell)
{
    zmq_pollitem_t items[] = {{NULL, STDIN_FILENO, ZMQ_POLLIN, 0},
                              {shell->client.connect.socket, 0, ZMQ_POLLIN, 0},
                              {shell->client.connect.monitor, 0, ZMQ_POLLIN, 0},
                              {shell->events.socket, 0, ZMQ_POLLIN, 0},
                              {shell->events.monitor, 0, ZMQ_POLLIN, 0}};
    int            count = shell->events.socket != NULL ? 5 : 3;
    zmq_poll(items, count, SHELL_TICK_MS);
    fsz_shell_line_follow_signals();
    if (items[2].revents != 0 || items[4].revents != 0) {
        shell_watch(shell);
    }
    fsz_client_take(&shell->client);
    fsz_shell_review(shell);
    if (items[3].revents != 0) {
        fsz_shell_show_events(shell);
    }
    if (items[0].revents != 0) {
        fsz_shell_line_read();
    }
}

static void shell_interact(struct fsz_shell *shell)
{
    shell->client.answer = shell_take_answer;
    fsz_shell_line_start(shell_take_line, shell);
    while (!shell->done && !fsz_signals_stopped()) {
        shell_wait(shell);
    }
    fsz_shell_line_stop();
    putchar('\n');
    shell->exit_code = FSZ_EXIT_OK;
}

static void shell_read_file(struct fsz_shell *shell)
{
    char  *line = NULL;
    size_t size = 0;
    while (!shell->done && getline(&line, &size, stdin) >= 0) {
        fsz_shell_do(shell, line);
        shell->done |= !fsz_output_flush(); /* the next output would be lost */
    }
    free(line);
}

static int shell_run(struct fsz_shell *shell, const struct shell_options *options)
{
    json_t *hello = NULL;
    int     exit_code = fsz_client_call(&shell->client, "server.hello", json_object(), &hello);
    shell->client.connect.once = false;
    if (exit_code == FSZ_EXIT_OK && shell->terminal) {
        const char *name = json_string_value(json_object_get(hello, "switchname"));
        printf("Connected to %s. /help lists the shell's own commands.\n",
               name ? name : "the switch");
        fsz_shell_learn(shell);
        if (options->client.timeout_s <= 0) {
            shell->client.timeout_s = SHELL_PATIENCE_S;
        }
        shell_interact(shell);
    } else if (exit_code == FSZ_EXIT_OK) {
        shell_read_file(shell);
    }
    json_decref(hello);
    return exit_code == FSZ_EXIT_OK ? shell->exit_code : exit_code;
}

int fsz_shell_command(int argc, char **argv)
{
    struct shell_options options = {0};
    struct fsz_shell     shell = {.terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)};
    int                  exit_code = FSZ_EXIT_OK;
    setlocale(LC_CTYPE, "");
    if (fsz_options_read(&shell_usage, argc, argv, &options, &exit_code) < 0) {
        return exit_code;
    }
    exit_code = fsz_client_open(&shell.client, shell_usage.program, &options.client);
    shell.client.notice = shell_take_notice;
    shell.client.notice_self = &shell;
    shell.pretty.colour = shell.terminal;
    shell.pretty.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    fsz_message_init(&shell.message);
    if (exit_code == FSZ_EXIT_OK) {
        exit_code = shell_run(&shell, &options);
    }
    fsz_message_fini(&shell.message);
    fsz_shell_hide_events(&shell);
    fsz_client_close(&shell.client);
    return exit_code;
}
