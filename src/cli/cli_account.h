/* SPDX-License-Identifier: MPL-2.0 */
/* cli_account.h - the address of the switch and our credentials: from options, environment and
 * file.
 *
 * An option overrides an environment variable, which overrides ~/.config/fszmq.conf (or
 * $XDG_CONFIG_HOME/fszmq.conf), which overrides the default. A password comes from the environment,
 * from the file or from a prompt on the terminal. It never comes from the command line, which every
 * user of the machine can read. One thread. */
#ifndef FSZ_CLI_ACCOUNT_H
#define FSZ_CLI_ACCOUNT_H

#include "cli/cli_options.h"
#include "keys/cert.h"
#include "keys/password.h"

#include <stdbool.h>

/* The part of a command's options that FSZ_ACCOUNT_OPTIONS fills. NULL or empty: not given. */
struct fsz_account_options {
    const char *user, *key, *server_key;
};

/* Rows for a command's table of options; `member` is the fsz_account_options in its struct. */
/* NOLINTBEGIN(bugprone-macro-parentheses): a member cannot be put in parentheses */
#define FSZ_ACCOUNT_OPTIONS(type, member)                                                          \
    {"user", 0, FSZ_OPTION_TEXT, offsetof(type, member.user), "NAME", "log in with a password"},   \
        {"key",           0,                                                                       \
         FSZ_OPTION_TEXT, offsetof(type, member.key),                                              \
         "FILE",          "our CURVE certificate with the secret key"},                            \
    {                                                                                              \
        "server-key", 0, FSZ_OPTION_TEXT, offsetof(type, member.server_key), "KEY|FILE",           \
            "the switch's public CURVE key, or its certificate"                                    \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

enum { FSZ_ACCOUNT_ENDPOINT_BYTES = 256 };

struct fsz_account {
    char            api[FSZ_ACCOUNT_ENDPOINT_BYTES];    /* of the API socket */
    char            events[FSZ_ACCOUNT_ENDPOINT_BYTES]; /* of the event stream */
    char            user[FSZ_PASSWORD_MAX + 1];
    char            password[FSZ_PASSWORD_MAX + 1];
    struct fsz_cert cert;                      /* our own; empty keys: none */
    char            server_key[FSZ_KEY_BYTES]; /* empty: no CURVE */
};

/* Reads the whole account. Asks on the terminal for a password that is needed but not given.
 * Returns FSZ_EXIT_OK, or an exit code after reporting the mistake. */
int fsz_account_read(struct fsz_account *account, const char *program,
                     const struct fsz_account_options *options);
/* Sets the credentials on a socket. Call before it connects. Returns 0, or -1 with errno. */
int fsz_account_apply(const struct fsz_account *account, void *socket);
/* Wipes the secrets. */
void fsz_account_forget(struct fsz_account *account);

#endif
