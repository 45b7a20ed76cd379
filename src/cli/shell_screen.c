/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/ask.h"
#include "cli/cli.h"
#include "cli/shell.h"

#include <stdio.h>
#include <zmq.h>

enum { SCREEN_BURST = 100 };

int fsz_shell_print(const json_t *result)
{
    const char *job = json_string_value(json_object_get(result, "job"));
    if (json_object_get(result, "output") != NULL) {
        return fsz_ask_show_output(result, false);
    }
    if (job != NULL) {
        printf("+OK job %s\n", job);
    } else {
        fsz_ask_print_json(result);
    }
    return FSZ_EXIT_OK;
}

static bool screen_show_event(struct fsz_shell *shell)
{
    size_t size = 0;
    if (fsz_message_receive(&shell->message, shell->events.socket, ZMQ_DONTWAIT) != 0) {
        return false;
    }
    const char *text = fsz_message_event(&shell->message, &size);
    json_t     *event = json_loadb(text, size, 0, NULL);
    bool        own =
        shell->message.kind != FSZ_MESSAGE_JSON && shell->message.kind != FSZ_MESSAGE_ENVELOPE;
    if (json_is_object(event) && !own) {
        fsz_pretty_event(&shell->pretty, stdout, event);
    }
    json_decref(event);
    return true;
}

void fsz_shell_show_events(struct fsz_shell *shell)
{
    fsz_shell_line_hide();
    for (int i = 0; i < SCREEN_BURST && screen_show_event(shell); i++) {
    }
    fsz_shell_line_show();
}

void fsz_shell_hide_events(struct fsz_shell *shell)
{
    if (shell->events.socket != NULL) {
        fsz_connect_fini(&shell->events);
    }
    fsz_subscribe_fini(&shell->subscribe);
    shell->subscribe = (struct fsz_subscribe){0};
}
