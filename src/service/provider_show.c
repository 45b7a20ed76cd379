/* SPDX-License-Identifier: MPL-2.0 */
/* What switch threads see of a provider. */
#include "config/section.h"
#include "service/services.h"
#include "zmtp/dealer.h"

/* An endpoint may serve every section; a client, those that it is granted. */
static uint32_t show_sections(const struct fsz_provider *provider)
{
    struct fsz_principal who;
    uint32_t             sections = FSZ_DIRECT_NO_SECTION;
    if (provider->client == NULL) {
        return UINT32_MAX;
    }
    if (!fsz_provider_principal(provider, &who)) {
        return sections;
    }
    for (size_t i = 0; fsz_section_name(i) != NULL; i++) {
        bool may = fsz_principal_may(&who, FSZ_RIGHT_SECTIONS, fsz_section_name(i));
        sections |= may ? UINT32_C(1) << i : 0;
    }
    return sections;
}

/* NULL: over inproc, where only the API thread may use libzmq's socket; or before a client got the
 * reply to its registration. */
static struct fsz_conn *show_conn(const struct fsz_provider *provider)
{
    if (provider->hidden) {
        return NULL;
    }
    if (provider->client != NULL) {
        return provider->client->conn;
    }
    return provider->dealer == NULL ? NULL : fsz_dealer_conn(provider->dealer);
}

void fsz_provider_show(struct fsz_provider *provider)
{
    struct fsz_direct     *direct = provider->service->services->base.direct;
    struct fsz_direct_view view = {.up = fsz_provider_is_up(provider)};
    if (view.up) {
        view.sections = show_sections(provider);
        view.conn = show_conn(provider);
        view.account = fsz_provider_client(provider)->account;
        view.envelope = provider->envelope;
    }
    fsz_direct_show(direct, &provider->direct, &view);
}
