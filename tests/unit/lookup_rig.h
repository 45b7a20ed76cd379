/* SPDX-License-Identifier: MPL-2.0 */
/* lookup_rig.h - lookups with a fake service client, whose replies the test writes. */
#ifndef FSZ_TEST_LOOKUP_RIG_H
#define FSZ_TEST_LOOKUP_RIG_H

#include "service/lookup.h"

#include "fake_service_client.h"
#include "load_config.h"

#define PARAM(name, value) "<param name=\"" name "\" value=\"" value "\"/>"
#define BIND(name, inner)                                                                          \
    "<binding name=\"" name "\">" PARAM("service", "d") PARAM("sections", "directory") inner       \
        "</binding>"
#define CONFIG(bindings) SERVICE("") "<bindings>" bindings "</bindings>"
#define XML(inner) "<document><section name='directory'>" inner "</section></document>"
#define FOUND(inner) "{\"xml\":\"" XML(inner) "\"}"
#define NOT_FOUND "{\"found\":false}"

static struct fsz_lookups *lookups;
static struct fsz_buffer   xml;
static char                logged[2048];
static _Atomic int         lines;

static inline void host_log(void *self, enum fsz_log_level level, const char *text)
{
    (void)self;
    assert_int_equal(level, FSZ_LOG_WARNING);
    snprintf(logged, sizeof(logged), "%s", text);
    lines++;
}

static const struct fsz_host host = {.name = "test", .log = host_log};

static inline void begin(const char *inner)
{
    struct fsz_config *config = load(inner);
    if (config == NULL) {
        fail_msg("%s", problems.lines[0]);
    }
    assert_int_equal(fsz_lookups_new(&host, "switch", config, &lookups), FSZ_OK);
    fsz_config_free(&config);
    fsz_buffer_init(&xml, 1 << 20);
    service_client_reset();
    lines = 0;
    logged[0] = '\0';
}

static inline void end(void)
{
    fsz_buffer_fini(&xml);
    fsz_lookups_unref(&lookups);
    assert_null(lookups);
    service_client_reset();
}

static const struct fsz_lookup example = {
    .section = "directory", .tag = "domain", .key = "name", .value = "example.org"};

static inline fsz_err find(const struct fsz_lookup *lookup)
{
    xml.size = 0;
    return fsz_lookups_find(lookups, NULL, lookup, &xml);
}

static inline void assert_found(const char *text)
{
    assert_int_equal(find(&example), FSZ_OK);
    assert_string_equal(fsz_buffer_string(&xml), text);
}

static inline void assert_not_found(void)
{
    assert_int_equal(find(&example), FSZ_ENOTFOUND);
    assert_int_equal(xml.size, 0);
}

static inline json_int_t number_of(const char *binding, const char *name)
{
    json_t    *status = fsz_lookups_status(lookups), *each = NULL;
    json_int_t number = -1;
    size_t     i = 0;
    if (binding == NULL) {
        number = json_integer_value(json_object_get(json_object_get(status, "cache"), name));
    }
    json_array_foreach(json_object_get(status, "bindings"), i, each)
    {
        const char *other = json_string_value(json_object_get(each, "name"));
        if (binding != NULL && strcmp(other, binding) == 0) {
            number = json_integer_value(json_object_get(each, name));
        }
    }
    json_decref(status);
    return number;
}

#endif
