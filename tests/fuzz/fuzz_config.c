/* SPDX-License-Identifier: MPL-2.0 */
/* Arbitrary bytes as a configuration file: libxml2's reader, the tree, the parser and the filters.
 * A configuration that loads must be complete and freed completely; an error must have a reason. */
#include "config/config.h"
#include "config/confnode.h"
#include "config/grants.h"
#include "daemon/xmlconf.h"
#include "event/event.h"
#include "event/filter.h"
#include "event/selection.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void config_use(const struct fsz_config *config)
{
    static const struct fsz_header headers[] = {
        {.name = "Caller-Context", .value = "public"}, {.name = "X", .value = "aaaaaaaaaaaa"}, {0}};
    struct fsz_event event = {
        .name = "CHANNEL_ANSWER", .headers = headers, .read = fsz_headers_of_array};
    for (size_t i = 0; i < config->stream_count; i++) {
        const struct fsz_stream_config *stream = &config->streams[i];
        (void)fsz_selection_matches(stream->selection, "CUSTOM", "sofia::register");
        if (stream->filter != NULL) {
            (void)fsz_filter_passes(stream->filter, &event);
        }
        if (stream->name == NULL || stream->socket.endpoint_count == 0 ||
            stream->topic_count == 0) {
            abort();
        }
    }
    for (size_t i = 0; i < fsz_config_socket_count(config); i++) {
        const struct fsz_socket_config *socket = fsz_config_socket_at(config, i);
        if (socket->owner[0] == '\0' || socket->endpoint_count == 0) {
            abort();
        }
    }
    for (size_t i = 0; i < config->service_count; i++) {
        const struct fsz_service_config *service = &config->services[i];
        if (service->name == NULL ||
            (service->socket.endpoint_count == 0 && !service->registration) ||
            (service->server != NULL && config->curve_key_file == NULL)) {
            abort();
        }
    }
    for (size_t i = 0; i < config->binding_count; i++) {
        const struct fsz_binding_config *binding = &config->bindings[i];
        if (binding->name == NULL || binding->service == NULL || config->service_count == 0 ||
            binding->sections == 0 || binding->sections >= FSZ_SECTION_CHATPLAN << 1) {
            abort();
        }
    }
    for (size_t i = 0; i < config->group_count; i++) {
        (void)fsz_grants_allow(config->groups[i].grants, FSZ_RIGHT_API, "show channels as json");
        if (config->groups[i].name == NULL) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fsz_problems problems;
    struct fsz_confnode       *root = NULL;
    struct fsz_config         *config = NULL;
    fsz_problems_init(&problems);
    fsz_err err = fsz_xmlconf_parse("fuzz", (const char *)data, size, &root, &problems);
    if (err == FSZ_OK) {
        err = fsz_config_load(root, &config, &problems);
    }
    if ((err == FSZ_OK) != (config != NULL) || (err == FSZ_EINVALID) != (problems.count > 0)) {
        abort();
    }
    if (config != NULL) {
        config_use(config);
    }
    fsz_config_free(&config);
    fsz_confnode_free(&root);
    return 0;
}
