/* SPDX-License-Identifier: MPL-2.0 */
/* account.h - counts the bytes in memory for a client, and with them those of all clients.
 *
 * Reference-counted, because libzmq may keep a reply longer than its client and API socket live.
 * Any thread. */
#ifndef FSZ_ACCOUNT_H
#define FSZ_ACCOUNT_H

#include "base/err.h"

#include <stddef.h>

struct fsz_account;

/* Bytes added to the account are also added to `whole`, to which the account takes a reference.
 * NULL: the account is itself a whole. */
FSZ_NODISCARD fsz_err fsz_account_new(struct fsz_account *whole, struct fsz_account **ret_account);
struct fsz_account   *fsz_account_ref(struct fsz_account *account);
/* Accepts NULL in *account. */
void fsz_account_unref(struct fsz_account **account);

void   fsz_account_add(struct fsz_account *account, size_t bytes);
void   fsz_account_remove(struct fsz_account *account, size_t bytes);
size_t fsz_account_bytes(const struct fsz_account *account);
/* Number of accounts that have this one as their whole. The caller must be its owner. */
size_t fsz_account_parts(const struct fsz_account *account);

#endif
