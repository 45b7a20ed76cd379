/* SPDX-License-Identifier: MPL-2.0 */
/* resolver.h - looks up host names without blocking the loop.
 *
 * getaddrinfo(3) blocks while name servers do not answer, so each lookup runs on its own thread;
 * their number is bounded. Before its code is unloaded, a program calls fsz_resolver_wait(), and
 * must not unload if a thread still runs. */
#ifndef FSZ_ZMTP_RESOLVER_H
#define FSZ_ZMTP_RESOLVER_H

#include "zmtp/address.h"
#include "zmtp/loop.h"

enum {
    FSZ_RESOLVER_THREADS_MAX = 16,
    FSZ_RESOLVER_ADDRESSES_MAX = 8 /* of one name; further ones are ignored */
};

struct fsz_resolution;
/* Called on the loop's thread; the resolution is freed afterwards. FSZ_OK: `addresses` has at least
 * one, in the order of getaddrinfo(3). FSZ_ENOTFOUND: `why` is the error text of getaddrinfo(3). */
typedef void (*fsz_resolver_fn)(void *argument, fsz_err err, const struct fsz_address *addresses,
                                size_t count, const char *why);

/* Starts a lookup. FSZ_ENOMEM, FSZ_ELIMIT (too many lookups are running), FSZ_ESYSTEM: `done` is
 * not called. `ipv6`: look up IPv6 as well as IPv4. */
FSZ_NODISCARD fsz_err fsz_resolver_start(struct fsz_loop *loop, const char *host, uint16_t port,
                                         bool ipv6, fsz_resolver_fn done, void *argument,
                                         struct fsz_resolution **ret_resolution);
/* `done` is not called any more; the thread ends by itself. Accepts NULL in *resolution. Must be
 * called before the loop is freed, but not from `done` or after it. */
void fsz_resolver_cancel(struct fsz_resolution **resolution);
/* Waits up to `wait_ms` for all threads. True: all have ended and run no code of this folder any
 * more. Any thread. */
bool fsz_resolver_wait(int64_t wait_ms);

#endif
