/* SPDX-License-Identifier: MPL-2.0 */
/* mod_bench_fire - fires captured events inside the switch, for bench/freeswitch/compare.
 *
 * bench_fire load FILE: reads events, one JSON object per line.
 * bench_fire fire COUNT RATE: fires COUNT of them in turn, RATE per second; 0: in bursts of
 *   FIRE_BURST. The switch dispatches a burst when all of it is fired, and the next burst follows
 *   after that. Otherwise chance decides whether the dispatch thread sleeps after each event or
 * lets its heap grow, and both cost more than the difference to be measured. bench_fire cpu:
 * microseconds of processor time that the switch has used. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <switch.h>

SWITCH_MODULE_LOAD_FUNCTION(mod_bench_fire_load);
SWITCH_MODULE_SHUTDOWN_FUNCTION(mod_bench_fire_shutdown);
SWITCH_MODULE_DEFINITION(mod_bench_fire, mod_bench_fire_load, mod_bench_fire_shutdown, NULL);

enum {
    FIRE_EVENTS_MAX = 10000,
    FIRE_BURST = 200,
    FIRE_PAUSE_NS = 500 * 1000,
};

static struct {
    switch_event_t *events[FIRE_EVENTS_MAX];
    size_t          count;

    switch_event_node_t  *node;
    pthread_mutex_t       gate;    /* locked while a burst is fired */
    _Atomic unsigned long handled; /* events of any type */
} fire = {.gate = PTHREAD_MUTEX_INITIALIZER};

static void fire_handle(switch_event_t *event)
{
    (void)event;
    pthread_mutex_lock(&fire.gate);
    pthread_mutex_unlock(&fire.gate);
    atomic_fetch_add_explicit(&fire.handled, 1, memory_order_relaxed);
}

static void fire_forget(void)
{
    while (fire.count > 0) {
        switch_event_destroy(&fire.events[--fire.count]);
    }
}

/* The switch has already added its own first headers. */
static void fire_add_header(switch_event_t *event, const cJSON *member)
{
    if (strcmp(member->string, "_body") == 0 && member->valuestring != NULL) {
        switch_event_add_body(event, "%s", member->valuestring);
    } else if (member->type == cJSON_Array) {
        for (const cJSON *each = member->child; each != NULL; each = each->next) {
            switch_event_add_header_string(event, SWITCH_STACK_PUSH, member->string,
                                           each->valuestring);
        }
    } else if (member->valuestring != NULL &&
               switch_event_get_header(event, member->string) == NULL) {
        switch_event_add_header_string(event, SWITCH_STACK_BOTTOM, member->string,
                                       member->valuestring);
    }
}

static const char *fire_text(cJSON *object, const char *name)
{
    cJSON *member = cJSON_GetObjectItem(object, name);
    return member != NULL ? member->valuestring : NULL;
}

static switch_event_t *fire_event_of(cJSON *object)
{
    switch_event_types_t type = SWITCH_EVENT_CLONE;
    switch_event_t      *event = NULL;
    const char          *name = fire_text(object, "Event-Name");
    if (name == NULL || switch_name_event(name, &type) != SWITCH_STATUS_SUCCESS ||
        switch_event_create_subclass(&event, type, fire_text(object, "Event-Subclass")) !=
            SWITCH_STATUS_SUCCESS) {
        return NULL;
    }
    for (const cJSON *member = object->child; member != NULL; member = member->next) {
        fire_add_header(event, member);
    }
    return event;
}

static void fire_load_line(const char *line)
{
    cJSON          *object = cJSON_Parse(line);
    switch_event_t *event = object != NULL ? fire_event_of(object) : NULL;
    if (event != NULL) {
        fire.events[fire.count++] = event;
    }
    cJSON_Delete(object);
}

static bool fire_load(const char *path)
{
    char  *line = NULL;
    size_t size = 0;
    FILE  *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    fire_forget();
    while (fire.count < FIRE_EVENTS_MAX && getline(&line, &size, file) > 0) {
        fire_load_line(line);
    }
    free(line);
    fclose(file);
    return fire.count > 0;
}

static int64_t fire_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void fire_sleep_until(int64_t ns)
{
    struct timespec until = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static void fire_one(unsigned long number)
{
    switch_event_t *event = NULL;
    if (switch_event_dup(&event, fire.events[number % fire.count]) == SWITCH_STATUS_SUCCESS) {
        switch_event_fire(&event);
    }
}

static void fire_steadily(unsigned long count, unsigned long rate)
{
    int64_t start_ns = fire_now_ns();
    for (unsigned long i = 0; i < count; i++) {
        fire_sleep_until(start_ns + (int64_t)(i * 1000000000 / rate));
        fire_one(i);
    }
}

static void fire_in_bursts(unsigned long count)
{
    fire.handled = 0;
    for (unsigned long fired = 0; fired < count;) {
        unsigned long end = count - fired < FIRE_BURST ? count : fired + FIRE_BURST;
        pthread_mutex_lock(&fire.gate);
        while (fired < end) {
            fire_one(fired++);
        }
        pthread_mutex_unlock(&fire.gate);
        while (fire.handled < fired) {
            fire_sleep_until(fire_now_ns() + FIRE_PAUSE_NS);
        }
    }
}

static unsigned long long fire_cpu_us(void)
{
    struct rusage used = {0};
    getrusage(RUSAGE_SELF, &used);
    return (unsigned long long)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 +
           (unsigned long long)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

SWITCH_STANDARD_API(fire_api)
{
    unsigned long count = 0, rate = 0;
    (void)session;
    if (cmd != NULL && strncmp(cmd, "load ", 5) == 0 && fire_load(cmd + 5)) {
        stream->write_function(stream, "+OK %lu\n", (unsigned long)fire.count);
    } else if (cmd != NULL && fire.count > 0 && sscanf(cmd, "fire %lu %lu", &count, &rate) == 2) {
        if (rate > 0) {
            fire_steadily(count, rate);
        } else {
            fire_in_bursts(count);
        }
        stream->write_function(stream, "+OK\n");
    } else if (cmd != NULL && strcmp(cmd, "cpu") == 0) {
        stream->write_function(stream, "%llu\n", fire_cpu_us());
    } else {
        stream->write_function(stream, "-USAGE: bench_fire load FILE | fire COUNT RATE | cpu\n");
    }
    return SWITCH_STATUS_SUCCESS;
}

SWITCH_MODULE_LOAD_FUNCTION(mod_bench_fire_load)
{
    switch_api_interface_t *api_interface = NULL;
    *module_interface = switch_loadable_module_create_module_interface(pool, modname);
    if (switch_event_bind_removable(modname, SWITCH_EVENT_ALL, SWITCH_EVENT_SUBCLASS_ANY,
                                    fire_handle, NULL, &fire.node) != SWITCH_STATUS_SUCCESS) {
        return SWITCH_STATUS_GENERR;
    }
    SWITCH_ADD_API(api_interface, "bench_fire", "fires captured events", fire_api,
                   "load FILE | fire COUNT RATE | cpu");
    return SWITCH_STATUS_SUCCESS;
}

SWITCH_MODULE_SHUTDOWN_FUNCTION(mod_bench_fire_shutdown)
{
    switch_event_unbind(&fire.node);
    fire_forget();
    return SWITCH_STATUS_SUCCESS;
}
