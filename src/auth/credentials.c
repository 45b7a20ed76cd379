/* SPDX-License-Identifier: MPL-2.0 */
#include "auth/credentials.h"

#include "keys/password.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1 /* uthash ends the process otherwise */
#include <uthash.h>

struct credentials_tag {
    unsigned char bytes[crypto_generichash_BYTES];
};

struct credentials_entry {
    UT_hash_handle         hh;
    struct credentials_tag tag;
};

struct fsz_credentials {
    unsigned char             key[crypto_generichash_KEYBYTES];
    struct credentials_entry *remembered;                     /* least recently used first */
    char                      decoy[FSZ_PASSWORD_HASH_BYTES]; /* a hash; empty until needed */
    int64_t                   second_ms;                      /* when the present second began */
    unsigned                  checks;                         /* since then */
    _Atomic uint64_t          checked_total, remembered_total;
};

fsz_err fsz_credentials_new(struct fsz_credentials **ret_credentials)
{
    struct fsz_credentials *credentials = calloc(1, sizeof(*credentials));
    if (credentials == NULL || sodium_init() < 0) {
        free(credentials);
        return FSZ_ENOMEM;
    }
    randombytes_buf(credentials->key, sizeof(credentials->key));
    *ret_credentials = credentials;
    return FSZ_OK;
}

static void credentials_forget(struct fsz_credentials *credentials, struct credentials_entry *entry)
{
    HASH_DEL(credentials->remembered, entry);
    free(entry);
}

void fsz_credentials_free(struct fsz_credentials **credentials)
{
    struct credentials_entry *entry = NULL, *next = NULL;
    if (*credentials == NULL) {
        return;
    }
    HASH_ITER(hh, (*credentials)->remembered, entry, next)
    {
        credentials_forget(*credentials, entry);
    }
    sodium_memzero((*credentials)->key, sizeof((*credentials)->key));
    free(*credentials);
    *credentials = NULL;
}

/* ---- remembered passwords -------------------------------------------------------------------- */

/* The NUL after each text separates them. */
static struct credentials_tag credentials_tag_of(const struct fsz_credentials *credentials,
                                                 const char *name, const char *hash,
                                                 const char *password)
{
    const char *const        texts[] = {name, hash, password};
    crypto_generichash_state state;
    struct credentials_tag   tag;
    crypto_generichash_init(&state, credentials->key, sizeof(credentials->key), sizeof(tag.bytes));
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        crypto_generichash_update(&state, (const unsigned char *)texts[i], strlen(texts[i]) + 1);
    }
    crypto_generichash_final(&state, tag.bytes, sizeof(tag.bytes));
    sodium_memzero(&state, sizeof(state));
    return tag;
}

/* Appends the entry as the most recently used. Without memory, it is forgotten. */
static void credentials_append(struct fsz_credentials *credentials, struct credentials_entry *entry)
{
    HASH_ADD(hh, credentials->remembered, tag, sizeof(entry->tag), entry);
    if (entry->hh.tbl == NULL) {
        free(entry);
    }
}

static bool credentials_recall(struct fsz_credentials       *credentials,
                               const struct credentials_tag *tag)
{
    struct credentials_entry *found = NULL;
    HASH_FIND(hh, credentials->remembered, tag, sizeof(*tag), found);
    if (found == NULL) {
        return false;
    }
    HASH_DEL(credentials->remembered, found);
    credentials_append(credentials, found);
    return true;
}

static void credentials_remember(struct fsz_credentials       *credentials,
                                 const struct credentials_tag *tag)
{
    struct credentials_entry *entry = calloc(1, sizeof(*entry));
    if (entry == NULL) {
        return;
    }
    if (HASH_COUNT(credentials->remembered) >= FSZ_PASSWORDS_REMEMBERED_MAX) {
        credentials_forget(credentials, credentials->remembered);
    }
    entry->tag = *tag;
    credentials_append(credentials, entry);
}

/* ---- checks ---------------------------------------------------------------------------------- */

static bool credentials_may_check(struct fsz_credentials *credentials, int64_t now_ms)
{
    if (now_ms - credentials->second_ms >= 1000) {
        credentials->second_ms = now_ms;
        credentials->checks = 0;
    }
    return credentials->checks < FSZ_PASSWORD_CHECKS_PER_S;
}

/* A hash that no password matches, for users who do not exist or have no password. */
static fsz_err credentials_make_decoy(struct fsz_credentials *credentials)
{
    unsigned char bytes[16];
    char          password[2 * sizeof(bytes) + 1];
    if (credentials->decoy[0] != '\0') {
        return FSZ_OK;
    }
    randombytes_buf(bytes, sizeof(bytes));
    sodium_bin2hex(password, sizeof(password), bytes, sizeof(bytes));
    return fsz_password_hash(password, credentials->decoy);
}

static fsz_err credentials_check_password(struct fsz_credentials *credentials,
                                          const struct fsz_user  *user,
                                          const struct fsz_shown *shown, int64_t now_ms)
{
    fsz_err err = credentials_make_decoy(credentials);
    if (err != FSZ_OK) {
        return err;
    }
    bool                   has_password = user != NULL && user->password != NULL;
    const char            *hash = has_password ? user->password : credentials->decoy;
    struct credentials_tag tag =
        credentials_tag_of(credentials, shown->user, hash, shown->password);
    if (credentials_recall(credentials, &tag)) {
        credentials->remembered_total++;
        return FSZ_OK;
    }
    if (!credentials_may_check(credentials, now_ms)) {
        return FSZ_EBUSY;
    }
    credentials->checks++;
    credentials->checked_total++;
    if (!fsz_password_fits(shown->password, hash) || !has_password) {
        return FSZ_EDENIED;
    }
    credentials_remember(credentials, &tag);
    return FSZ_OK;
}

fsz_err fsz_credentials_check(struct fsz_credentials *credentials, const struct fsz_users *users,
                              const struct fsz_shown *shown, int64_t now_ms,
                              const struct fsz_user **ret_user)
{
    const struct fsz_user *user = NULL;
    fsz_err                err = FSZ_EDENIED;
    if (shown->mechanism == FSZ_ZMTP_CURVE) {
        user = fsz_users_find_key(users, shown->key);
        err = user != NULL ? FSZ_OK : FSZ_EDENIED;
    } else if (shown->mechanism == FSZ_ZMTP_PLAIN) {
        user = fsz_users_find(users, shown->user);
        err = credentials_check_password(credentials, user, shown, now_ms);
    }
    if (err == FSZ_OK) {
        *ret_user = user;
    }
    return err;
}

struct fsz_credentials_counters fsz_credentials_counters(const struct fsz_credentials *credentials)
{
    return (struct fsz_credentials_counters){credentials->checked_total,
                                             credentials->remembered_total};
}
