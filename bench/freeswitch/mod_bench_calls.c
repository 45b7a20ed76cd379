/* SPDX-License-Identifier: MPL-2.0 */
/* mod_bench_calls - the time between two applications of a call, for bench/freeswitch/calls.
 *
 * `bench_mark` notes the time on the call; `bench_first` measures the time since then. The
 * command `bench_calls` prints {"count":…,"latency_us":{"p50":…,"p99":…}} and starts over. */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <switch.h>

SWITCH_MODULE_LOAD_FUNCTION(mod_bench_calls_load);
SWITCH_MODULE_DEFINITION(mod_bench_calls, mod_bench_calls_load, NULL, NULL);

enum { CALLS_MAX = 100000 };

static const char MARK_KEY[] = "bench_mark";

static pthread_mutex_t calls_lock = PTHREAD_MUTEX_INITIALIZER;
static int64_t         calls_took_ns[CALLS_MAX];
static size_t          calls_count;

static int64_t calls_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

SWITCH_STANDARD_APP(calls_mark)
{
    int64_t *mark = switch_core_session_alloc(session, sizeof *mark);
    (void)data;
    switch_channel_set_private(switch_core_session_get_channel(session), MARK_KEY, mark);
    *mark = calls_now_ns();
}

SWITCH_STANDARD_APP(calls_first)
{
    int64_t        now_ns = calls_now_ns();
    const int64_t *mark =
        switch_channel_get_private(switch_core_session_get_channel(session), MARK_KEY);
    (void)data;
    pthread_mutex_lock(&calls_lock);
    if (mark != NULL && calls_count < CALLS_MAX) {
        calls_took_ns[calls_count++] = now_ns - *mark;
    }
    pthread_mutex_unlock(&calls_lock);
}

static int calls_compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static double calls_percentile_us(size_t percent)
{
    size_t at = calls_count * percent / 100;
    return calls_count == 0 ? 0 : (double)calls_took_ns[at] / 1000;
}

SWITCH_STANDARD_API(calls_print)
{
    (void)cmd;
    (void)session;
    pthread_mutex_lock(&calls_lock);
    qsort(calls_took_ns, calls_count, sizeof calls_took_ns[0], calls_compare);
    stream->write_function(stream, "{\"count\":%lu,\"latency_us\":{\"p50\":%.1f,\"p99\":%.1f}}\n",
                           (unsigned long)calls_count, calls_percentile_us(50),
                           calls_percentile_us(99));
    calls_count = 0;
    pthread_mutex_unlock(&calls_lock);
    return SWITCH_STATUS_SUCCESS;
}

SWITCH_MODULE_LOAD_FUNCTION(mod_bench_calls_load)
{
    switch_api_interface_t         *api_interface;
    switch_application_interface_t *app_interface;
    *module_interface = switch_loadable_module_create_module_interface(pool, modname);
    SWITCH_ADD_API(api_interface, "bench_calls", "times of calls", calls_print, "");
    SWITCH_ADD_APP(app_interface, "bench_mark", "notes the time", "", calls_mark, "",
                   SAF_SUPPORT_NOMEDIA);
    SWITCH_ADD_APP(app_interface, "bench_first", "how long ago that was", "", calls_first, "",
                   SAF_SUPPORT_NOMEDIA);
    return SWITCH_STATUS_SUCCESS;
}
