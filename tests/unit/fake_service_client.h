/* SPDX-License-Identifier: MPL-2.0 */
/* fake_service_client.h - a service client whose replies a test writes; replaces the core's at link
 * time. */
#ifndef FSZ_TEST_FAKE_SERVICE_CLIENT_H
#define FSZ_TEST_FAKE_SERVICE_CLIENT_H

#include "service/service_client.h"

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
    _Atomic int held;   /* while set, threads that ask wait */
    char       *params; /* of the last request */
    char        service[64];
    int64_t     deadline_ms;
} service_client;

fsz_err fsz_service_client_ask(struct fsz_service_client     *unused,
                               const struct fsz_request_spec *spec, struct fsz_reply *ret_reply)
{
    (void)unused;
    assert_string_equal(spec->method, "xml.fetch");
    free(service_client.params);
    assert_true(asprintf(&service_client.params, "%.*s", (int)spec->params_bytes, spec->params) >
                0);
    snprintf(service_client.service, sizeof(service_client.service), "%s", spec->service);
    service_client.deadline_ms = spec->deadline_ms;
    service_client.asked++;
    while (service_client.held) {
        usleep(1000);
    }
    memset(ret_reply, 0, sizeof(*ret_reply));
    snprintf(ret_reply->provider, sizeof(ret_reply->provider), "tcp://127.0.0.1:5560");
    snprintf(ret_reply->why, sizeof(ret_reply->why), "%s",
             service_client.why ? service_client.why : "");
    if (service_client.err == FSZ_OK) {
        ret_reply->result = json_loads(service_client.result, JSON_DECODE_ANY, NULL);
    }
    return service_client.err;
}

static inline void service_client_says(const char *result)
{
    service_client.err = FSZ_OK;
    service_client.result = result;
    service_client.why = NULL;
}

static inline void service_client_fails(fsz_err err, const char *why)
{
    service_client.err = err;
    service_client.why = why;
}

static inline void service_client_reset(void)
{
    free(service_client.params);
    service_client.params = NULL;
    service_client.asked = 0;
    service_client.held = 0;
    service_client.service[0] = '\0';
}

#endif
