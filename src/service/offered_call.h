/* offered_call.h - the call behind an offer, as a service sees it.
 *
 * A service knows no calls. It sends offers and reports what becomes of them through these two
 * tables, which the owner of the calls fills (call/controls.c). */
#ifndef FSZ_OFFERED_CALL_H
#define FSZ_OFFERED_CALL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fsz_provider;

/* Embedded in what its owner knows of the call. Counted by its owner. Any thread. */
struct fsz_offered_call {
    const char *uuid;
    void (*ref)(struct fsz_offered_call *call);
    void (*unref)(struct fsz_offered_call *call);
};

/* API thread. */
struct fsz_call_owner {
    void *self;
    /* The client of that serial was offered the call. */
    void (*offered)(struct fsz_offered_call *call, uint64_t serial);
    /* A provider replied to the offer. False: it does not get the call, and ret_why says why; the
     * offer goes to the next provider. */
    bool (*accept)(void *self, struct fsz_offered_call *call, struct fsz_provider *provider,
                   uint64_t lease, const json_t *result, char *ret_why, size_t why_bytes);
    /* The offer to that provider is void: notify it. */
    void (*cancel)(struct fsz_offered_call *call, struct fsz_provider *provider, uint64_t lease);
    /* The provider is lost: take its calls away. */
    void (*lose)(void *self, struct fsz_provider *provider);
};

#endif
