/* SPDX-License-Identifier: MPL-2.0 */
/* Replies to offers: may the provider do what its reply asks for, and can it have the call? */
#include "auth/authorize.h"
#include "call/controls_private.h"
#include "call/offer.h"
#include "service/services.h"

#include <stdio.h>
#include <utlist.h>

static fsz_err offer_authorize(const struct fsz_principal *who, const struct fsz_offer *offer,
                               fsz_why why)
{
    const char *name = NULL;
    json_t     *value = NULL;
    fsz_err     err = FSZ_OK;
    json_object_foreach((json_t *)offer->set, name, value)
    {
        err =
            err != FSZ_OK ? err : fsz_authorize_variable(who, name, json_string_value(value), why);
    }
    for (size_t i = 0; err == FSZ_OK && i < json_array_size(offer->steps); i++) {
        err = fsz_authorize_application(who, fsz_offer_app(offer, i), fsz_offer_arg(offer, i), why);
    }
    return err;
}

/* Lists the call, and watches for its last event, before asking whether its thread has left: the
 * last event comes after that. If the thread has left, its mail delists the call. */
static bool offer_take(struct fsz_controls *controls, struct fsz_control *control,
                       struct fsz_provider *provider, uint64_t lease)
{
    if (control->controller != NULL || control->left || !fsz_controls_enlist(controls, control) ||
        !fsz_control_take(control, lease, provider->service->config->on_lost)) {
        return false;
    }
    control->controller = provider;
    control->lease = lease;
    snprintf(control->service, sizeof(control->service), "%s", provider->service->config->name);
    DL_APPEND(provider->controlled, control);
    provider->controlled_count++;
    fsz_direct_count_call(provider->service->services->base.direct, &provider->direct, true);
    provider->service->services->next_renew_ms = 0;
    return true;
}

/* NULL: the offer is accepted; with `then` control, the provider controls the call from now on.
 * Else why not; `buffer` is room for that. */
static const char *offer_accept(struct fsz_controls *controls, struct fsz_control *control,
                                struct fsz_provider *provider, uint64_t lease,
                                const struct fsz_offer *offer, fsz_why buffer)
{
    struct fsz_principal who;
    if (!fsz_provider_principal(provider, &who)) {
        return "the user does not exist any more";
    }
    if (offer_authorize(&who, offer, buffer) != FSZ_OK) {
        return buffer;
    }
    if (fsz_control_leaves(control)) {
        return "the call has left the dialplan application";
    }
    if (offer->then == FSZ_THEN_CONTROL &&
        (controls->closed || !offer_take(controls, control, provider, lease))) {
        return "the call can't be controlled any more";
    }
    return NULL;
}

bool fsz_controls_accept(void *self, struct fsz_offered_call *call, struct fsz_provider *provider,
                         uint64_t lease, const json_t *result, char *ret_why, size_t why_bytes)
{
    struct fsz_controls *controls = self;
    struct fsz_offer     offer;
    fsz_why              buffer;
    const char          *why = NULL;
    if (fsz_offer_read(result, &offer, &why) == FSZ_OK) {
        if (!offer.accept) {
            snprintf(ret_why, why_bytes, "%s",
                     offer.reason ? offer.reason : "it declines the call");
            return false;
        }
        why =
            offer_accept(controls, fsz_controls_of_offered(call), provider, lease, &offer, buffer);
    }
    controls->counters.refused += why != NULL;
    controls->counters.accepted += why == NULL;
    snprintf(ret_why, why_bytes, "%s", why != NULL ? why : "");
    return why == NULL;
}
