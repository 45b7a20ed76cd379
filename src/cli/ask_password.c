/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/ask_password.h"

#include "cli/cli.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Signals are unblocked only inside ppoll(). A signal that arrived between a check and a plain
 * read() would not interrupt the read. */
static ssize_t password_next(const sigset_t *signals, char *ret_byte)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    if (signals != NULL && ppoll(&input, 1, NULL, signals) < 0) {
        return -1;
    }
    return read(STDIN_FILENO, ret_byte, 1);
}

/* Reads byte by byte without stdio, which would keep a copy. `signals` may be NULL. */
static bool password_read(const sigset_t *signals, char ret_password[FSZ_PASSWORD_MAX + 1])
{
    char    line[FSZ_PASSWORD_MAX + 1];
    size_t  length = 0;
    char    byte = '\0';
    ssize_t got = 0;
    bool    good = true;
    while ((got = password_next(signals, &byte)) == 1 && byte != '\n') {
        good = good && byte != '\0' && length < FSZ_PASSWORD_MAX;
        if (good) {
            line[length++] = byte;
        }
    }
    good = good && got >= 0 && length > 0;
    if (good) {
        memcpy(ret_password, line, length);
        ret_password[length] = '\0';
    }
    explicit_bzero(line, sizeof line);
    byte = '\0';
    return good;
}

static void password_hold_signals(sigset_t *ret_before)
{
    sigset_t stopping;
    sigemptyset(&stopping);
    sigaddset(&stopping, SIGINT);
    sigaddset(&stopping, SIGTERM);
    sigaddset(&stopping, SIGHUP);
    sigprocmask(SIG_BLOCK, &stopping, ret_before);
    fsz_signals_catch();
}

bool fsz_ask_password(const char *prompt, char ret_password[FSZ_PASSWORD_MAX + 1])
{
    struct termios shown;
    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &shown) != 0) {
        return password_read(NULL, ret_password);
    }
    struct termios hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    hidden.c_cc[VSUSP] = _POSIX_VDISABLE; /* Ctrl-Z would leave the shell without echo */
    sigset_t before;
    password_hold_signals(&before); /* and so would Ctrl-C */
    /* Before the prompt, so that input typed after the prompt is neither echoed nor flushed. */
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    fprintf(stderr, "%s: ", prompt);
    bool read = password_read(&before, ret_password);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    sigprocmask(SIG_SETMASK, &before, NULL);
    fputc('\n', stderr);
    return read;
}
