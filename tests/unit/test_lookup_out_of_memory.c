/* SPDX-License-Identifier: MPL-2.0 */
/* Each allocation of a lookup fails in turn. The lookup still returns, at worst "not found", and
 * the next one works. The sanitizers find leaks and wild pointers. Only the core's own allocations
 * are counted (ld's --wrap), including expat's. */
#include "service/lookup.h"

#include "failing_malloc.h"
#include "fake_service_client.h"
#include "load_config.h"

enum { ROUNDS_MAX = 2000 };

#define PARAM(name, value) "<param name=\"" name "\" value=\"" value "\"/>"
#define DOCUMENT "<d><section name='directory'><user id='1'/></section></d>"

static const char configuration[] = SERVICE("") "<bindings><binding name=\"kept\">" PARAM(
    "service", "d") PARAM("sections", "directory") PARAM("value", "kept") PARAM("cache-s", "100")
    PARAM("stale-s", "100") PARAM("cache-params", "user")
        PARAM("on-failure", "not-found") "</binding><binding name=\"asked\">" PARAM("service", "d")
            PARAM("sections", "directory") "</binding></bindings>";

static void host_log(void *self, enum fsz_log_level level, const char *text)
{
    (void)self;
    (void)level;
    (void)text;
}

static const struct fsz_host host = {.name = "test", .log = host_log};

/* A lookup that may fail, then one that must not. */
static void look_up(struct fsz_lookups *lookups, const char *value)
{
    const struct fsz_header headers[] = {{.name = "user", .value = "1000"}, {0}};
    const struct fsz_lookup lookup = {"directory", "domain", "name",
                                      value,       headers,  fsz_headers_of_array};
    struct fsz_buffer       xml;
    fsz_buffer_init(&xml, 1 << 20);
    fsz_err err = fsz_lookups_find(lookups, NULL, &lookup, &xml);
    assert_true(err == FSZ_OK || err == FSZ_ENOTFOUND);
    assert_int_equal(xml.size > 0, err == FSZ_OK);
    fsz_buffer_fini(&xml);
}

static void assert_works(struct fsz_lookups *lookups)
{
    const struct fsz_lookup lookup = {.section = "directory", .value = "other"};
    struct fsz_buffer       xml;
    fsz_buffer_init(&xml, 1 << 20);
    assert_int_equal(fsz_lookups_find(lookups, NULL, &lookup, &xml), FSZ_OK);
    assert_string_equal(fsz_buffer_string(&xml), DOCUMENT);
    fsz_buffer_fini(&xml);
}

static void use(struct fsz_config *config)
{
    struct fsz_lookups *lookups = NULL;
    if (fsz_lookups_new(&host, "switch", config, &lookups) != FSZ_OK) {
        assert_null(lookups);
        return;
    }
    look_up(lookups, "kept");
    look_up(lookups, "kept");
    look_up(lookups, "other");
    (void)fsz_lookups_flush(lookups, "kept/*");
    if (fsz_lookups_prepare(lookups, config) == FSZ_OK) {
        fsz_lookups_commit(lookups);
    }
    long left = atomic_exchange(&allocation_countdown, 0);
    assert_works(lookups);
    allocation_countdown = left;
    fsz_lookups_unref(&lookups);
}

static void test_lookup_survives_each_allocation_that_fails(void **state)
{
    (void)state;
    struct fsz_config *config = load(configuration);
    assert_non_null(config);
    service_client_says("{\"xml\":\"" DOCUMENT "\"}");
    int round = 0;
    do {
        allocation_failed = false;
        allocation_countdown = ++round;
        use(config);
    } while (allocation_failed && round < ROUNDS_MAX);
    allocation_countdown = 0;
    assert_in_range(round, 20, ROUNDS_MAX - 1);
    fsz_config_free(&config);
    service_client_reset();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lookup_survives_each_allocation_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
