/* fake_desk.h - a desk whose answers a test writes, in place of the core's at link time. */
#ifndef FSZ_TEST_FAKE_DESK_H
#define FSZ_TEST_FAKE_DESK_H

#include "service/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
    fsz_err     err;
    const char *result; /* JSON text */
    const char *why;
    _Atomic int asked;
    _Atomic int held;   /* whoever asks waits while this is set */
    char       *params; /* of the last question */
    char        service[64];
    int64_t     deadline_ms;
} desk;

fsz_err fsz_desk_ask(struct fsz_desk *unused, const struct fsz_ask *ask, struct fsz_told *ret_told)
{
    (void)unused;
    assert_string_equal(ask->method, "xml.fetch");
    free(desk.params);
    assert_true(asprintf(&desk.params, "%.*s", (int)ask->params_bytes, ask->params) > 0);
    snprintf(desk.service, sizeof(desk.service), "%s", ask->service);
    desk.deadline_ms = ask->deadline_ms;
    desk.asked++;
    while (desk.held) {
        usleep(1000);
    }
    memset(ret_told, 0, sizeof(*ret_told));
    snprintf(ret_told->provider, sizeof(ret_told->provider), "tcp://127.0.0.1:5560");
    snprintf(ret_told->why, sizeof(ret_told->why), "%s", desk.why ? desk.why : "");
    if (desk.err == FSZ_OK) {
        ret_told->result = json_loads(desk.result, JSON_DECODE_ANY, NULL);
    }
    return desk.err;
}

static inline void desk_says(const char *result)
{
    desk.err = FSZ_OK;
    desk.result = result;
    desk.why = NULL;
}

static inline void desk_fails(fsz_err err, const char *why)
{
    desk.err = err;
    desk.why = why;
}

static inline void desk_reset(void)
{
    free(desk.params);
    desk.params = NULL;
    desk.asked = 0;
    desk.held = 0;
    desk.service[0] = '\0';
}

#endif
