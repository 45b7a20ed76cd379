/* SPDX-License-Identifier: MPL-2.0 */
/* password.h - passwords as Argon2id hashes (RFC 9106), through libsodium.
 *
 * Any thread. A check takes 20 to 30 ms and FSZ_PASSWORD_MEMORY_BYTES of memory while it runs. */
#ifndef FSZ_PASSWORD_H
#define FSZ_PASSWORD_H

#include "base/err.h"

#include <stdbool.h>

enum {
    FSZ_PASSWORD_HASH_BYTES = 128, /* of the text `$argon2id$…`, with its NUL */
    FSZ_PASSWORD_MEMORY_BYTES = 19 << 20,
    FSZ_PASSWORD_PASSES = 2,
    FSZ_PASSWORD_MAX = 255, /* bytes of a password that ZMTP's PLAIN can carry (RFC 24) */
};

/* FSZ_EINVALID: empty or too long. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_password_hash(const char *password,
                                        char        ret_hash[FSZ_PASSWORD_HASH_BYTES]);
/* Takes the same time for a wrong password as for the right one. */
bool fsz_password_fits(const char *password, const char *hash);
/* Is this a hash that fsz_password_fits() can check? */
bool fsz_password_hash_is_valid(const char *hash);

#endif
