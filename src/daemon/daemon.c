/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/daemon.h"

#include "base/cidr.h"
#include "daemon/daemon_log.h"
#include "daemon/notify.h"
#include "daemon/switchhost.h"
#include "daemon/xmlconf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* FreeSWITCH knows access lists by name; this program knows only addresses (cidr.h). */
static void config_check_acls(const struct fsz_config *config, struct fsz_problems *problems)
{
    for (size_t i = 0; i < fsz_config_socket_count(config); i++) {
        const struct fsz_socket_config *socket = fsz_config_socket_at(config, i);
        for (size_t j = 0; j < socket->acl_count; j++) {
            if (!fsz_cidr_is_valid(socket->acls[j])) {
                fsz_problems_add(problems,
                                 "%s: apply-inbound-acl \"%s\": fszmqd knows only "
                                 "loopback.auto, any, and addresses such as 10.0.0.0/8 or ::1/128",
                                 socket->owner, socket->acls[j]);
            }
        }
    }
}

static fsz_err config_read_file(const char *path, struct fsz_config **ret_config,
                                struct fsz_problems *problems)
{
    struct fsz_confnode *root = NULL;
    fsz_err              err = fsz_xmlconf_read(path, &root, problems);
    if (err == FSZ_OK) {
        err = fsz_config_load(root, ret_config, problems);
    }
    fsz_confnode_free(&root);
    return err;
}

static fsz_err config_read(const char *path, struct fsz_config **ret_config,
                           struct fsz_problems *problems)
{
    struct fsz_config *config = NULL;
    fsz_err            err =
        path == NULL ? fsz_config_default(&config) : config_read_file(path, &config, problems);
    if (err != FSZ_OK) {
        return err;
    }
    config_check_acls(config, problems);
    if (problems->count > 0) {
        fsz_config_free(&config);
        return FSZ_EINVALID;
    }
    *ret_config = config;
    return FSZ_OK;
}

/* Logs the problems, then the error itself, which may have no problem line. */
static void daemon_tell(const char *what, fsz_err err, const struct fsz_problems *problems)
{
    fsz_log_problems(FSZ_LOG_ERROR, problems);
    fsz_log(FSZ_LOG_ERROR, "%s: %s", what, fsz_err_text(err));
}

fsz_err fsz_daemon_read_config(const struct fsz_options *options, struct fsz_config **ret_config)
{
    struct fsz_problems problems;
    fsz_problems_init(&problems);
    fsz_err err = config_read(options->config, ret_config, &problems);
    if (err != FSZ_OK) {
        daemon_tell(options->config == NULL ? "default configuration" : options->config, err,
                    &problems);
    }
    return err;
}

fsz_err fsz_daemon_check_config(const struct fsz_options *options, struct fsz_config **config)
{
    struct fsz_problems problems;
    fsz_problems_init(&problems);
    if ((*config)->warnings != NULL) {
        fsz_log_problems(FSZ_LOG_WARNING, (*config)->warnings);
    }
    fsz_err err = fsz_engine_check(config, &problems);
    if (err != FSZ_OK) {
        daemon_tell(options->config, err, &problems);
    }
    return err;
}

static fsz_err daemon_offer(void *self, const struct fsz_event *event)
{
    return fsz_engine_offer(self, event);
}

static fsz_err daemon_locate(void *self, const struct fsz_lookup *lookup, struct fsz_buffer *xml)
{
    return fsz_engine_lookup(self, lookup, xml);
}

static void daemon_serve(void *self, const struct fsz_session *session, const char *line)
{
    fsz_engine_run_dialplan_app(self, session, line);
}

static void daemon_zmq(void *self, const char *line, struct fsz_buffer *output);

static fsz_err daemon_make_sim(struct fsz_daemon *daemon)
{
    struct fsz_problems    problems;
    struct fsz_sim_options options = {.calls_per_second = daemon->options.calls_per_second,
                                      .calls_max = daemon->options.calls_max,
                                      .seed = daemon->options.seed,
                                      .flows_path = daemon->options.flows,
                                      .log = fsz_log_host,
                                      .sink = daemon_offer,
                                      .sink_self = daemon->engine,
                                      .locate = daemon_locate,
                                      .locate_self = daemon->engine,
                                      .serve = daemon_serve,
                                      .serve_self = daemon->engine,
                                      .zmq = daemon_zmq,
                                      .zmq_self = daemon,
                                      .service = daemon->options.service,
                                      .service_percent = daemon->options.service_percent,
                                      .hangup_ms = daemon->options.hangup_ms,
                                      .digits = daemon->options.digits};
    fsz_problems_init(&problems);
    fsz_err err = fsz_sim_new(&daemon->sim, &options, &problems);
    if (err != FSZ_OK) {
        daemon_tell("simulated switch", err, &problems);
    }
    return err;
}

static fsz_err daemon_begin(struct fsz_daemon *daemon, struct fsz_config **config)
{
    fsz_err err = fsz_engine_new(&daemon->engine, &daemon->host);
    if (err == FSZ_OK) {
        err = daemon_make_sim(daemon);
    }
    if (err == FSZ_OK) {
        err = fsz_engine_start(daemon->engine, config);
    }
    if (err == FSZ_OK) {
        err = fsz_sim_start(daemon->sim);
    }
    if (err != FSZ_OK) {
        fsz_log(FSZ_LOG_ERROR, "not started: %s", fsz_err_text(err));
    }
    return err;
}

enum fsz_exit fsz_daemon_start(struct fsz_daemon *daemon, const struct fsz_options *options)
{
    struct fsz_config *config = NULL;
    *daemon = (struct fsz_daemon){.options = *options};
    pthread_mutex_init(&daemon->reload_lock, NULL);
    fsz_switchhost_init(&daemon->host, &daemon->sim);
    if (fsz_daemon_read_config(options, &config) != FSZ_OK) {
        fsz_daemon_stop(daemon);
        return FSZ_EXIT_CONFIG;
    }
    fsz_err err = daemon_begin(daemon, &config);
    fsz_config_free(&config);
    if (err != FSZ_OK) {
        fsz_daemon_stop(daemon);
        return FSZ_EXIT_FAILED;
    }
    return FSZ_EXIT_OK;
}

void fsz_daemon_stop(struct fsz_daemon *daemon)
{
    if (daemon->engine != NULL) {
        fsz_engine_close_calls(daemon->engine);
    }
    if (daemon->sim != NULL) {
        fsz_sim_stop(daemon->sim);
    }
    if (daemon->engine != NULL) {
        fsz_engine_stop(daemon->engine);
    }
    fsz_sim_free(&daemon->sim);
    if (daemon->engine != NULL) {
        fsz_engine_free(&daemon->engine);
    }
    pthread_mutex_destroy(&daemon->reload_lock);
}

static void daemon_write_problems(const struct fsz_problems *problems, fsz_err err,
                                  struct fsz_buffer *output)
{
    fsz_buffer_printf(output, "-ERR nothing has changed: %s\n", fsz_err_text(err));
    for (size_t i = 0; i < fsz_problems_kept(problems); i++) {
        fsz_buffer_printf(output, "%s\n", problems->lines[i]);
    }
}

static fsz_err daemon_reload_locked(struct fsz_daemon *daemon, struct fsz_buffer *output)
{
    struct fsz_problems problems;
    struct fsz_config  *config = NULL;
    fsz_problems_init(&problems);
    fsz_err err = config_read(daemon->options.config, &config, &problems);
    if (err == FSZ_OK) {
        err = fsz_engine_reload(daemon->engine, &config, &problems);
    } else {
        fsz_engine_refuse_reload(daemon->engine, err, &problems);
    }
    fsz_config_free(&config);
    if (err != FSZ_OK) {
        daemon_tell("configuration not reloaded, the old one stays in effect", err, &problems);
        daemon_write_problems(&problems, err, output);
    } else {
        fsz_log(FSZ_LOG_NOTICE, "configuration reloaded");
        fsz_buffer_text(output, "+OK reloaded\n");
    }
    return err;
}

void fsz_daemon_reload(struct fsz_daemon *daemon, struct fsz_buffer *output)
{
    pthread_mutex_lock(&daemon->reload_lock);
    fsz_notify_reloading();
    fsz_err err = daemon_reload_locked(daemon, output);
    fsz_notify_ready(err == FSZ_OK ? "configuration reloaded" : "configuration not reloaded");
    pthread_mutex_unlock(&daemon->reload_lock);
}

/* The command `zmq`, as in the module. */
static void daemon_zmq(void *self, const char *line, struct fsz_buffer *output)
{
    struct fsz_daemon *daemon = self;
    if (strcmp(line, "reload") == 0) {
        fsz_daemon_reload(daemon, output);
    } else {
        (void)fsz_engine_command(daemon->engine, line[0] == '\0' ? "help" : line, output);
    }
}

void fsz_daemon_command(struct fsz_daemon *daemon, const char *line, struct fsz_buffer *output)
{
    size_t      length = strcspn(line, " \t");
    const char *arg = line + length + strspn(line + length, " \t");
    char        name[64];
    if (length >= sizeof name) {
        fsz_buffer_text(output, "-ERR Command not found!\n");
        return;
    }
    memcpy(name, line, length);
    name[length] = '\0';
    if (strcmp(name, "zmq") == 0) {
        daemon_zmq(daemon, arg, output);
    } else {
        (void)daemon->host.command(daemon->host.self, name, arg, output); /* output has errors */
    }
}
