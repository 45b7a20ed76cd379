/* SPDX-License-Identifier: MPL-2.0 */
/* The subscribers of a stream on our own wire: what they may see, what they subscribe to, what they
 * lose. */
#include "auth/peer.h"
#include "fszmq/wire.h"
#include "host/log.h"
#include "net/bounds_log.h"
#include "net/wire_options.h"
#include "stream/stream.h"
#include "stream/subscriber.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WIRE_SHOWN = 200, /* bytes of a subscription shown in the audit */
    WIRE_FRAMES = 2   /* limit for a message; a subscription has one */
};

/* ---- who they are ---------------------------------------------------------------------------- */

static struct fsz_client_source wire_source(const struct fsz_stream *s)
{
    return (struct fsz_client_source){
        .events = s->base.client_events, .type = "stream", .name = s->name};
}

/* What the peer may see now. If its user is gone, *ret_known is false. NULL: out of memory. */
static struct fsz_subscription_filter *wire_may_see(struct fsz_stream     *s,
                                                    const struct fsz_peer *peer, bool *ret_known)
{
    struct fsz_subscription_filter *filter = NULL;
    struct fsz_principal            principal;
    struct fsz_policy *policy = s->base.access ? fsz_access_policy(s->base.access) : NULL;
    *ret_known = policy != NULL && fsz_policy_find_peer(policy, peer, &principal);
    fsz_err err = fsz_subscription_filter_new(*ret_known ? &principal : NULL, s->config, &filter);
    fsz_policy_unref(&policy);
    return err == FSZ_OK ? filter : NULL;
}

static struct fsz_view *wire_join_view(struct fsz_stream *s, const struct fsz_peer *peer,
                                       bool *ret_known)
{
    struct fsz_subscription_filter *filter = wire_may_see(s, peer, ret_known);
    return filter == NULL ? NULL : fsz_views_join(&s->views, filter);
}

static void wire_joined(void *self, struct fsz_subscriber *subscriber)
{
    struct fsz_stream             *s = self;
    struct fsz_peer                peer;
    bool                           known = false;
    struct fsz_stream_subscriber  *mine = calloc(1, sizeof(*mine));
    const struct fsz_client_source source = wire_source(s);
    fsz_client_came(&source, subscriber->conn);
    fsz_peer_of_conn(subscriber->conn, &peer);
    if (mine != NULL && s->config != NULL) {
        mine->view = wire_join_view(s, &peer, &known);
    }
    /* Access was granted before the handshake ended, so a reload may have removed the user since.
     */
    if (mine == NULL || mine->view == NULL || !known) {
        fsz_conn_kick(subscriber->conn);
    }
    if (mine == NULL || mine->view == NULL) {
        free(mine);
        return;
    }
    subscriber->data = mine;
}

/* Reports the end of a connection to the operator and to the switch. */
static void wire_report_end(struct fsz_stream *s, struct fsz_conn *conn,
                            enum fsz_zmtp_ending ending)
{
    const struct fsz_client_source source = wire_source(s);
    fsz_client_went(&source, conn, ending);
    if (s->config != NULL) {
        fsz_bounds_log(&s->bounds, s->base.host, s->config->socket.owner, conn, ending);
    }
}

static void wire_left(void *self, struct fsz_subscriber *subscriber, enum fsz_zmtp_ending ending)
{
    struct fsz_stream            *s = self;
    struct fsz_stream_subscriber *mine = subscriber->data;
    s->changed = true;
    wire_report_end(s, subscriber->conn, ending);
    if (mine != NULL) {
        fsz_views_leave(&s->views, mine->view);
        free(mine);
    }
    subscriber->data = NULL;
}

static void wire_failed(void *self, struct fsz_conn *conn, enum fsz_zmtp_ending ending)
{
    struct fsz_stream *s = self;
    wire_report_end(s, conn, ending);
    if (s->config != NULL) {
        fsz_mismatch_note(&s->mismatch, s->base.host, s->config->socket.owner,
                          s->config->socket.security, conn, ending);
    }
}

static void wire_turned_away(void *self, const struct fsz_address *peer,
                             enum fsz_zmtp_ending ending)
{
    struct fsz_stream             *s = self;
    const struct fsz_client_source source = wire_source(s);
    fsz_client_turned_away(&source, peer, ending);
    if (s->config != NULL) {
        fsz_bounds_log_turned_away(&s->turned_away, s->base.host, s->config->socket.owner, peer,
                                   ending);
    }
}

/* ---- what they ask for ----------------------------------------------------------------------- */

static void wire_filter(void *self, struct fsz_subscriber *subscriber, const void *prefix,
                        size_t size, fsz_pub_take_fn take, void *argument)
{
    struct fsz_stream_subscriber *mine = subscriber->data;
    (void)self;
    if (mine != NULL) {
        mine->view->subscribed = true;
        fsz_subscription_filter_apply(mine->view->filter, prefix, size, take, argument);
    }
}

static void wire_changed(void *self, bool wanted, const void *prefix, size_t size)
{
    (void)wanted;
    (void)prefix;
    (void)size;
    ((struct fsz_stream *)self)->changed = true;
}

/* A client that does not know the framing subscribes in both forms. The form of the other framing
 * matches no message here, whatever is granted, so it is not counted as refused. */
static bool wire_can_match(const struct fsz_stream *s, const void *prefix, size_t size)
{
    size_t common = strlen(FSZMQ_JSON_NAME);
    common = size < common ? size : common;
    bool is_json = memcmp(prefix, FSZMQ_JSON_NAME, common) == 0;
    return size == 0 || is_json == (s->config->framing == FSZ_FRAMING_JSON);
}

static void wire_audit_denied(struct fsz_stream *s, const struct fsz_peer *peer, const void *prefix,
                              size_t size)
{
    char what[WIRE_SHOWN + 1];
    snprintf(what, sizeof(what), "%.*s", (int)(size < WIRE_SHOWN ? size : WIRE_SHOWN),
             (const char *)prefix);
    const struct fsz_audit_record record = {.peer = peer,
                                            .socket = s->name,
                                            .action = "subscribe",
                                            .what = what,
                                            .outcome = "refused",
                                            .why = "no event of that type is granted",
                                            .took_us = -1,
                                            .weight = FSZ_AUDIT_REFUSAL};
    if (s->base.audit != NULL) {
        fsz_audit_write(s->base.audit, &record);
    }
}

static void wire_log_bound(struct fsz_stream *s, const struct fsz_subscriber *subscriber,
                           const char *bound)
{
    uint64_t suppressed = 0;
    if (!fsz_ratelimit_passes(&s->refusals, &suppressed)) {
        return;
    }
    fsz_host_log(s->base.host, FSZ_LOG_WARNING,
                 "stream \"%s\": refused a subscription from %.100s: %s is reached; %" PRIu64
                 " more since the last such line",
                 s->name, fsz_conn_facts(subscriber->conn)->peer, bound, suppressed);
}

static void wire_refused(void *self, struct fsz_subscriber *subscriber, const char *bound,
                         const void *prefix, size_t size)
{
    struct fsz_stream *s = self;
    struct fsz_peer    peer;
    if (s->config == NULL) {
        return;
    }
    if (bound != NULL) {
        wire_log_bound(s, subscriber, bound);
    } else if (wire_can_match(s, prefix, size)) {
        s->counters.subscriptions_refused++;
        fsz_peer_of_conn(subscriber->conn, &peer);
        wire_audit_denied(s, &peer, prefix, size);
    }
}

/* ---- what they lose -------------------------------------------------------------------------- */

static enum fsz_priority wire_priority(enum fsz_zmtp_priority priority)
{
    static const enum fsz_priority priorities[FSZ_ZMTP_PRIORITIES] = {
        [FSZ_ZMTP_LOW] = FSZ_PRIORITY_LOW,
        [FSZ_ZMTP_NORMAL] = FSZ_PRIORITY_NORMAL,
        [FSZ_ZMTP_HIGH] = FSZ_PRIORITY_HIGH,
    };
    return priorities[priority];
}

static void wire_lost(void *self, struct fsz_subscriber *subscriber,
                      const struct fsz_zmtp_message *message)
{
    const struct fsz_stream      *s = self;
    struct fsz_stream_subscriber *mine = subscriber->data;
    if (mine == NULL) {
        return;
    }
    if (mine->lost[FSZ_PRIORITY_LOW] + mine->lost[FSZ_PRIORITY_NORMAL] +
            mine->lost[FSZ_PRIORITY_HIGH] ==
        0) {
        /* Which message of those queued since the last flush was lost is no longer known. */
        mine->first_lost = message->head != NULL ? s->seq : s->seq_flushed + 1;
    }
    mine->last_lost = s->seq;
    mine->lost[wire_priority(message->priority)]++;
    const struct fsz_client_source source = wire_source(s);
    fsz_client_lost(&mine->lag, &source, subscriber->conn);
}

static void wire_drained(void *self, struct fsz_subscriber *subscriber)
{
    struct fsz_stream_subscriber  *mine = subscriber->data;
    const struct fsz_client_source source = wire_source(self);
    fsz_stream_report_lost(self, subscriber);
    if (mine != NULL) {
        fsz_client_caught_up(&mine->lag, &source, subscriber->conn);
    }
}

/* ---- the socket ------------------------------------------------------------------------------ */

static const struct fsz_pub_handler wire_handler = {.joined = wire_joined,
                                                    .left = wire_left,
                                                    .subscription_filter = wire_filter,
                                                    .changed = wire_changed,
                                                    .refused = wire_refused,
                                                    .lost = wire_lost,
                                                    .drained = wire_drained,
                                                    .failed = wire_failed,
                                                    .turned_away = wire_turned_away};

static void wire_limits(const struct fsz_config *whole, const struct fsz_stream_config *config,
                        struct fsz_zmtp_limits *ret_limits, struct fsz_pub_limits *ret_pub)
{
    const struct fsz_wire_bounds bounds = {.message_bytes = FSZ_SUBSCRIPTION_BYTES_MAX,
                                           .message_frames = WIRE_FRAMES};
    fsz_wire_limits(whole, &config->socket, &bounds, ret_limits);
    *ret_pub = (struct fsz_pub_limits){
        .subscriptions = (size_t)config->subscriber_subscriptions_max,
        .subscription_bytes = (size_t)config->subscriber_subscription_bytes,
        .all_subscriptions = (size_t)whole->subscriptions_max,
        .all_subscription_bytes = (size_t)whole->subscription_bytes_max,
        .prefix_bytes = FSZ_SUBSCRIPTION_BYTES_MAX - 1,
    };
}

fsz_err fsz_stream_open_wire(struct fsz_stream *stream, const struct fsz_config *whole,
                             const struct fsz_stream_config *config)
{
    struct fsz_zmtp_options options;
    struct fsz_zmtp_limits  limits;
    struct fsz_pub_limits   pub_limits;
    const struct fsz_gate  *gate = NULL;
    if (stream->base.access != NULL) {
        fsz_err err = fsz_access_gate_new(stream->base.access, config->socket.owner, &stream->gate);
        if (err != FSZ_OK) {
            return err;
        }
        gate = fsz_access_gate_of_socket(stream->gate);
    }
    fsz_wire_options(&config->socket, FSZ_ZMTP_XPUB, &options);
    wire_limits(whole, config, &limits, &pub_limits);
    fsz_err err = fsz_pub_new(stream->base.loop, &options, &limits, &pub_limits, &wire_handler,
                              stream, gate, &stream->pub);
    sodium_memzero(&options, sizeof(options));
    return err;
}

static bool wire_end(void *unused, struct fsz_conn *conn)
{
    (void)unused;
    fsz_conn_end(conn, FSZ_ZMTP_END_KICKED);
    return true;
}

void fsz_stream_configure_wire(struct fsz_stream *stream, const struct fsz_config *whole,
                               const struct fsz_stream_config *config)
{
    struct fsz_zmtp_options options;
    struct fsz_zmtp_limits  limits;
    struct fsz_pub_limits   pub_limits;
    fsz_wire_options(&config->socket, FSZ_ZMTP_XPUB, &options);
    wire_limits(whole, config, &limits, &pub_limits);
    fsz_pub_configure(stream->pub, &options, &limits, &pub_limits);
    sodium_memzero(&options, sizeof(options));
    if (stream->config != NULL &&
        fsz_wire_security_differs(&stream->config->socket, &config->socket)) {
        fsz_zmtp_socket_each(fsz_pub_socket(stream->pub), wire_end, NULL);
    }
}

/* ---- for a list of connections --------------------------------------------------------------- */

void fsz_stream_describe(struct fsz_connection *connection)
{
    const struct fsz_subscriber *subscriber = fsz_pub_subscriber(connection->conn);
    if (subscriber == NULL) {
        return;
    }
    const struct fsz_stream_subscriber *mine = subscriber->data;
    connection->subscribes = true;
    connection->subscriptions = subscriber->subscriptions;
    connection->subscription_bytes = subscriber->subscription_bytes;
    connection->refused = subscriber->refused;
    if (mine != NULL) {
        memcpy(connection->reported, mine->reported, sizeof(connection->reported));
    }
}

/* ---- a change of grants ---------------------------------------------------------------------- */

static bool wire_review_one(void *self, struct fsz_subscriber *subscriber)
{
    struct fsz_stream            *s = self;
    struct fsz_stream_subscriber *mine = subscriber->data;
    struct fsz_peer               peer;
    bool                          known = false;
    fsz_peer_of_conn(subscriber->conn, &peer);
    struct fsz_view *view = mine != NULL ? wire_join_view(s, &peer, &known) : NULL;
    if (view == NULL || !known) {
        fsz_conn_kick(subscriber->conn);
    }
    if (view != NULL) {
        fsz_views_leave(&s->views, mine->view);
        mine->view = view;
    }
    return true;
}

void fsz_stream_review(struct fsz_stream *stream)
{
    fsz_pub_each(stream->pub, wire_review_one, stream);
    fsz_pub_review(stream->pub);
    stream->changed = true;
}
