/* SPDX-License-Identifier: MPL-2.0 */
#include "config/config.h"

#include "base/ref.h"
#include "config/config_reader.h"
#include "event/selection.h"

#include <stdlib.h>
#include <string.h>

#define CONFIG_NAME "event_zmq.conf"

static void config_give_key_to(const struct fsz_config *config, struct fsz_socket_config *socket)
{
    socket->secret_key = socket->security == FSZ_SECURITY_CURVE ? config->curve_secret_key : NULL;
}

/* Sockets with CURVE share one key; fsz_config_load_files() reads it. */
static void config_give_key(struct fsz_config *config)
{
    for (size_t i = 0; i < config->stream_count; i++) {
        config_give_key_to(config, &config->streams[i].socket);
    }
    for (size_t i = 0; i < config->api_socket_count; i++) {
        config_give_key_to(config, &config->api_sockets[i].socket);
    }
    for (size_t i = 0; i < config->service_count; i++) {
        struct fsz_service_config *service = &config->services[i];
        service->socket.secret_key =
            fsz_config_service_has_curve(service) ? config->curve_secret_key : NULL;
    }
}

static void config_read(struct fsz_config_reader *r, const struct fsz_confnode *root,
                        struct fsz_config *config)
{
    static const char *const known[] = {"name", "description", NULL};
    const char              *name = fsz_confnode_get(root, "name");
    if (strcmp(root->name, "configuration") != 0) {
        fsz_config_complain(r, root->line, "<%.40s> is not <configuration>", root->name);
    }
    if (name != NULL && strcmp(name, CONFIG_NAME) != 0) {
        fsz_config_complain(r, root->line, "<configuration name=\"%.80s\"> is not " CONFIG_NAME,
                            name);
    }
    fsz_config_check_attrs(r, root, known);
    fsz_config_read_lists(r, root, config);
    fsz_config_check_services(r, config);
    fsz_config_check_grants(r, config);
    config_give_key(config);
}

fsz_err fsz_config_load(const struct fsz_confnode *root, struct fsz_config **ret_config,
                        struct fsz_problems *problems)
{
    struct fsz_config_reader r = {.problems = problems};
    struct fsz_config       *config = calloc(1, sizeof *config);
    if (config == NULL) {
        return FSZ_ENOMEM;
    }
    fsz_ref_init(&config->references, 1);
    config_read(&r, root, config);
    config->warnings = r.warnings;
    fsz_err err = r.err != FSZ_OK ? r.err : r.mistakes > 0 ? FSZ_EINVALID : FSZ_OK;
    if (err != FSZ_OK) {
        fsz_config_free(&config);
        return err;
    }
    *ret_config = config;
    return FSZ_OK;
}

fsz_err fsz_config_default(struct fsz_config **ret_config)
{
    struct fsz_problems *problems = malloc(sizeof *problems); /* 16 KiB: too much for a stack */
    struct fsz_confnode *root = fsz_confnode_new(NULL, "configuration", 0);
    fsz_err              err = FSZ_ENOMEM;
    if (problems != NULL && root != NULL) {
        fsz_problems_init(problems);
        err = fsz_config_load(root, ret_config, problems);
    }
    fsz_confnode_free(&root);
    free(problems);
    return err;
}

struct fsz_config *fsz_config_ref(struct fsz_config *config)
{
    fsz_ref_take(&config->references);
    return config;
}

void fsz_config_free(struct fsz_config **config)
{
    struct fsz_config *c = *config;
    *config = NULL;
    if (c == NULL || !fsz_ref_drop(&c->references)) {
        return;
    }
    for (size_t i = 0; i < c->stream_count; i++) {
        fsz_config_free_stream(&c->streams[i]);
    }
    for (size_t i = 0; i < c->api_socket_count; i++) {
        fsz_config_free_api_socket(&c->api_sockets[i]);
    }
    for (size_t i = 0; i < c->group_count; i++) {
        fsz_config_free_group(&c->groups[i]);
    }
    for (size_t i = 0; i < c->service_count; i++) {
        fsz_config_free_service(&c->services[i]);
    }
    for (size_t i = 0; i < c->binding_count; i++) {
        fsz_config_free_binding(&c->bindings[i]);
    }
    free(c->services);
    free(c->bindings);
    free(c->streams);
    free(c->api_sockets);
    free(c->groups);
    explicit_bzero(c->curve_secret_key, sizeof c->curve_secret_key);
    free(c->warnings);
    free(c->users_file);
    free(c->literal_service);
    free(c->curve_key_file);
    fsz_selection_free(&c->low_priority);
    fsz_selection_free(&c->high_priority);
    free(c);
}
