/* SPDX-License-Identifier: MPL-2.0 */
#include "keys/password.h"

#include <sodium.h>
#include <string.h>

_Static_assert(FSZ_PASSWORD_HASH_BYTES >= crypto_pwhash_STRBYTES, "libsodium's text must fit");

static bool password_is_of_length(const char *password)
{
    size_t length = strlen(password);
    return length > 0 && length <= FSZ_PASSWORD_MAX;
}

fsz_err fsz_password_hash(const char *password, char ret_hash[FSZ_PASSWORD_HASH_BYTES])
{
    if (!password_is_of_length(password)) {
        return FSZ_EINVALID;
    }
    if (sodium_init() < 0 ||
        crypto_pwhash_str_alg(ret_hash, password, strlen(password), FSZ_PASSWORD_PASSES,
                              FSZ_PASSWORD_MEMORY_BYTES, crypto_pwhash_ALG_ARGON2ID13) != 0) {
        return FSZ_ENOMEM;
    }
    return FSZ_OK;
}

bool fsz_password_fits(const char *password, const char *hash)
{
    return password_is_of_length(password) && sodium_init() >= 0 &&
           crypto_pwhash_str_verify(hash, password, strlen(password)) == 0;
}

bool fsz_password_hash_is_valid(const char *hash)
{
    return strlen(hash) < crypto_pwhash_STRBYTES && sodium_init() >= 0 &&
           strncmp(hash, crypto_pwhash_argon2id_STRPREFIX,
                   sizeof(crypto_pwhash_argon2id_STRPREFIX) - 1) == 0 &&
           crypto_pwhash_str_needs_rehash(hash, FSZ_PASSWORD_PASSES, FSZ_PASSWORD_MEMORY_BYTES) >=
               0;
}
