/* SPDX-License-Identifier: MPL-2.0 */
/* Reads the keys that a configuration has in other files. */
#include "config/config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static fsz_err files_read_secret(const char *path, char ret_key[FSZ_KEY_BYTES],
                                 struct fsz_problems *problems)
{
    char            why[FSZ_PROBLEM_BYTES] = "";
    struct fsz_cert cert = {0};
    fsz_err         err = fsz_cert_read(path, &cert, why, sizeof why);
    if (err == FSZ_OK && cert.secret_key[0] == '\0') {
        snprintf(why, sizeof why,
                 "%s: has only a public key; the secret key is in the file whose name ends with "
                 "_secret",
                 path);
        err = FSZ_EINVALID;
    }
    if (err == FSZ_OK) {
        memcpy(ret_key, cert.secret_key, FSZ_KEY_BYTES);
    } else {
        fsz_problems_add(problems, "settings: curve-key-file: %s", why);
    }
    fsz_cert_forget(&cert);
    return err;
}

/* One key in 85 begins with `/`. If there is no file of that name, the text is such a key. */
static bool files_is_key(const char *server)
{
    return fsz_key_is_valid(server) && access(server, F_OK) != 0 &&
           (errno == ENOENT || errno == ENOTDIR);
}

static fsz_err files_read_server(struct fsz_service_config *service, struct fsz_problems *problems)
{
    char            why[FSZ_PROBLEM_BYTES] = "";
    struct fsz_cert cert = {0};
    fsz_err         err = FSZ_OK;
    if (service->server == NULL || service->server_key[0] != '\0') {
        return FSZ_OK;
    }
    if (files_is_key(service->server)) {
        memcpy(service->server_key, service->server, FSZ_KEY_BYTES);
        return FSZ_OK;
    }
    err = fsz_cert_read(service->server, &cert, why, sizeof why);
    if (err == FSZ_OK) {
        memcpy(service->server_key, cert.public_key, FSZ_KEY_BYTES);
    } else {
        fsz_problems_add(problems, "%s: server-key: %s", service->socket.owner, why);
    }
    fsz_cert_forget(&cert);
    return err;
}

static bool files_needs_secret(const struct fsz_config *config)
{
    bool needed = false;
    for (size_t i = 0; i < fsz_config_socket_count(config); i++) {
        needed |= fsz_config_socket_at(config, i)->security == FSZ_SECURITY_CURVE;
    }
    for (size_t i = 0; i < config->service_count; i++) {
        needed |= fsz_config_service_has_curve(&config->services[i]);
    }
    return needed;
}

fsz_err fsz_config_load_files(struct fsz_config *config, struct fsz_problems *problems)
{
    fsz_err err = FSZ_OK;
    if (files_needs_secret(config)) {
        err = files_read_secret(config->curve_key_file, config->curve_secret_key, problems);
    }
    for (size_t i = 0; i < config->service_count; i++) {
        fsz_err service_err = files_read_server(&config->services[i], problems);
        err = err == FSZ_OK ? service_err : err;
    }
    return err;
}
