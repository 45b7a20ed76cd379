/* SPDX-License-Identifier: MPL-2.0 */
/* shell.h - `fszmq shell`: runs commands line by line and shows live events. One thread. */
#ifndef FSZ_SHELL_H
#define FSZ_SHELL_H

#include "cli/cli_client.h"
#include "cli/cli_message.h"
#include "cli/pretty.h"
#include "cli/subscribe.h"

enum { FSZ_SHELL_UNANSWERED_MAX = 256, FSZ_SHELL_LINE_SHOWN = 60 };

/* A line that was sent and has no reply yet. */
struct fsz_shell_request {
    json_int_t id;
    int64_t    end_ns; /* CLOCK_MONOTONIC; after this, no reply is expected */
    char       line[FSZ_SHELL_LINE_SHOWN + 1]; /* its beginning */
};

struct fsz_shell {
    struct fsz_client    client;
    struct fsz_connect   events; /* socket NULL: events are not shown */
    struct fsz_subscribe subscribe;
    struct fsz_message   message;
    struct fsz_pretty    pretty;
    bool                 terminal, done;
    int                  exit_code; /* of the last command */

    struct fsz_shell_request unanswered[FSZ_SHELL_UNANSWERED_MAX];
    size_t                   unanswered_count;
    uint64_t                 lost; /* client.connect.lost when these were sent */
};

/* shell_screen.c: shows results and events. */

/* Prints the result of a request. Returns FSZ_EXIT_OK if it succeeded. */
int fsz_shell_print(const json_t *result);
/* Shows events that have arrived, a limited number at a time. */
void fsz_shell_show_events(struct fsz_shell *shell);
/* Stops showing events. */
void fsz_shell_hide_events(struct fsz_shell *shell);

/* shell_request.c: requests on a terminal, which does not wait for the replies. */

/* Sends the request for a line now, or prints why it cannot. Takes ownership of `params`. */
void fsz_shell_send(struct fsz_shell *shell, const char *line, const char *method, json_t *params);
/* Call when the reply with that id has arrived. */
void fsz_shell_answered(struct fsz_shell *shell, json_int_t id);
/* Reports each line whose reply can no longer arrive: it may have run. Call regularly. */
void fsz_shell_review(struct fsz_shell *shell);

/* shell_line.c: the line editor, with history and completion. */

/* Takes a line and frees it; NULL: end of input. False: no more lines. */
typedef bool (*fsz_shell_line_fn)(void *self, char *line);

/* Starts editing; `take` gets each line. */
void fsz_shell_line_start(fsz_shell_line_fn take, void *self);
/* Call when standard input is readable. */
void fsz_shell_line_read(void);
/* Handles signals: Ctrl-C drops the line, and a change of the terminal's size redraws it. Call
 * after each wait. */
void fsz_shell_line_follow_signals(void);
/* Call these before and after other output. */
void fsz_shell_line_hide(void);
void fsz_shell_line_show(void);
/* Adds a word for completion with Tab; copies it. */
void fsz_shell_line_offer(const char *word);
/* Stops editing and saves the history. */
void fsz_shell_line_stop(void);

/* shell_command.c: runs one line of input. False: no more lines. */
bool fsz_shell_do(struct fsz_shell *shell, char *line);
/* Adds completion words: the shell's commands, and those that the switch lists. */
void fsz_shell_learn(struct fsz_shell *shell);

#endif
