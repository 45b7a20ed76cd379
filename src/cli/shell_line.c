#include "shell.h"

#include <editline/readline.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LINE_HISTORY_MAX = 1000, LINE_WORDS_MAX = 4096 };

static const char line_prompt[] = "fszmq> ";

/* libedit calls back without an argument. */
static struct {
    fsz_shell_line_fn take;
    void             *self;
    char             *words[LINE_WORDS_MAX];
    size_t            word_count;
    char              history[4096];
} line;

static void line_take(char *text)
{
    if (text != NULL && text[0] != '\0') {
        add_history(text);
    }
    if (line.take(line.self, text)) {
        /* libedit leaves its unbuffered mode with each line, and would then wait for whole lines */
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

/* Only the first word: what follows it only the switch knows. */
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
    rl_callback_handler_install(line_prompt, line_take);
}

void fsz_shell_line_read(void)
{
    rl_callback_read_char();
}

void fsz_shell_line_hide(void)
{
    fputs("\r\033[K", stdout);
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

/* Commands may hold secrets: nobody else is to read them. */
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
