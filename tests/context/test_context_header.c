/* SPDX-License-Identifier: MPL-2.0 */
/* Another part of the process subscribes through include/fszmq/context.h, and survives the module's
 * unload. */
#include "module.h"

#include <fszmq/context.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <zmq.h>

#include <cmocka.h>

enum { DEADLINE_MS = 10000, EVENTS = 1000 };

struct module {
    void                   *handle;
    context_module_start_fn start;
    context_module_offer_fn offer;
    context_module_stop_fn  stop;
};

static struct module module_load(void)
{
    struct module module = {.handle = dlopen(MODULE_PATH, RTLD_NOW | RTLD_LOCAL)};
    assert_non_null(module.handle);
    *(void **)&module.start = dlsym(module.handle, "context_module_start");
    *(void **)&module.offer = dlsym(module.handle, "context_module_offer");
    *(void **)&module.stop = dlsym(module.handle, "context_module_stop");
    assert_non_null(module.start);
    return module;
}

static void module_unload(struct module *module)
{
    module->stop();
    assert_int_equal(dlclose(module->handle), 0);
}

static bool module_is_mapped(void)
{
    const char *path = NULL;
    return dl_iterate_phdr(fszmq_find_module, &path) != 0;
}

static void *subscribe(const struct fszmq_context *context)
{
    int   deadline = DEADLINE_MS;
    void *events = zmq_socket(context->zmq, ZMQ_SUB);
    assert_non_null(events);
    zmq_setsockopt(events, ZMQ_RCVTIMEO, &deadline, sizeof(deadline));
    assert_int_equal(zmq_setsockopt(events, ZMQ_SUBSCRIBE, "", 0), 0);
    assert_int_equal(zmq_connect(events, "inproc://events"), 0);
    return events;
}

/* Offers events until the first one arrives: the subscription takes a moment. */
static void await_first(const struct module *module, void *events)
{
    char bytes[256];
    for (int i = 0; i < DEADLINE_MS / 10; i++) {
        assert_int_equal(module->offer("first"), 0);
        zmq_pollitem_t item = {.socket = events, .events = ZMQ_POLLIN};
        if (zmq_poll(&item, 1, 10) > 0) {
            break;
        }
    }
    while (zmq_recv(events, bytes, sizeof(bytes), ZMQ_DONTWAIT) >= 0) {
    }
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    while (zmq_recv(events, bytes, sizeof(bytes), ZMQ_DONTWAIT) >= 0) {
    }
}

static void test_context_is_unavailable_without_the_module(void **state)
{
    (void)state;
    struct fszmq_context context;
    assert_int_equal(fszmq_context_take(&context), -1);
}

static void test_context_is_unavailable_before_start_and_after_stop(void **state)
{
    (void)state;
    struct fszmq_context context;
    struct module        module = module_load();
    assert_int_equal(fszmq_context_take(&context), -1);
    assert_int_equal(module.start(), 0);
    assert_int_equal(fszmq_context_take(&context), 0);
    fszmq_context_give(&context);
    module.stop();
    assert_int_equal(fszmq_context_take(&context), -1);
    assert_int_equal(dlclose(module.handle), 0);
    assert_false(module_is_mapped());
}

static void test_other_code_gets_every_event_in_order(void **state)
{
    (void)state;
    struct fszmq_context context;
    struct module        module = module_load();
    assert_int_equal(module.start(), 0);
    assert_int_equal(fszmq_context_take(&context), 0);
    void *events = subscribe(&context);
    await_first(&module, events);
    for (int i = 0; i < EVENTS; i++) {
        char n[16], bytes[256], wanted[64];
        snprintf(n, sizeof(n), "%d", i);
        assert_int_equal(module.offer(n), 0);
        int size = zmq_recv(events, bytes, sizeof(bytes) - 1, 0);
        assert_true(size > 0);
        bytes[size] = '\0';
        snprintf(wanted, sizeof(wanted), "{\"Event-Name\":\"DTMF\",\"N\":\"%d\"}", i);
        assert_string_equal(bytes, wanted);
    }
    assert_int_equal(zmq_close(events), 0);
    fszmq_context_give(&context);
    module_unload(&module);
    assert_false(module_is_mapped());
}

/* Like the example in the header: receives until ETERM, closes the socket, gives the context back.
 */
static void *user_run(void *argument)
{
    struct fszmq_context *context = argument;
    char                  bytes[256];
    void                 *events = subscribe(context);
    int                   size = 0;
    do {
        size = zmq_recv(events, bytes, sizeof(bytes), 0);
    } while (size >= 0);
    bool is_terminated = zmq_errno() == ETERM;
    zmq_close(events);
    fszmq_context_give(context);
    return is_terminated ? NULL : argument;
}

static void test_context_user_gets_eterm_at_stop_and_gives_back_in_time(void **state)
{
    (void)state;
    struct fszmq_context context;
    struct module        module = module_load();
    pthread_t            thread;
    void                *failed = NULL;
    assert_int_equal(module.start(), 0);
    assert_int_equal(fszmq_context_take(&context), 0);
    assert_int_equal(pthread_create(&thread, NULL, user_run, &context), 0);
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    module_unload(&module);
    assert_int_equal(pthread_join(thread, &failed), 0);
    assert_null(failed);
    assert_false(module_is_mapped());
}

static void test_context_given_back_too_late_is_still_valid(void **state)
{
    (void)state;
    struct fszmq_context context;
    struct module        module = module_load();
    char                 byte = 0;
    assert_int_equal(module.start(), 0);
    assert_int_equal(fszmq_context_take(&context), 0);
    void *events = subscribe(&context);
    module_unload(&module); /* continues after two seconds */
    assert_true(module_is_mapped());
    assert_int_equal(zmq_recv(events, &byte, 1, 0), -1);
    assert_int_equal(zmq_errno(), ETERM);
    assert_int_equal(zmq_close(events), 0);
    fszmq_context_give(&context);
    assert_false(module_is_mapped());
    assert_null(context.zmq);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_context_is_unavailable_without_the_module),
        cmocka_unit_test(test_context_is_unavailable_before_start_and_after_stop),
        cmocka_unit_test(test_other_code_gets_every_event_in_order),
        cmocka_unit_test(test_context_user_gets_eterm_at_stop_and_gives_back_in_time),
        cmocka_unit_test(test_context_given_back_too_late_is_still_valid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
