/* shell.h - `fszmq shell`: commands of the switch, line by line, with live events between. One
 * thread. */
#ifndef FSZ_SHELL_H
#define FSZ_SHELL_H

#include "client.h"
#include "message.h"
#include "pretty.h"
#include "subscribe.h"

struct fsz_shell {
    struct fsz_client    client;
    struct fsz_connect   events; /* socket NULL: none are shown */
    struct fsz_subscribe subscribe;
    struct fsz_message   message;
    struct fsz_pretty    pretty;
    bool                 terminal, done;
    int                  exit_code; /* of the last command */
};

/* Prints what a request came to; FSZ_EXIT_OK where the switch did it. */
int fsz_shell_print(const json_t *result);
/* Ends the events, if any are shown. */
void fsz_shell_hide_events(struct fsz_shell *shell);

/* shell_line.c: the line that is being typed, its history and what completes it. */

/* Takes a line (NULL: end of input), which it frees. False: it was the last. */
typedef bool (*fsz_shell_line_fn)(void *self, char *line);

/* Starts editing; `take` gets each line. */
void fsz_shell_line_start(fsz_shell_line_fn take, void *self);
/* Standard input is readable. */
void fsz_shell_line_read(void);
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
