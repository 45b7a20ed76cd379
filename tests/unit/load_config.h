/* SPDX-License-Identifier: MPL-2.0 */
/* load_config.h - loads configurations that a test writes as XML, with their problems. */
#ifndef FSZ_TEST_LOAD_CONFIG_H
#define FSZ_TEST_LOAD_CONFIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/confnode.h"
#include "daemon/xmlconf.h"

static struct fsz_problems problems;

/* Loads `inner` inside <configuration>; NULL: `problems` has the mistakes. */
static inline struct fsz_config *load(const char *inner)
{
    struct fsz_confnode *root = NULL;
    struct fsz_config   *config = NULL;
    char                *xml = NULL;
    int size = asprintf(&xml, "<configuration name=\"event_zmq.conf\">%s</configuration>", inner);
    assert_true(size > 0);
    fsz_problems_init(&problems);
    assert_int_equal(fsz_xmlconf_parse("t", xml, (size_t)size, &root, &problems), FSZ_OK);
    fsz_err err = fsz_config_load(root, &config, &problems);
    assert_int_equal(err, config == NULL ? FSZ_EINVALID : FSZ_OK);
    assert_int_equal(problems.count > 0, config == NULL);
    fsz_confnode_free(&root);
    free(xml);
    return config;
}

#define STREAM(inner)                                                                              \
    "<streams><stream name=\"s\"><param name=\"bind\" value=\"tcp://127.0.0.1:5601\"/>" inner      \
    "</stream></streams>"

#define API_SOCKET(inner)                                                                          \
    "<api-sockets><api-socket name=\"c\"><param name=\"bind\" "                                    \
    "value=\"tcp://127.0.0.1:5602\"/>" inner "</api-socket></api-sockets>"
#define GROUP(inner) "<groups><group name=\"g\">" inner "</group></groups>"
#define SERVICE(inner) "<services><service name=\"d\">" inner "</service></services>"
/* A binding of the service of SERVICE(). */
#define BINDING(inner) SERVICE("") "<bindings><binding name=\"b\">" inner "</binding></bindings>"

static inline void accept_config(const char *inner)
{
    struct fsz_config *config = load(inner);
    if (config == NULL) {
        fail_msg("%s", problems.lines[0]);
    }
    fsz_config_free(&config);
}

static inline void refuse(const char *inner, const char *problem)
{
    assert_null(load(inner));
    assert_string_equal(problems.lines[0], problem);
    assert_int_equal(problems.count, 1);
}

#endif
