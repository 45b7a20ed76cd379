/* SPDX-License-Identifier: MPL-2.0 */
/* `fszmq shell` on a terminal: the requests that were sent, and their replies.
 *
 * A reply arrives on the connection of its request or not at all. If that connection ends, or if
 * the reply is overdue, the shell reports that the line may have run. It never sends a line twice.
 */
#include "base/clock.h"
#include "cli/cli.h"
#include "cli/shell.h"
#include "cli/text.h"

#include <stdio.h>
#include <string.h>

enum { REQUEST_GRACE_S = 2 }; /* the switch replies at its own deadline, shortly before ours */

/* Copies the beginning of the line, without splitting a character. */
static void request_keep_line(struct fsz_shell_request *request, const char *line)
{
    size_t size = strlen(line);
    if (size > FSZ_SHELL_LINE_SHOWN) {
        size = FSZ_SHELL_LINE_SHOWN;
        while (size > 0 && ((unsigned char)line[size] & 0xc0) == 0x80) {
            size--;
        }
    }
    memcpy(request->line, line, size);
    request->line[size] = '\0';
}

void fsz_shell_send(struct fsz_shell *shell, const char *line, const char *method, json_t *params)
{
    if (shell->unanswered_count == FSZ_SHELL_UNANSWERED_MAX) {
        fprintf(stderr, "%s: not sent: %d lines have no reply yet\n", shell->client.connect.program,
                FSZ_SHELL_UNANSWERED_MAX);
        json_decref(params);
        return;
    }
    json_int_t id = fsz_client_send(&shell->client, method, params);
    if (id == 0) {
        return;
    }
    double                    patience_s = shell->client.timeout_s + REQUEST_GRACE_S;
    struct fsz_shell_request *request = &shell->unanswered[shell->unanswered_count++];
    request->id = id;
    request->end_ns = fsz_clock_monotonic_ns() + (int64_t)(patience_s * 1e9);
    request_keep_line(request, line);
}

void fsz_shell_answered(struct fsz_shell *shell, json_int_t id)
{
    for (size_t i = 0; i < shell->unanswered_count; i++) {
        if (shell->unanswered[i].id == id) {
            shell->unanswered_count--;
            memmove(&shell->unanswered[i], &shell->unanswered[i + 1],
                    (shell->unanswered_count - i) * sizeof *shell->unanswered);
            return;
        }
    }
}

static void request_give_up_all(struct fsz_shell *shell, const char *why)
{
    fsz_shell_line_hide();
    fflush(stdout);
    for (size_t i = 0; i < shell->unanswered_count; i++) {
        fprintf(stderr, "%s: ", shell->client.connect.program);
        fsz_text_puts(stderr, shell->unanswered[i].line);
        fprintf(stderr, ": %s: it may have run\n", why);
    }
    shell->unanswered_count = 0;
    fsz_shell_line_show();
}

static bool request_is_overdue(const struct fsz_shell *shell)
{
    for (size_t i = 0; i < shell->unanswered_count; i++) {
        if (fsz_clock_monotonic_ns() >= shell->unanswered[i].end_ns) {
            return true;
        }
    }
    return false;
}

void fsz_shell_review(struct fsz_shell *shell)
{
    bool lost = shell->client.connect.lost != shell->lost;
    shell->lost = shell->client.connect.lost;
    if (shell->unanswered_count == 0) {
        return;
    }
    if (lost) {
        request_give_up_all(shell, "the connection ended before the reply");
    } else if (request_is_overdue(shell)) {
        /* Requests that the switch has not read yet must not run later, so this connection is
         * closed. The other replies are lost with it. */
        request_give_up_all(shell, "no reply in time");
        shell->done = fsz_client_reopen(&shell->client) != FSZ_EXIT_OK;
        shell->lost = shell->client.connect.lost;
    }
}
