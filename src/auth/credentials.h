/* credentials.h - which user showed this password or key?
 *
 * Passwords that were right are remembered as BLAKE2b hashes with a key that this process drew, in
 * memory only, so clients that come back together cost nothing; a hash covers what the users file
 * says, so a changed or removed user's is of no use any more. All other checks are Argon2id and
 * take as long for users that do not exist. They are at most FSZ_PASSWORD_CHECKS_PER_S: at 25 ms
 * each, half of the time of the thread that all peers wait for. Belongs to one thread. */
#ifndef FSZ_CREDENTIALS_H
#define FSZ_CREDENTIALS_H

#include "base/clock.h"
#include "base/err.h"
#include "keys/users.h"
#include "zmtp/zmtp.h"

#include <stdint.h>

enum { FSZ_PASSWORD_CHECKS_PER_S = 20, FSZ_PASSWORDS_REMEMBERED_MAX = 4096 };

struct fsz_credentials;

/* What a peer has shown. Texts of others; those that its mechanism does not have are not read. */
struct fsz_shown {
    enum fsz_zmtp_mechanism_name mechanism;
    const char                  *user, *password; /* PLAIN */
    const char                  *key;             /* CURVE: the public key, Z85 */
};

FSZ_NODISCARD fsz_err fsz_credentials_new(struct fsz_credentials **ret_credentials);
/* Accepts NULL. */
void fsz_credentials_free(struct fsz_credentials **credentials);
/* *ret_user stays `users`'. FSZ_EDENIED: nobody's. FSZ_EBUSY: beyond the checks of this second.
 * FSZ_ENOMEM. `now_ms` is fsz_clock_monotonic_ms(). */
FSZ_NODISCARD fsz_err fsz_credentials_check(struct fsz_credentials *credentials,
                                            const struct fsz_users *users,
                                            const struct fsz_shown *shown, int64_t now_ms,
                                            const struct fsz_user **ret_user);

struct fsz_credentials_counters {
    uint64_t checked;    /* passwords, by Argon2id */
    uint64_t remembered; /* passwords that needed no such check */
};
/* Any thread. */
struct fsz_credentials_counters fsz_credentials_counters(const struct fsz_credentials *credentials);

#endif
