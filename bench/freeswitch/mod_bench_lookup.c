/* SPDX-License-Identifier: MPL-2.0 */
/* mod_bench_lookup - looks for a user's domain inside the switch, for bench/freeswitch/xml.
 *
 * bench_lookup THREADS COUNT DOMAIN: COUNT lookups by THREADS threads, with mod_sofia's parameters
 * for a phone that registers. Prints an object: found, rate_per_s, latency_us.p50 and .p99, and
 * cpu_us_per_lookup, the processor time of the whole switch. */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <switch.h>

SWITCH_MODULE_LOAD_FUNCTION(mod_bench_lookup_load);
SWITCH_MODULE_DEFINITION(mod_bench_lookup, mod_bench_lookup_load, NULL, NULL);

enum { LOOKUP_THREADS_MAX = 64, LOOKUP_COUNT_MAX = 10000000 };

static const char *const lookup_headers[][2] = {
    {"Event-Calling-Function", "sofia_reg_parse_auth"},
    {"Event-Calling-File", "sofia_reg.c"},
    {"action", "sip_auth"},
    {"sip_profile", "internal"},
    {"sip_user_agent", "Example Phone 7.2"},
    {"sip_auth_username", "1000"},
    {"sip_auth_realm", "example.org"},
    {"sip_auth_nonce", "c1f1b8a2-63a0-4d66-8bd9-2c3f0b1f8c10"},
    {"sip_auth_uri", "sip:example.org"},
    {"sip_contact_user", "1000"},
    {"sip_contact_host", "192.0.2.17"},
    {"sip_to_user", "1000"},
    {"sip_to_host", "example.org"},
    {"sip_via_protocol", "udp"},
    {"sip_from_user", "1000"},
    {"sip_from_host", "example.org"},
    {"sip_call_id", "8e3b6a1e5c0d@192.0.2.17"},
    {"sip_request_host", "example.org"},
    {"sip_auth_qop", "auth"},
    {"sip_auth_cnonce", "0a4f113b"},
    {"sip_auth_nc", "00000001"},
    {"sip_auth_response", "6629fae49393a05397450978507c4ef1"},
    {"sip_auth_method", "REGISTER"},
    {"key", "id"},
    {"user", "1000"},
};

struct lookup_thread {
    pthread_t   thread;
    const char *domain;
    int64_t    *took_ns; /* of each lookup */
    size_t      count;
    size_t      found;
};

static int64_t lookup_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t lookup_cpu_us(void)
{
    struct rusage used = {0};
    getrusage(RUSAGE_SELF, &used);
    return (int64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 +
           used.ru_utime.tv_usec + used.ru_stime.tv_usec;
}

static switch_event_t *lookup_params(const char *domain)
{
    switch_event_t *params = NULL;
    if (switch_event_create(&params, SWITCH_EVENT_REQUEST_PARAMS) != SWITCH_STATUS_SUCCESS) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof lookup_headers / sizeof lookup_headers[0]; i++) {
        switch_event_add_header_string(params, SWITCH_STACK_BOTTOM, lookup_headers[i][0],
                                       lookup_headers[i][1]);
    }
    switch_event_add_header_string(params, SWITCH_STACK_BOTTOM, "domain", domain);
    return params;
}

static void *lookup_run(void *argument)
{
    struct lookup_thread *self = argument;
    switch_event_t       *params = lookup_params(self->domain);
    for (size_t i = 0; params != NULL && i < self->count; i++) {
        switch_xml_t root = NULL, node = NULL;
        int64_t      start_ns = lookup_now_ns();
        if (switch_xml_locate("directory", "domain", "name", self->domain, &root, &node, params,
                              SWITCH_FALSE) == SWITCH_STATUS_SUCCESS) {
            self->found++;
            switch_xml_free(root);
        }
        self->took_ns[i] = lookup_now_ns() - start_ns;
    }
    if (params != NULL) {
        switch_event_destroy(&params);
    }
    return NULL;
}

static int lookup_compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* Returns how many lookups found something. */
static size_t lookup_all(size_t threads, size_t each, const char *domain, int64_t *took_ns)
{
    struct lookup_thread all[LOOKUP_THREADS_MAX] = {0};
    size_t               found = 0, started = 0;
    for (; started < threads; started++) {
        all[started].domain = domain;
        all[started].took_ns = took_ns + started * each;
        all[started].count = each;
        if (pthread_create(&all[started].thread, NULL, lookup_run, &all[started]) != 0) {
            break;
        }
    }
    for (size_t i = 0; i < started; i++) {
        pthread_join(all[i].thread, NULL);
        found += all[i].found;
    }
    return found;
}

static void lookup_measure(switch_stream_handle_t *stream, size_t threads, size_t count,
                           const char *domain)
{
    size_t   each = count / threads, done = each * threads;
    int64_t *took_ns = calloc(done, sizeof *took_ns);
    if (took_ns == NULL || done == 0) {
        stream->write_function(stream, "-ERR no memory\n");
        free(took_ns);
        return;
    }
    int64_t cpu_us = lookup_cpu_us(), start_ns = lookup_now_ns();
    size_t  found = lookup_all(threads, each, domain, took_ns);
    double  seconds = (double)(lookup_now_ns() - start_ns) / 1e9;
    cpu_us = lookup_cpu_us() - cpu_us;
    qsort(took_ns, done, sizeof *took_ns, lookup_compare);
    stream->write_function(
        stream,
        "{\"count\":%lu,\"found\":%lu,\"rate_per_s\":%.1f,\"cpu_us_per_lookup\":%.3f,"
        "\"latency_us\":{\"p50\":%.3f,\"p99\":%.3f}}\n",
        (unsigned long)done, (unsigned long)found, (double)done / seconds,
        (double)cpu_us / (double)done, (double)took_ns[done / 2] / 1e3,
        (double)took_ns[done * 99 / 100] / 1e3);
    free(took_ns);
}

SWITCH_STANDARD_API(lookup_api)
{
    unsigned long threads = 0, count = 0;
    char          domain[128] = "";
    (void)session;
    if (cmd == NULL || sscanf(cmd, "%lu %lu %127s", &threads, &count, domain) != 3 ||
        threads == 0 || threads > LOOKUP_THREADS_MAX || count > LOOKUP_COUNT_MAX) {
        stream->write_function(stream, "-USAGE: bench_lookup THREADS COUNT DOMAIN\n");
        return SWITCH_STATUS_SUCCESS;
    }
    lookup_measure(stream, threads, count, domain);
    return SWITCH_STATUS_SUCCESS;
}

SWITCH_MODULE_LOAD_FUNCTION(mod_bench_lookup_load)
{
    switch_api_interface_t *api_interface = NULL;
    *module_interface = switch_loadable_module_create_module_interface(pool, modname);
    SWITCH_ADD_API(api_interface, "bench_lookup", "looks for a domain of the directory", lookup_api,
                   "THREADS COUNT DOMAIN");
    return SWITCH_STATUS_SUCCESS;
}
