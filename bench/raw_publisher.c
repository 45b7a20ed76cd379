/* SPDX-License-Identifier: MPL-2.0 */
#include "bench/raw_publisher.h"

#include "config/confnode.h"

#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum {
    LINGER_MS = 120 * 1000, /* longer than the backlog of any run needs */
    POLL_MS = 20,
    SETTLE_MS = 200, /* between the last subscription and the first event, as in raw */
};

static void fail(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

int64_t bench_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void bench_sleep_until(int64_t ns)
{
    struct timespec until = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

int64_t bench_cpu_us(void)
{
    struct rusage usage = {0};
    getrusage(RUSAGE_SELF, &usage);
    return ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
           usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

long bench_memory_kb(void)
{
    struct rusage usage = {0};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* ---- a host and a configuration -------------------------------------------------------------- */

static void host_log(void *self, enum fsz_log_level level, const char *text)
{
    (void)self;
    if (level <= FSZ_LOG_WARNING) {
        fprintf(stderr, "bench: %s\n", text);
    }
}

static bool host_admits(void *self, const char *acl, const char *address)
{
    (void)self;
    (void)acl;
    (void)address;
    return true;
}

static const struct fsz_host host = {.name = "bench", .log = host_log, .admits = host_admits};

static void param_add(struct fsz_confnode *parent, const char *name, const char *value)
{
    struct fsz_confnode *param = fsz_confnode_new(parent, "param", 0);
    if (param == NULL || fsz_confnode_set(param, "name", name) != FSZ_OK ||
        fsz_confnode_set(param, "value", value) != FSZ_OK) {
        fail("out of memory");
    }
}

static void param_add_path(struct fsz_confnode *parent, const char *name, const char *folder,
                           const char *file)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", folder, file);
    param_add(parent, name, path);
}

static void config_add_curve(struct fsz_confnode *root, struct fsz_confnode *stream,
                             const char *folder)
{
    struct fsz_confnode *settings = fsz_confnode_new(root, "settings", 0);
    if (settings == NULL) {
        fail("out of memory");
    }
    param_add_path(settings, "curve-key-file", folder, "switch_secret");
    param_add_path(settings, "users-file", folder, "users.json");
    param_add(stream, "security", "curve");
}

static struct fsz_config *config_make(const struct publisher_options *options)
{
    char                 hwm[24];
    struct fsz_problems  problems;
    struct fsz_config   *config = NULL;
    struct fsz_confnode *root = fsz_confnode_new(NULL, "configuration", 0);
    struct fsz_confnode *streams = fsz_confnode_new(root, "streams", 0);
    struct fsz_confnode *stream = fsz_confnode_new(streams, "stream", 0);
    struct fsz_confnode *api_sockets = fsz_confnode_new(root, "api-sockets", 0); /* none */
    if (stream == NULL || api_sockets == NULL ||
        fsz_confnode_set(stream, "name", "bench") != FSZ_OK) {
        fail("out of memory");
    }
    snprintf(hwm, sizeof(hwm), "%" PRIu64, options->send_hwm);
    param_add(stream, "bind", options->bind);
    param_add(stream, "framing", options->framing);
    param_add(stream, "send-hwm", hwm);
    param_add(stream, "events", "!CUSTOM/fszmq::*"); /* our own events would disturb the counts */
    if (options->curve != NULL) {
        config_add_curve(root, stream, options->curve);
    }
    fsz_problems_init(&problems);
    if (fsz_config_load(root, &config, &problems) != FSZ_OK) {
        fail(problems.lines[0]);
    }
    config->linger_ms = LINGER_MS;
    fsz_confnode_free(&root);
    return config;
}

/* ---- the engine ------------------------------------------------------------------------------ */

struct fsz_engine *publisher_start(const struct publisher_options *options)
{
    struct fsz_config *config = config_make(options);
    struct fsz_engine *engine = NULL;
    if (fsz_engine_new(&engine, &host) != FSZ_OK || fsz_engine_start(engine, &config) != FSZ_OK) {
        fail("the engine does not start");
    }
    return engine;
}

static bool publisher_has(struct fsz_engine *engine, uint64_t subscribers, uint64_t subscriptions)
{
    json_int_t        connected = 0, subscribed = 0;
    struct fsz_buffer out;
    fsz_buffer_init(&out, SIZE_MAX);
    if (fsz_engine_command(engine, "status json", &out) != FSZ_OK) {
        fail("no status");
    }
    json_t *status = json_loadb((const char *)out.data, out.size, 0, NULL);
    json_t *stream = json_array_get(json_object_get(status, "streams"), 0);
    json_unpack(stream, "{s:I, s:I}", "subscribers", &connected, "subscriptions", &subscribed);
    json_decref(status);
    fsz_buffer_fini(&out);
    return (uint64_t)connected >= subscribers &&
           (uint64_t)subscribed >= subscribers * subscriptions;
}

bool publisher_wait(struct fsz_engine *engine, uint64_t subscribers, uint64_t subscriptions,
                    double seconds)
{
    int64_t deadline_ns = bench_now_ns() + (int64_t)(seconds * 1e9);
    while (!publisher_has(engine, subscribers, subscriptions)) {
        if (bench_now_ns() > deadline_ns) {
            return false;
        }
        bench_sleep_until(bench_now_ns() + POLL_MS * INT64_C(1000000));
    }
    bench_sleep_until(bench_now_ns() + SETTLE_MS * INT64_C(1000000));
    return true;
}

void publisher_stop(struct fsz_engine **engine)
{
    fsz_engine_stop(*engine);
    fsz_engine_free(engine);
}
