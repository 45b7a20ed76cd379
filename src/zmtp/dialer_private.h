/* SPDX-License-Identifier: MPL-2.0 */
/* dialer_private.h - the state of a dialer. */
#ifndef FSZ_ZMTP_DIALER_PRIVATE_H
#define FSZ_ZMTP_DIALER_PRIVATE_H

#include "zmtp/dialer.h"
#include "zmtp/resolver.h"

struct fsz_dialer {
    struct fsz_loop          *loop;
    struct fsz_loop_watch     watch; /* fd -1: no connect(2) is in progress */
    struct fsz_loop_timer     timer; /* the next attempt, or the timeout of connect(2) */
    struct fsz_dialer_options options;
    fsz_dialer_fn             connected;
    void                     *argument;
    struct fsz_endpoint_parts parts;
    char                     *endpoint;

    struct fsz_resolution *resolution; /* NULL: no lookup is running */
    struct fsz_address     addresses[FSZ_RESOLVER_ADDRESSES_MAX];
    size_t                 count, next; /* addresses of this attempt */
    int64_t                pause_ms;    /* before the next attempt */
    uint64_t               attempts;
    char why[FSZ_ADDRESS_WHY_BYTES]; /* why the last attempt failed; empty: it did not */
};

#endif
