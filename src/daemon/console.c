/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/console.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { LINE_BYTES = 65536 };

/* Prints a reply without empty lines at its beginning and end, then the empty line that ends it. */
static void console_answer(const char *text)
{
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == '\n') {
        length--;
    }
    const char *begin = text;
    while (*begin == '\n' && (size_t)(begin - text) < length) {
        begin++;
    }
    /* An empty line ends the reply, so there must be none inside it. */
    for (const char *at = begin; at < text + length; at++) {
        if (*at != '\n' || at[1] != '\n') {
            putchar(*at);
        }
    }
    fputs(length > 0 ? "\n\n" : "\n", stdout);
    fflush(stdout);
}

static void console_run(struct fsz_console *console, const char *line)
{
    struct fsz_buffer output;
    line += strspn(line, " \t\r");
    if (*line == '\0') {
        return;
    }
    fsz_buffer_init(&output, FSZ_CONSOLE_OUTPUT_BYTES);
    fsz_daemon_command(console->daemon, line, &output);
    console_answer(output.failed == FSZ_OK ? fsz_buffer_string(&output)
                                           : "-ERR output too large\n");
    fsz_buffer_fini(&output);
}

/* Runs the complete lines of `buffer` and keeps the rest. Returns the size of the rest. */
static size_t console_lines(struct fsz_console *console, char *buffer, size_t used)
{
    char *line = buffer, *end = NULL;
    while ((end = memchr(line, '\n', used - (size_t)(line - buffer))) != NULL) {
        *end = '\0';
        line[strcspn(line, "\r")] = '\0';
        console_run(console, line);
        line = end + 1;
    }
    used -= (size_t)(line - buffer);
    memmove(buffer, line, used);
    return used == LINE_BYTES ? 0 : used; /* drop a line that is too long */
}

static bool console_wait(const struct fsz_console *console)
{
    struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                           {.fd = console->stop_fd, .events = POLLIN}};
    int           ready;
    do {
        ready = poll(fds, 2, -1);
    } while (ready < 0 && errno == EINTR);
    return ready > 0 && fds[1].revents == 0;
}

static void *console_thread(void *self)
{
    struct fsz_console *console = self;
    char               *buffer = malloc(LINE_BYTES);
    size_t              used = 0;
    ssize_t             got = 0;
    pthread_setname_np(pthread_self(), "fsz-console");
    while (buffer != NULL && console_wait(console) &&
           (got = read(STDIN_FILENO, buffer + used, LINE_BYTES - used)) > 0) {
        used = console_lines(console, buffer, used + (size_t)got);
    }
    free(buffer);
    return NULL;
}

fsz_err fsz_console_start(struct fsz_console *console, struct fsz_daemon *daemon)
{
    *console = (struct fsz_console){.daemon = daemon, .stop_fd = eventfd(0, EFD_CLOEXEC)};
    if (console->stop_fd < 0) {
        return FSZ_ESYSTEM;
    }
    if (pthread_create(&console->thread, NULL, console_thread, console) != 0) {
        close(console->stop_fd);
        return FSZ_ESYSTEM;
    }
    console->running = true;
    return FSZ_OK;
}

void fsz_console_stop(struct fsz_console *console)
{
    uint64_t one = 1;
    if (!console->running) {
        return;
    }
    if (write(console->stop_fd, &one, sizeof one) == (ssize_t)sizeof one) {
        pthread_join(console->thread, NULL);
    }
    close(console->stop_fd);
    console->running = false;
}
