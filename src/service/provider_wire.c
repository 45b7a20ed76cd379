/* SPDX-License-Identifier: MPL-2.0 */
/* An endpoint of a service over tcp or ipc: a DEALER of src/zmtp. */
#include "base/clock.h"
#include "net/wire_options.h"
#include "service/provider.h"
#include "zmtp/dealer.h"

#include <sodium.h>
#include <stdio.h>

enum {
    WIRE_CONNECTIONS = 2, /* one, and its successor while it closes */
    WIRE_FRAMES = 4       /* a message has two; one with more counts as bad */
};

static struct fsz_client_source wire_source(const struct fsz_provider *provider)
{
    return (struct fsz_client_source){
        .events = provider->client_events, .type = "service", .name = provider->link->name};
}

static void wire_up(void *self, struct fsz_conn *conn)
{
    struct fsz_provider           *provider = self;
    const struct fsz_client_source source = wire_source(provider);
    fsz_client_came(&source, conn);
    provider->connected = provider->was_connected = true;
    if (!provider->staged) {
        provider->handler->up(provider);
    }
}

static void wire_message(void *self, const struct fsz_frames *frames)
{
    struct fsz_provider *provider = self;
    provider->linked->heard_ms = fsz_clock_monotonic_ms();
    if (provider->staged) {
        return;
    }
    if (frames->count == 2 && frames->frames[0].size == 0) {
        provider->handler->message(provider, frames->frames[1].data, frames->frames[1].size);
    } else {
        provider->handler->bad(provider, "its message must be an empty frame and one more");
    }
}

static void wire_down(void *self, struct fsz_conn *conn, enum fsz_zmtp_ending ending)
{
    struct fsz_provider           *provider = self;
    const struct fsz_client_source source = wire_source(provider);
    fsz_client_went(&source, conn, ending);
    provider->connected = false;
    if (provider->staged) {
        return;
    }
    if (ending == FSZ_ZMTP_END_MESSAGE_BYTES) {
        provider->handler->bad(provider, "its message is larger than reply-bytes");
    }
    provider->handler->down(provider);
}

/* Both sides have different security settings, most likely keys. */
static void wire_failed(void *self, struct fsz_conn *conn, enum fsz_zmtp_ending ending)
{
    struct fsz_provider           *provider = self;
    const struct fsz_client_source source = wire_source(provider);
    char                           whose[FSZ_OWNER_BYTES + FSZ_PROVIDER_NAME_BYTES + 32];
    fsz_client_went(&source, conn, ending);
    snprintf(whose, sizeof(whose), "service \"%s\", which connects to %s,", provider->link->name,
             provider->name);
    fsz_mismatch_note(&provider->mismatch, provider->host, whose, provider->security, conn, ending);
}

void fsz_provider_report_end(const struct fsz_provider *provider)
{
    struct fsz_conn *conn = provider->dealer != NULL ? fsz_dealer_conn(provider->dealer) : NULL;
    if (conn != NULL) {
        const struct fsz_client_source source = wire_source(provider);
        fsz_client_went(&source, conn, FSZ_ZMTP_END_STOPPED);
    }
}

static const struct fsz_dealer_handler wire_handler = {
    .up = wire_up, .message = wire_message, .down = wire_down, .failed = wire_failed};

static void wire_settings(const struct fsz_config *whole, const struct fsz_service_config *config,
                          struct fsz_zmtp_options *ret_options, struct fsz_zmtp_limits *ret_limits)
{
    const struct fsz_wire_bounds bounds = {.message_bytes = (size_t)config->reply_bytes,
                                           .message_frames = WIRE_FRAMES};
    fsz_wire_options_of_service(config, ret_options);
    fsz_wire_limits(whole, &config->socket, &bounds, ret_limits);
    ret_limits->connections = ret_limits->address_connections = WIRE_CONNECTIONS;
}

void fsz_provider_configure(struct fsz_provider *provider, const struct fsz_config *whole,
                            const struct fsz_service_config *config)
{
    struct fsz_zmtp_options options;
    struct fsz_zmtp_limits  limits;
    if (provider->dealer != NULL) {
        wire_settings(whole, config, &options, &limits);
        fsz_zmtp_socket_configure(fsz_dealer_socket(provider->dealer), &options, &limits);
        sodium_memzero(&options, sizeof(options));
    }
}

fsz_err fsz_provider_open_wire(struct fsz_provider *provider, const struct fsz_provider_base *base,
                               const struct fsz_config         *whole,
                               const struct fsz_service_config *config,
                               char                             why[FSZ_REPLY_WHY_BYTES])
{
    struct fsz_zmtp_options options;
    struct fsz_zmtp_limits  limits;
    char                    reason[FSZ_ADDRESS_WHY_BYTES] = "";
    provider->host = base->host;
    provider->client_events = base->client_events;
    provider->security =
        fsz_config_service_has_curve(config) ? FSZ_SECURITY_CURVE : FSZ_SECURITY_NONE;
    wire_settings(whole, config, &options, &limits);
    const struct fsz_dealer_config dealer = {
        .endpoint = provider->address,
        .options = &options,
        .limits = &limits,
        .handler = &wire_handler,
        .self = provider,
    };
    fsz_err err = fsz_dealer_new(base->loop, &dealer, &provider->dealer, reason);
    sodium_memzero(&options, sizeof(options));
    if (err == FSZ_EINVALID) {
        snprintf(why, FSZ_REPLY_WHY_BYTES, "%s", reason);
        return FSZ_ESYSTEM;
    }
    return err;
}
