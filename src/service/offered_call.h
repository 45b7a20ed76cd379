/* SPDX-License-Identifier: MPL-2.0 */
/* offered_call.h - the call behind an offer, as a service sees it.
 *
 * Services do not know calls. They offer them, and report the outcome, through these two tables of
 * operations, which the owner of the calls fills (call/controls.c). */
#ifndef FSZ_OFFERED_CALL_H
#define FSZ_OFFERED_CALL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fsz_provider;

/* Embedded in the owner's own object, which counts the references. Any thread. */
struct fsz_offered_call {
    const char *uuid;
    void (*ref)(struct fsz_offered_call *call);
    void (*unref)(struct fsz_offered_call *call);
};

/* API thread. */
struct fsz_call_owner {
    void *self;
    /* The client with that serial was offered the call. */
    void (*offered)(struct fsz_offered_call *call, uint64_t serial);
    /* A provider replied to the offer. False: it does not get the call, and ret_why says why; the
     * offer goes to the next provider. */
    bool (*accept)(void *self, struct fsz_offered_call *call, struct fsz_provider *provider,
                   uint64_t lease, const json_t *result, char *ret_why, size_t why_bytes);
    /* Notifies the provider that its offer is void. */
    void (*cancel)(struct fsz_offered_call *call, struct fsz_provider *provider, uint64_t lease);
    /* Takes its calls away: the provider is lost. */
    void (*lose)(void *self, struct fsz_provider *provider);
};

#endif
