/* SPDX-License-Identifier: MPL-2.0 */
/* Arbitrary bytes as a file of call flows. If it loads, each event of each flow is replayed, as
 * captured and cut short; an error must have a reason. */
#include "sim/call.h"
#include "sim/render.h"
#include "sim/script.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SCRIPT_FILE_BYTES = 64 };

#define SCRIPT_NOW_US INT64_C(1795402016260796)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The headers must end, and each must have a value that can be read to the end. */
static void script_read_headers(const struct fsz_script_event *event)
{
    size_t count = 0, bytes = 0;
    for (; event->headers[count].name != NULL; count++) {
        const struct fsz_header *header = &event->headers[count];
        bytes += header->value != NULL ? strlen(header->value) : 0;
        for (size_t i = 0; i < header->value_count; i++) {
            bytes += strlen(header->values[i]);
        }
        if (header->value == NULL && header->value_count == 0) {
            abort();
        }
    }
    if (count != event->header_count || bytes == SIZE_MAX) {
        abort();
    }
}

static void script_play(struct fsz_render *render, struct fsz_flow *flow, struct fsz_call *call)
{
    for (call->at = 0; call->at < flow->event_count; call->at++) {
        struct fsz_script_event *event = &flow->events[call->at];
        (void)fsz_call_due_ns(call);
        if (!fsz_call_omits(call, event)) {
            fsz_render_begin(render, SCRIPT_NOW_US, call->at);
            fsz_render_event(render, call, event);
            script_read_headers(event);
        }
    }
}

static void script_use(struct fsz_script *script)
{
    struct fsz_render   render = {0};
    struct fsz_random   random;
    struct fsz_calendar calendar = {0};
    fsz_random_init(&random, 1);
    if (fsz_script_pick(script, fsz_random_next(&random)) == NULL ||
        fsz_render_init(&render, script) != FSZ_OK) {
        abort();
    }
    for (size_t i = 0; i < FSZ_LIVE_COUNT; i++) {
        render.live[i] = "live";
    }
    for (size_t i = 0; i < script->flow_count; i++) {
        struct fsz_flow *flow = &script->flows[i];
        struct fsz_call *call = fsz_call_new(flow, &random, 1, SCRIPT_NOW_US, &calendar);
        script_play(&render, flow, call);
        call->at = 0;
        if (fsz_call_cut(call, NULL, SCRIPT_NOW_US, &calendar)) {
            script_play(&render, flow, call);
        }
        fsz_call_free(&call);
    }
    fsz_render_fini(&render);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fsz_problems problems;
    struct fsz_script         *script = NULL;
    char                       path[SCRIPT_FILE_BYTES];
    int                        fd = memfd_create("flows", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size) {
        abort();
    }
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    fsz_problems_init(&problems);
    fsz_err err = fsz_script_load(path, &script, &problems);
    close(fd);
    if ((err == FSZ_OK) != (script != NULL) || (err != FSZ_OK) != (problems.count > 0) ||
        err == FSZ_ENOMEM) {
        abort();
    }
    if (script != NULL) {
        script_use(script);
    }
    fsz_script_free(&script);
    return 0;
}
