/* SPDX-License-Identifier: MPL-2.0 */
/* Each allocation of the core fails in turn, from the configuration to the last event: what comes
 * back is an error or a result, and the next try works. Leaks and wild pointers are the sanitizers'
 * to find.
 *
 * Only calls from the core's own objects are counted (ld's --wrap): libzmq ends the process when it
 * gets no memory, and nobody can help that. */
#include "engine/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include <cmocka.h>

#include "failing_malloc.h"

enum { ROUNDS_MAX = 2000, ATTEMPTS = 100, ATTEMPT_MS = 2 };

/* ---- what is done with no memory ------------------------------------------------------------- */

static void host_log(void *self, enum fsz_log_level level, const char *text)
{
    (void)self;
    (void)level;
    (void)text;
}

static bool host_admits(void *self, const char *acl, const char *address)
{
    (void)self;
    (void)acl;
    (void)address;
    return true;
}

static const struct fsz_host host = {.name = "test", .log = host_log, .admits = host_admits};

static const struct fsz_header headers[] = {
    {.name = "Unique-ID", .value = "1"}, {.name = "Bad", .value = "\xff\x01"}, {.name = NULL}};
static const struct fsz_event event = {.name = "DTMF",
                                       .subclass = "a::b",
                                       .body = "body",
                                       .headers = headers,
                                       .read = fsz_headers_of_array};

static fsz_err scenario_config(struct fsz_config **ret_config)
{
    fsz_err err = fsz_config_default(ret_config);
    if (err == FSZ_OK) {
        struct fsz_stream_config *stream = &(*ret_config)->streams[0];
        memcpy(stream->socket.endpoints[0].address, "inproc://e", sizeof("inproc://e"));
        stream->framing = FSZ_FRAMING_ENVELOPE;
        struct fsz_api_socket_config *channel = &(*ret_config)->api_sockets[0];
        memcpy(channel->socket.endpoints[0].address, "inproc://a", sizeof("inproc://a"));
    }
    return err;
}

/* Offers until the subscriber has one event; false when it never does. */
static bool scenario_gets_an_event(struct fsz_engine *engine, void *inside)
{
    for (int i = 0; i < ATTEMPTS; i++) {
        zmq_pollitem_t item = {.socket = inside, .events = ZMQ_POLLIN};
        (void)fsz_engine_offer(engine, &event);
        if (zmq_poll(&item, 1, ATTEMPT_MS) > 0) {
            return true;
        }
    }
    return false;
}

static bool scenario_subscribe(struct fsz_engine *engine)
{
    int                 linger = 0;
    struct fsz_context *context = fsz_engine_take_context(engine);
    void               *inside = zmq_socket(fsz_context_zmq(context), ZMQ_SUB);
    zmq_setsockopt(inside, ZMQ_LINGER, &linger, sizeof(linger));
    zmq_setsockopt(inside, ZMQ_SUBSCRIBE, "DTMF/", 5);
    assert_int_equal(zmq_connect(inside, "inproc://e"), 0);
    bool got = scenario_gets_an_event(engine, inside);
    zmq_close(inside);
    fsz_context_give(context);
    return got;
}

static fsz_err scenario_reload(struct fsz_engine *engine)
{
    struct fsz_problems problems;
    struct fsz_config  *config = NULL;
    fsz_problems_init(&problems);
    fsz_err err = scenario_config(&config);
    return err == FSZ_OK ? fsz_engine_reload(engine, &config, &problems) : err;
}

/* True when all of it worked. */
static bool scenario(void)
{
    struct fsz_engine *engine = NULL;
    struct fsz_config *config = NULL;
    bool works = fsz_engine_new(&engine, &host) == FSZ_OK && scenario_config(&config) == FSZ_OK &&
                 fsz_engine_start(engine, &config) == FSZ_OK;
    if (works) {
        bool reloaded = scenario_reload(engine) == FSZ_OK;
        works = scenario_subscribe(engine) && reloaded;
    }
    fsz_config_free(&config);
    fsz_engine_free(&engine);
    return works;
}

static void test_engine_survives_each_allocation_that_fails(void **state)
{
    long nth = 0;
    (void)state;
    do {
        allocation_failed = false;
        atomic_store(&allocation_countdown, ++nth);
        scenario();
        atomic_store(&allocation_countdown, 0);
        assert_true(nth < ROUNDS_MAX);
    } while (allocation_failed);
    assert_true(nth > 50);
    assert_true(scenario());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_engine_survives_each_allocation_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
