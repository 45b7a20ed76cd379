/* resolver.h - looks names of peers up without holding up the loop.
 *
 * getaddrinfo(3) may take as long as name servers do not answer, so it runs on a thread of its own
 * for each look-up, bounded in number. Code that is about to be unloaded calls fsz_resolver_wait(),
 * and stays in memory if a thread still runs. */
#ifndef FSZ_ZMTP_RESOLVER_H
#define FSZ_ZMTP_RESOLVER_H

#include "zmtp/address.h"
#include "zmtp/loop.h"

enum {
    FSZ_RESOLVER_THREADS_MAX = 16,
    FSZ_RESOLVER_ADDRESSES_MAX = 8 /* of one name; further ones are left out */
};

struct fsz_resolution;
/* On the loop's thread; the resolution is gone afterwards. FSZ_OK: `addresses` has at least one, in
 * the order of getaddrinfo(3). FSZ_ENOTFOUND: `why` says what getaddrinfo(3) said. */
typedef void (*fsz_resolver_fn)(void *argument, fsz_err err, const struct fsz_address *addresses,
                                size_t count, const char *why);

/* Begins to look up. FSZ_ENOMEM, FSZ_ELIMIT (too many look-ups are running), FSZ_ESYSTEM: `done` is
 * not called. `ipv6`: IPv6 beside IPv4. */
FSZ_NODISCARD fsz_err fsz_resolver_start(struct fsz_loop *loop, const char *host, uint16_t port,
                                         bool ipv6, fsz_resolver_fn done, void *argument,
                                         struct fsz_resolution **ret_resolution);
/* `done` will not be called; the thread ends on its own. Accepts NULL in *resolution. Not from
 * `done`, nor after it. Before the loop is freed. */
void fsz_resolver_cancel(struct fsz_resolution **resolution);
/* Waits for all of them, at most so long; true: each has ended, and runs no code of this folder any
 * more. Any thread. */
bool fsz_resolver_wait(int64_t wait_ms);

#endif
