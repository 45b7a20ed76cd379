/* account.h - bytes that are held for a client, and with them for all clients.
 *
 * Counted in references, because libzmq may hold an answer longer than anything else lives. Any
 * thread. */
#ifndef FSZ_ACCOUNT_H
#define FSZ_ACCOUNT_H

#include "base/err.h"

#include <stddef.h>

struct fsz_account;

/* `whole` gets what this one gets; a reference to it is taken. NULL: this is the whole. */
FSZ_NODISCARD fsz_err fsz_account_new(struct fsz_account *whole, struct fsz_account **ret_account);
struct fsz_account   *fsz_account_ref(struct fsz_account *account);
/* Accepts NULL in *account. */
void fsz_account_unref(struct fsz_account **account);

void   fsz_account_add(struct fsz_account *account, size_t bytes);
void   fsz_account_remove(struct fsz_account *account, size_t bytes);
size_t fsz_account_bytes(const struct fsz_account *account);
/* Accounts of which this is the whole; the caller has its owner's reference. */
size_t fsz_account_parts(const struct fsz_account *account);

#endif
