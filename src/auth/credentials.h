/* SPDX-License-Identifier: MPL-2.0 */
/* credentials.h - finds the user of a password or key.
 *
 * Correct passwords are remembered, so clients that all reconnect cost little: as BLAKE2b hashes
 * with a random key of this process, only in memory. The hash includes the user's entry in the
 * users file, so it does not match once the user is changed or removed. All other checks use
 * Argon2id, and take as long for users that do not exist. There are at most
 * FSZ_PASSWORD_CHECKS_PER_S: at 25 ms each, half of the time of the thread that all peers share.
 * Belongs to one thread. */
#ifndef FSZ_CREDENTIALS_H
#define FSZ_CREDENTIALS_H

#include "base/err.h"
#include "keys/users.h"
#include "zmtp/zmtp.h"

#include <stdint.h>

enum { FSZ_PASSWORD_CHECKS_PER_S = 20, FSZ_PASSWORDS_REMEMBERED_MAX = 4096 };

struct fsz_credentials;

/* The credentials of a peer. The caller owns the texts. Texts that the mechanism does not use are
 * not read. */
struct fsz_shown {
    enum fsz_zmtp_mechanism_name mechanism;
    const char                  *user, *password; /* PLAIN */
    const char                  *key;             /* CURVE: the public key, Z85 */
};

FSZ_NODISCARD fsz_err fsz_credentials_new(struct fsz_credentials **ret_credentials);
/* Accepts NULL. */
void fsz_credentials_free(struct fsz_credentials **credentials);
/* *ret_user belongs to `users`. FSZ_EDENIED: no user has these credentials. FSZ_EBUSY: too many
 * checks in this second. FSZ_ENOMEM. `now_ms` is fsz_clock_monotonic_ms(). */
FSZ_NODISCARD fsz_err fsz_credentials_check(struct fsz_credentials *credentials,
                                            const struct fsz_users *users,
                                            const struct fsz_shown *shown, int64_t now_ms,
                                            const struct fsz_user **ret_user);

struct fsz_credentials_counters {
    uint64_t checked;    /* passwords checked with Argon2id */
    uint64_t remembered; /* passwords that needed no such check */
};
/* Any thread. */
struct fsz_credentials_counters fsz_credentials_counters(const struct fsz_credentials *credentials);

#endif
