/* SPDX-License-Identifier: MPL-2.0 */
#include "service/provider.h"

#include "base/clock.h"
#include "rpc/rpc.h"
#include "service/provider_link.h"
#include "service/services.h"
#include "zmtp/dealer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

/* ---- an endpoint ----------------------------------------------------------------------------- */

bool fsz_provider_differs(const struct fsz_service_config *a, const struct fsz_service_config *b)
{
    const struct fsz_socket_config *s = &a->socket, *t = &b->socket;
    const char *x = s->secret_key ? s->secret_key : "", *y = t->secret_key ? t->secret_key : "";
    return s->ipv6 != t->ipv6 || strcmp(a->server_key, b->server_key) != 0 ||
           (a->server_key[0] != '\0' && strcmp(x, y) != 0);
}

static fsz_err provider_open(struct fsz_provider *provider, const struct fsz_provider_base *base,
                             const struct fsz_config         *whole,
                             const struct fsz_service_config *config, char why[FSZ_REPLY_WHY_BYTES])
{
    return fsz_address_is_ours(provider->address)
               ? fsz_provider_open_wire(provider, base, whole, config, why)
               : fsz_provider_open_local(provider, base, config, why);
}

/* For both transports: the empty frame in front of each body, and the client of the API. */
static fsz_err provider_prepare(struct fsz_provider *provider, const struct fsz_provider_base *base,
                                const struct fsz_service_config *config, const char *address)
{
    static const uint8_t delimiter[] = {FSZ_FRAME_MORE, 0};
    provider->handler = base->handler;
    provider->direct.capacity = config->capacity;
    provider->opened_ms = fsz_clock_monotonic_ms();
    provider->address = strdup(address);
    snprintf(provider->name, sizeof(provider->name), "%s", address);
    fsz_err err = provider->address
                      ? fsz_envelope_new(delimiter, sizeof(delimiter), &provider->envelope)
                      : FSZ_ENOMEM;
    return err != FSZ_OK ? err
                         : fsz_provider_link_new(config->name, address, config->group, base->whole,
                                                 &provider->link, &provider->linked);
}

fsz_err fsz_provider_connect(const struct fsz_provider_base *base, const struct fsz_config *whole,
                             const struct fsz_service_config *config, const char *address,
                             struct fsz_provider **ret_provider, char why[FSZ_REPLY_WHY_BYTES])
{
    struct fsz_provider *provider = calloc(1, sizeof(*provider));
    snprintf(why, FSZ_REPLY_WHY_BYTES, "%s", fsz_err_text(FSZ_ENOMEM));
    if (provider == NULL) {
        return FSZ_ENOMEM;
    }
    fsz_err err = provider_prepare(provider, base, config, address);
    err = err != FSZ_OK ? err : provider_open(provider, base, whole, config, why);
    if (err != FSZ_OK) {
        fsz_provider_free(&provider);
        return err;
    }
    provider->linked->dealer = provider->dealer;
    provider->linked->local = provider->socket;
    *ret_provider = provider;
    return FSZ_OK;
}

/* ---- a client -------------------------------------------------------------------------------- */

fsz_err fsz_provider_register(struct fsz_client *client, struct fsz_envelope *envelope,
                              int64_t capacity, struct fsz_provider **ret_provider)
{
    struct fsz_provider   *provider = calloc(1, sizeof(*provider));
    const struct fsz_peer *peer = &client->peer;
    if (provider == NULL) {
        return FSZ_ENOMEM;
    }
    provider->client = fsz_client_ref(client);
    client->heard_ms = fsz_clock_monotonic_ms();
    client->serves = true;
    provider->envelope = fsz_envelope_ref(envelope);
    provider->direct.capacity = capacity;
    provider->connected = provider->was_connected = true;
    snprintf(provider->name, sizeof(provider->name), "client %s at %.120s #%" PRIu64,
             peer->user[0] ? peer->user : "without a name",
             peer->address[0] ? peer->address : "local", peer->serial);
    *ret_provider = provider;
    return FSZ_OK;
}

void fsz_provider_free(struct fsz_provider **provider)
{
    struct fsz_provider *p = *provider;
    *provider = NULL;
    if (p == NULL) {
        return;
    }
    fsz_provider_report_end(p);
    fsz_provider_link_free(&p->link, &p->linked);
    fsz_dealer_free(&p->dealer);
    if (p->socket != NULL) {
        zmq_close(p->socket);
    }
    fsz_envelope_unref(&p->envelope);
    fsz_service_request_unref(&p->last);
    fsz_client_unref(&p->client);
    free(p->address);
    free(p);
}

/* ---- requests -------------------------------------------------------------------------------- */

struct fsz_client *fsz_provider_client(const struct fsz_provider *provider)
{
    return provider->client ? provider->client : provider->linked;
}

bool fsz_provider_principal(const struct fsz_provider *provider, struct fsz_principal *ret_who)
{
    const struct fsz_client *client = fsz_provider_client(provider);
    const struct fsz_policy *policy = provider->service->services->policy;
    if (client->group[0] == '\0') {
        return fsz_policy_find_peer(policy, &client->peer, ret_who);
    }
    fsz_policy_find_group(policy, client->group, ret_who);
    return true;
}

bool fsz_provider_has_unread(const struct fsz_provider *provider)
{
    const struct fsz_conn *conn = provider->dealer != NULL ? fsz_dealer_conn(provider->dealer)
                                                           : fsz_provider_client(provider)->conn;
    return conn != NULL && fsz_conn_has_unread(conn);
}

static bool provider_send(struct fsz_provider *provider, struct fsz_outbound *outbound)
{
    bool sent = fsz_outbound_send(fsz_provider_client(provider), outbound);
    if (!sent && provider->socket != NULL) {
        fsz_provider_note_unsent(provider);
    }
    return sent;
}

bool fsz_provider_send(struct fsz_provider *provider, const struct fsz_service_request *request,
                       uint64_t id)
{
    struct fsz_outbound outbound;
    fsz_outbound_init(&outbound, provider->envelope);
    fsz_service_request_write(request, id, &outbound.text);
    return provider_send(provider, &outbound);
}

bool fsz_provider_ping(struct fsz_provider *provider, uint64_t id)
{
    struct fsz_outbound outbound;
    fsz_outbound_init(&outbound, provider->envelope);
    fsz_buffer_printf(&outbound.text,
                      "{\"jsonrpc\":\"2.0\",\"method\":\"service.ping\",\"id\":%" PRIu64 "}", id);
    provider->ping_id = id;
    fsz_lease_pinged(&provider->lease, fsz_provider_client(provider)->heard_ms,
                     fsz_clock_monotonic_ms());
    return provider_send(provider, &outbound);
}

bool fsz_provider_notify_text(struct fsz_provider *provider, const char *method,
                              const struct fsz_buffer *params)
{
    struct fsz_outbound outbound;
    if (params->failed != FSZ_OK) {
        return false;
    }
    fsz_outbound_init(&outbound, provider->envelope);
    fsz_buffer_printf(&outbound.text, "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"params\":", method);
    fsz_buffer_append(&outbound.text, params->data, params->size);
    fsz_buffer_text(&outbound.text, "}");
    return provider_send(provider, &outbound);
}

bool fsz_provider_notify(struct fsz_provider *provider, const char *method, json_t *params)
{
    struct fsz_buffer text;
    fsz_buffer_init(&text, SIZE_MAX);
    bool sent = params != NULL && fsz_rpc_write_json(&text, params) == FSZ_OK &&
                fsz_provider_notify_text(provider, method, &text);
    fsz_buffer_fini(&text);
    json_decref(params);
    return sent;
}

bool fsz_provider_has_left(struct fsz_provider *provider)
{
    if (!provider->connected ||
        (provider->client->api_socket != NULL && fsz_client_is_connected(provider->client))) {
        return false;
    }
    provider->connected = false;
    return true;
}

bool fsz_provider_is_up(const struct fsz_provider *provider)
{
    return provider->connected && !provider->staged && !provider->leaves && !provider->breaker.open;
}

const char *fsz_provider_state(const struct fsz_provider *provider)
{
    if (!provider->connected || provider->staged) {
        return "down";
    }
    if (provider->leaves) {
        return "draining";
    }
    return provider->breaker.open ? "ejected" : "up";
}
