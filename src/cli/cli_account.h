/* account.h - where the switch is and who we are there: from options, environment and file.
 *
 * An option goes before an environment variable, that before ~/.config/fszmq.conf (or
 * $XDG_CONFIG_HOME/fszmq.conf), that before the defaults. A password comes from the environment,
 * the file or a question on the terminal, never from the command line, which every user of the
 * machine can read. One thread. */
#ifndef FSZ_ACCOUNT_H
#define FSZ_ACCOUNT_H

#include "cli/cli_options.h"
#include "keys/cert.h"
#include "keys/password.h"

#include <stdbool.h>

/* As given; NULL or empty: not given. The members of a command's options that FSZ_ACCOUNT_OPTIONS
 * reads. */
struct fsz_account_options {
    const char *user, *key, *server_key;
};

/* Rows of a command's table of options; `member` is where its struct has the fsz_account_options.
 */
/* NOLINTBEGIN(bugprone-macro-parentheses): a member cannot stand in parentheses */
#define FSZ_ACCOUNT_OPTIONS(type, member)                                                          \
    {"user", 0, FSZ_OPTION_TEXT, offsetof(type, member.user), "NAME", "log in with a password"},   \
        {"key",           0,                                                                       \
         FSZ_OPTION_TEXT, offsetof(type, member.key),                                              \
         "FILE",          "our CURVE certificate, with the secret key"},                           \
    {                                                                                              \
        "server-key", 0, FSZ_OPTION_TEXT, offsetof(type, member.server_key), "KEY|FILE",           \
            "the switch's public CURVE key, or a certificate with it"                              \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

enum { FSZ_ACCOUNT_ENDPOINT_BYTES = 256 };

struct fsz_account {
    char            api[FSZ_ACCOUNT_ENDPOINT_BYTES];    /* of the API socket */
    char            events[FSZ_ACCOUNT_ENDPOINT_BYTES]; /* of the event stream */
    char            user[FSZ_PASSWORD_MAX + 1];
    char            password[FSZ_PASSWORD_MAX + 1];
    struct fsz_cert cert;                      /* ours; empty keys: none */
    char            server_key[FSZ_KEY_BYTES]; /* empty: no CURVE */
};

/* Reads all of it. Returns FSZ_EXIT_OK, or an exit code with the mistake told. Asks for a password
 * on the terminal where a user needs one and none is there. */
int fsz_account_read(struct fsz_account *account, const char *program,
                     const struct fsz_account_options *options);
/* Gives a socket the credentials, before it is connected. 0, or -1 with errno. */
int fsz_account_apply(const struct fsz_account *account, void *socket);
/* Wipes the secrets. */
void fsz_account_forget(struct fsz_account *account);

#endif
