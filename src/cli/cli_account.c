/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/cli_account.h"

#include "cli/ask_password.h"
#include "cli/cli.h"
#include "cli/cli_account_file.h"
#include "fszmq/wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <zmq.h>

enum account_setting {
    ACCOUNT_API,
    ACCOUNT_EVENTS,
    ACCOUNT_USER,
    ACCOUNT_PASSWORD,
    ACCOUNT_KEY,
    ACCOUNT_SERVER_KEY,
    ACCOUNT_SETTINGS
};

static void account_take(struct fsz_setting *setting, const char *given)
{
    if (given != NULL) {
        snprintf(setting->value, sizeof setting->value, "%s", given);
    }
}

/* Copies a text into a member of the account. False: it does not fit, which has been reported. */
static bool account_put(char *member, size_t bytes, const struct fsz_setting *setting,
                        const char *otherwise, const char *program)
{
    const char *value = setting->value[0] == '\0' ? otherwise : setting->value;
    size_t      length = strlen(value);
    if (length >= bytes) {
        fprintf(stderr, "%s: %s: longer than %zu bytes\n", program, setting->name, bytes - 1);
        return false;
    }
    memcpy(member, value, length + 1);
    return true;
}

static bool account_read_cert(const char *path, const char *program, struct fsz_cert *ret_cert)
{
    char why[512];
    if (fsz_cert_read(path, ret_cert, why, sizeof why) == FSZ_OK) {
        return true;
    }
    fprintf(stderr, "%s: %s\n", program, why);
    return false;
}

static bool account_read_key(struct fsz_account *account, const char *path, const char *program)
{
    if (path[0] == '\0') {
        return true;
    }
    if (!account_read_cert(path, program, &account->cert)) {
        return false;
    }
    if (account->cert.secret_key[0] == '\0') {
        fprintf(stderr, "%s: %s has only a public key; give the file with the secret key\n",
                program, path);
        return false;
    }
    return true;
}

/* `text` is the key itself, or the path of a file that contains it. */
static bool account_read_server_key(struct fsz_account *account, const char *text,
                                    const char *program)
{
    struct fsz_cert cert = {0};
    bool            good = true;
    if (text[0] == '\0' || fsz_key_is_valid(text)) {
        snprintf(account->server_key, sizeof account->server_key, "%.*s", FSZ_KEY_BYTES - 1, text);
    } else {
        good = account_read_cert(text, program, &cert);
        memcpy(account->server_key, cert.public_key, sizeof account->server_key);
    }
    fsz_cert_forget(&cert);
    return good;
}

static bool account_ask(struct fsz_account *account, const char *program)
{
    char prompt[sizeof account->user + 16];
    snprintf(prompt, sizeof prompt, "Password for %s", account->user);
    if (isatty(STDIN_FILENO) && fsz_ask_password(prompt, account->password)) {
        return true;
    }
    fprintf(stderr,
            "%s: no password for user %s: set FSZMQ_PASSWORD, or `password = …` in "
            "fszmq.conf\n",
            program, account->user);
    return false;
}

/* Checks that the credentials belong together. Asks for a password that is missing. */
static bool account_complete(struct fsz_account *account, const char *program)
{
    bool curve = account->cert.secret_key[0] != '\0';
    if (curve && account->server_key[0] == '\0') {
        fprintf(stderr, "%s: --key needs --server-key, the public key of the switch\n", program);
        return false;
    }
    if (!curve && account->server_key[0] != '\0') {
        fprintf(stderr, "%s: --server-key needs --key; 'fszmq keygen' makes a key\n", program);
        return false;
    }
    if (curve || account->user[0] == '\0' || account->password[0] != '\0') {
        return true;
    }
    return account_ask(account, program);
}

static bool account_fill(struct fsz_account *account, struct fsz_setting *settings,
                         const char *program)
{
    return account_put(account->api, sizeof account->api, &settings[ACCOUNT_API], FSZMQ_API_CONNECT,
                       program) &&
           account_put(account->events, sizeof account->events, &settings[ACCOUNT_EVENTS],
                       FSZMQ_ENDPOINT_CONNECT, program) &&
           account_put(account->user, sizeof account->user, &settings[ACCOUNT_USER], "", program) &&
           account_put(account->password, sizeof account->password, &settings[ACCOUNT_PASSWORD], "",
                       program) &&
           account_read_key(account, settings[ACCOUNT_KEY].value, program) &&
           account_read_server_key(account, settings[ACCOUNT_SERVER_KEY].value, program) &&
           account_complete(account, program);
}

int fsz_account_read(struct fsz_account *account, const char *program,
                     const struct fsz_account_options *options)
{
    struct fsz_setting settings[ACCOUNT_SETTINGS + 1] = {
        [ACCOUNT_API] = {.name = "api", .variable = "FSZMQ_API"},
        [ACCOUNT_EVENTS] = {.name = "events", .variable = "FSZMQ_EVENTS"},
        [ACCOUNT_USER] = {.name = "user", .variable = "FSZMQ_USER"},
        [ACCOUNT_PASSWORD] = {.name = "password", .variable = "FSZMQ_PASSWORD"},
        [ACCOUNT_KEY] = {.name = "key", .variable = "FSZMQ_KEY"},
        [ACCOUNT_SERVER_KEY] = {.name = "server-key", .variable = "FSZMQ_SERVER_KEY"},
    };
    *account = (struct fsz_account){0};
    account_take(&settings[ACCOUNT_USER], options->user);
    account_take(&settings[ACCOUNT_KEY], options->key);
    account_take(&settings[ACCOUNT_SERVER_KEY], options->server_key);
    bool good = fsz_settings_read(settings, program) && account_fill(account, settings, program);
    explicit_bzero(settings, sizeof settings);
    if (!good) {
        fsz_account_forget(account);
    }
    return good ? FSZ_EXIT_OK : FSZ_EXIT_USAGE;
}

static int account_option(void *socket, int option, const char *text)
{
    return zmq_setsockopt(socket, option, text, strlen(text));
}

int fsz_account_apply(const struct fsz_account *account, void *socket)
{
    if (account->server_key[0] != '\0') {
        return account_option(socket, ZMQ_CURVE_SERVERKEY, account->server_key) == 0 &&
                       account_option(socket, ZMQ_CURVE_PUBLICKEY, account->cert.public_key) == 0 &&
                       account_option(socket, ZMQ_CURVE_SECRETKEY, account->cert.secret_key) == 0
                   ? 0
                   : -1;
    }
    if (account->user[0] != '\0') {
        return account_option(socket, ZMQ_PLAIN_USERNAME, account->user) == 0 &&
                       account_option(socket, ZMQ_PLAIN_PASSWORD, account->password) == 0
                   ? 0
                   : -1;
    }
    return 0;
}

void fsz_account_forget(struct fsz_account *account)
{
    explicit_bzero(account, sizeof *account);
}
