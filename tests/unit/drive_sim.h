/* SPDX-License-Identifier: MPL-2.0 */
/* drive_sim.h - a simulated switch on the test's clock, and the events that it emits. */
#ifndef FSZ_DRIVE_SIM_H
#define FSZ_DRIVE_SIM_H

#include "event/encode.h"
#include "sim/sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const uint64_t SECOND_NS = 1000000000u;

/* The events that the sink got. */
struct seen {
    json_t  *events; /* array of objects */
    size_t   count;
    uint64_t now_ns; /* the clock that sim_pass() drives */
};

static inline fsz_err seen_take(void *self, const struct fsz_event *event)
{
    struct seen      *seen = self;
    struct fsz_buffer out;
    fsz_buffer_init(&out, 1 << 20);
    assert_int_equal(fsz_encode(event, NULL, 0, &out, NULL), FSZ_OK);
    json_t *object = json_loadb((const char *)out.data, out.size, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(object);
    json_array_append_new(seen->events, object);
    seen->count++;
    fsz_buffer_fini(&out);
    return FSZ_OK;
}

static inline fsz_err seen_count(void *self, const struct fsz_event *event)
{
    (void)event;
    ((struct seen *)self)->count++;
    return FSZ_OK;
}

static inline uint64_t monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

static inline struct fsz_sim *sim_new(struct seen *seen, struct fsz_sim_options options)
{
    struct fsz_problems problems;
    struct fsz_sim     *sim = NULL;
    fsz_problems_init(&problems);
    seen->events = json_array();
    seen->count = 0;
    if (options.sink == NULL) {
        options.sink = seen_take;
    }
    options.sink_self = seen;
    assert_int_equal(fsz_sim_new(&sim, &options, &problems), FSZ_OK);
    assert_int_equal(problems.count, 0);
    seen->now_ns = monotonic_ns();
    return sim;
}

static inline void sim_end(struct fsz_sim *sim, struct seen *seen)
{
    fsz_sim_free(&sim);
    assert_null(sim);
    json_decref(seen->events);
}

/* Lets `seconds` pass, event by event. */
static inline void sim_pass(struct fsz_sim *sim, struct seen *seen, double seconds)
{
    uint64_t end_ns = seen->now_ns + (uint64_t)(seconds * (double)SECOND_NS);
    for (uint64_t due_ns = fsz_sim_run(sim, seen->now_ns); due_ns <= end_ns;
         due_ns = fsz_sim_run(sim, seen->now_ns)) {
        seen->now_ns = due_ns > seen->now_ns ? due_ns : seen->now_ns;
    }
    seen->now_ns = end_ns;
}

static inline char *sim_ask(struct fsz_sim *sim, const char *command, const char *arg)
{
    struct fsz_buffer out;
    fsz_buffer_init(&out, 16 << 20);
    fsz_err err = fsz_sim_command(sim, command, arg, &out);
    assert_true(err == FSZ_OK || err == FSZ_ENOTFOUND);
    char *text = strdup(fsz_buffer_string(&out));
    fsz_buffer_fini(&out);
    return text;
}

static inline void assert_answer(struct fsz_sim *sim, const char *command, const char *arg,
                                 const char *expected)
{
    char *text = sim_ask(sim, command, arg);
    assert_string_equal(text, expected);
    free(text);
}

static inline const char *value(const json_t *event, const char *name)
{
    const char *text = json_string_value(json_object_get(event, name));
    return text == NULL ? "" : text;
}

static inline const json_t *last_of(const struct seen *seen, const char *name, const char *uuid)
{
    for (size_t i = json_array_size(seen->events); i-- > 0;) {
        const json_t *event = json_array_get(seen->events, i);
        if (strcmp(value(event, "Event-Name"), name) == 0 &&
            (uuid == NULL || strcmp(value(event, "Unique-ID"), uuid) == 0)) {
            return event;
        }
    }
    return NULL;
}

/* The reply of originate is "+OK <uuid>\n". */
static inline void originate(struct fsz_sim *sim, const char *arg, char ret_uuid[37])
{
    char *text = sim_ask(sim, "originate", arg);
    assert_memory_equal(text, "+OK ", 4);
    assert_int_equal(strlen(text), 4 + 36 + 1);
    memcpy(ret_uuid, text + 4, 36);
    ret_uuid[36] = '\0';
    free(text);
}

#endif
