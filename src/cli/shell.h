/* shell.h - `fszmq shell`: commands of the switch, line by line, with live events between. One
 * thread. */
#ifndef FSZ_SHELL_H
#define FSZ_SHELL_H

#include "cli/cli_client.h"
#include "cli/cli_message.h"
#include "cli/pretty.h"
#include "cli/subscribe.h"

enum { FSZ_SHELL_UNANSWERED_MAX = 256, FSZ_SHELL_LINE_SHOWN = 60 };

/* A line that has been sent and not been answered. */
struct fsz_shell_request {
    json_int_t id;
    int64_t    end_ns; /* CLOCK_MONOTONIC: then no answer is expected any more */
    char       line[FSZ_SHELL_LINE_SHOWN + 1]; /* its beginning */
};

struct fsz_shell {
    struct fsz_client    client;
    struct fsz_connect   events; /* socket NULL: none are shown */
    struct fsz_subscribe subscribe;
    struct fsz_message   message;
    struct fsz_pretty    pretty;
    bool                 terminal, done;
    int                  exit_code; /* of the last command */

    struct fsz_shell_request unanswered[FSZ_SHELL_UNANSWERED_MAX];
    size_t                   unanswered_count;
    uint64_t                 lost; /* connections, when those were sent */
};

/* Prints what a request came to; FSZ_EXIT_OK where the switch did it. */
int fsz_shell_print(const json_t *result);
/* Ends the events, if any are shown. */
void fsz_shell_hide_events(struct fsz_shell *shell);

/* shell_request.c: requests that the terminal does not wait for. */

/* Sends one for that line, or prints why not; nothing is kept to be sent later. Takes `params`. */
void fsz_shell_send(struct fsz_shell *shell, const char *line, const char *method, json_t *params);
/* The answer with that id has come. */
void fsz_shell_answered(struct fsz_shell *shell, json_int_t id);
/* Tells each line whose answer can't come any more: it may have run. Call now and then. */
void fsz_shell_review(struct fsz_shell *shell);

/* shell_line.c: the line that is being typed, its history and what completes it. */

/* Takes a line (NULL: end of input), which it frees. False: it was the last. */
typedef bool (*fsz_shell_line_fn)(void *self, char *line);

/* Starts editing; `take` gets each line. */
void fsz_shell_line_start(fsz_shell_line_fn take, void *self);
/* Standard input is readable. */
void fsz_shell_line_read(void);
/* Ctrl-C drops what was typed, a new size of the terminal draws it anew. Call when a wait was
 * interrupted. */
void fsz_shell_line_follow_signals(void);
/* Around what is printed while a line is being typed. */
void fsz_shell_line_hide(void);
void fsz_shell_line_show(void);
/* Words that Tab completes; copied. */
void fsz_shell_line_offer(const char *word);
/* Keeps the history for the next time. */
void fsz_shell_line_stop(void);

/* shell_command.c: one line of input. False: it was the last. */
bool fsz_shell_do(struct fsz_shell *shell, char *line);
/* Tells the line what completes it: our own commands, and those of the switch, which is asked. */
void fsz_shell_learn(struct fsz_shell *shell);

#endif
