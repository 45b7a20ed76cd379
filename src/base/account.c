/* SPDX-License-Identifier: MPL-2.0 */
#include "base/account.h"

#include "base/ref.h"

#include <stdatomic.h>
#include <stdlib.h>

struct fsz_account {
    _Atomic size_t      bytes;
    struct fsz_ref      references;
    struct fsz_account *whole;
};

fsz_err fsz_account_new(struct fsz_account *whole, struct fsz_account **ret_account)
{
    struct fsz_account *account = calloc(1, sizeof(*account));
    if (account == NULL) {
        return FSZ_ENOMEM;
    }
    fsz_ref_init(&account->references, 1);
    account->whole = whole ? fsz_account_ref(whole) : NULL;
    *ret_account = account;
    return FSZ_OK;
}

struct fsz_account *fsz_account_ref(struct fsz_account *account)
{
    fsz_ref_take(&account->references);
    return account;
}

void fsz_account_unref(struct fsz_account **account)
{
    struct fsz_account *at = *account;
    *account = NULL;
    while (at != NULL && fsz_ref_drop(&at->references)) {
        struct fsz_account *whole = at->whole;
        free(at);
        at = whole;
    }
}

void fsz_account_add(struct fsz_account *account, size_t bytes)
{
    for (; account != NULL; account = account->whole) {
        atomic_fetch_add_explicit(&account->bytes, bytes, memory_order_relaxed);
    }
}

void fsz_account_remove(struct fsz_account *account, size_t bytes)
{
    for (; account != NULL; account = account->whole) {
        atomic_fetch_sub_explicit(&account->bytes, bytes, memory_order_relaxed);
    }
}

size_t fsz_account_bytes(const struct fsz_account *account)
{
    return atomic_load_explicit(&account->bytes, memory_order_relaxed);
}

size_t fsz_account_parts(const struct fsz_account *account)
{
    return fsz_ref_count(&account->references) - 1;
}
