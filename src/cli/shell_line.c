/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/shell.h"

#include <editline/readline.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <wchar.h>

enum { LINE_HISTORY_MAX = 1000, LINE_WORDS_MAX = 4096 };

static const char line_prompt[] = "fszmq> ";

/* Global, because libedit's callbacks have no argument for it. */
static struct {
    fsz_shell_line_fn take;
    void             *self;
    char             *words[LINE_WORDS_MAX];
    size_t            word_count;
    char              history[4096];
} line;

static volatile sig_atomic_t line_interrupted, line_resized;

static void line_signal(int number)
{
    if (number == SIGINT) {
        line_interrupted = 1;
    } else {
        line_resized = 1;
    }
}

static void line_take(char *text)
{
    if (text != NULL && text[0] != '\0') {
        add_history(text);
    }
    if (line.take(line.self, text)) {
        /* libedit leaves unbuffered mode after each line; this enters it again */
        rl_callback_handler_install(line_prompt, line_take);
    }
}

/* The next word that begins with `text`; libedit frees it. */
static char *line_next_word(const char *text, int state)
{
    static size_t next;
    next = state == 0 ? 0 : next;
    while (next < line.word_count) {
        const char *word = line.words[next++];
        if (strncmp(word, text, strlen(text)) == 0) {
            return strdup(word);
        }
    }
    return NULL;
}

/* Completes only the first word: only the switch knows the arguments. */
static char **line_complete(const char *text, int start, int end)
{
    (void)end;
    rl_attempted_completion_over = 1;
    return start == 0 ? rl_completion_matches(text, line_next_word) : NULL;
}

static void line_find_history(void)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    if (state != NULL && state[0] == '/') {
        snprintf(line.history, sizeof line.history, "%s/fszmq_history", state);
    } else if (home != NULL) {
        snprintf(line.history, sizeof line.history, "%s/.fszmq_history", home);
    }
}

/* Replaces libedit's handlers, which would signal the whole process group. */
static void line_catch_signals(void)
{
    struct sigaction take = {.sa_handler = line_signal};
    rl_catch_signals = 0;
    sigaction(SIGINT, &take, NULL);
    sigaction(SIGWINCH, &take, NULL);
    sigaction(SIGCONT, &take, NULL);
}

void fsz_shell_line_start(fsz_shell_line_fn take, void *self)
{
    line.take = take;
    line.self = self;
    rl_readline_name = "fszmq";
    rl_attempted_completion_function = line_complete;
    using_history();
    stifle_history(LINE_HISTORY_MAX);
    line_find_history();
    read_history(line.history);
    line_catch_signals();
    rl_callback_handler_install(line_prompt, line_take);
}

void fsz_shell_line_read(void)
{
    rl_callback_read_char();
}

/* The width of the prompt and of the line up to the cursor, in columns. */
static int line_width(void)
{
    mbstate_t   state = {0};
    int         width = (int)strlen(line_prompt);
    const char *at = rl_line_buffer;
    const char *end = at == NULL ? NULL : at + rl_point;
    while (at < end) {
        wchar_t character = 0;
        size_t  size = mbrtowc(&character, at, (size_t)(end - at), &state);
        if (size == 0 || size > (size_t)(end - at)) {
            break;
        }
        int columns = wcwidth(character);
        width += columns > 0 ? columns : 0;
        at += size;
    }
    return width;
}

void fsz_shell_line_hide(void)
{
    int rows = 0, columns = 0;
    rl_get_screen_size(&rows, &columns);
    int above = columns > 0 ? line_width() / columns : 0;
    if (above > 0) {
        printf("\033[%dA\r\033[J", above);
    }
    fputs("\r\033[K", stdout);
}

/* Drops what was typed and starts a new line. */
static void line_drop(void)
{
    fputs("^C\n", stdout);
    fflush(stdout);
    rl_callback_handler_remove();
    rl_callback_handler_install(line_prompt, line_take);
    rl_point = 0;
}

void fsz_shell_line_follow_signals(void)
{
    if (line_resized) { /* or continued after Ctrl-Z: then the terminal's mode has changed */
        line_resized = 0;
        rl_reset_terminal(NULL);
        rl_resize_terminal();
        fsz_shell_line_hide();
        fsz_shell_line_show();
    }
    if (line_interrupted) {
        line_interrupted = 0;
        line_drop();
    }
}

void fsz_shell_line_show(void)
{
    fflush(stdout);
    rl_on_new_line();
    rl_forced_update_display();
}

void fsz_shell_line_offer(const char *word)
{
    char *copy = line.word_count < LINE_WORDS_MAX ? strdup(word) : NULL;
    if (copy != NULL) {
        line.words[line.word_count++] = copy;
    }
}

/* Saves the history with mode 0600, because commands may contain secrets. */
void fsz_shell_line_stop(void)
{
    rl_callback_handler_remove();
    mode_t mask = umask(077);
    write_history(line.history);
    umask(mask);
    while (line.word_count > 0) {
        free(line.words[--line.word_count]);
    }
}
