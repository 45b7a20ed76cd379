/* A stream's subscribers: what they ask for and what of it they get. */
#include "peer.h"
#include "peerlink.h"
#include "stream.h"

#include "fszmq/wire.h"

#include <stdio.h>
#include <string.h>
#include <zmq.h>

enum { LISTEN_SHOWN = 200 }; /* bytes of a subscription that the audit repeats */

/* fsz_audience_narrow_fn */
static struct fsz_narrow *listen_narrow(void *self, const struct fsz_peer *peer)
{
    struct fsz_stream   *s = self;
    struct fsz_narrow   *narrow = NULL;
    struct fsz_principal principal;
    struct fsz_policy   *policy = fsz_access_policy(s->base.access);
    bool                 known = policy != NULL && fsz_policy_find_peer(policy, peer, &principal);
    fsz_err              err = fsz_narrow_new(known ? &principal : NULL, s->config, &narrow);
    fsz_policy_unref(&policy);
    return err == FSZ_OK ? narrow : NULL;
}

/* fsz_audience_give_fn */
static void listen_give(void *self, bool give, const void *prefix, size_t size)
{
    struct fsz_stream *s = self;
    zmq_setsockopt(s->socket, give ? ZMQ_SUBSCRIBE : ZMQ_UNSUBSCRIBE, prefix, size);
}

fsz_err fsz_stream_listen(struct fsz_stream *stream)
{
    const struct fsz_audience_ways ways = {stream, listen_give, listen_narrow};
    int                            manual = 1;
    zmq_setsockopt(stream->socket, ZMQ_XPUB_MANUAL, &manual, sizeof(manual));
    fsz_err err = fsz_inflow_new(&stream->inflow);
    return err != FSZ_OK ? err : fsz_audience_new(stream->subscriptions, &ways, &stream->audience);
}

int64_t fsz_stream_watch(struct fsz_stream *stream, int64_t now_ms)
{
    stream->counters.endless +=
        fsz_inflow_check(stream->inflow, now_ms, FSZ_SUBSCRIPTION_BYTES_MAX);
    return fsz_inflow_next_ms(stream->inflow);
}

/* A client that does not know the framing subscribes in both forms. The form of the other framing
 * matches no message here, whatever the grants, so it is not refused. */
static bool listen_can_match(const struct fsz_stream *s, const void *prefix, size_t size)
{
    size_t common = strlen(FSZMQ_JSON_NAME);
    common = size < common ? size : common;
    bool is_json = memcmp(prefix, FSZMQ_JSON_NAME, common) == 0;
    return size == 0 || is_json == (s->config->framing == FSZ_FRAMING_JSON);
}

static void listen_refuse(struct fsz_stream *s, const struct fsz_peer *peer, const void *prefix,
                          size_t size)
{
    char what[LISTEN_SHOWN + 1];
    snprintf(what, sizeof(what), "%.*s", (int)size, (const char *)prefix);
    const struct fsz_audit_record record = {.peer = peer,
                                            .channel = s->name,
                                            .action = "subscribe",
                                            .what = what,
                                            .outcome = "refused",
                                            .why = "no event of that kind is granted",
                                            .took_us = -1,
                                            .weight = FSZ_AUDIT_REFUSAL};
    s->counters.subscriptions_refused++;
    if (s->base.audit != NULL) {
        fsz_audit_write(s->base.audit, &record);
    }
}

/* In manual mode libzmq keeps the connections of what is to be read beside it, but not those of
 * messages that are no subscription: behind one of these, until all is read, it takes each
 * subscription for that of a later connection. So who sends one is cut off, and so is whose
 * subscription was read together with it: that one comes back by itself. */
static void listen_cut(struct fsz_stream *s, const struct fsz_peer *peer)
{
    struct fsz_link link;
    if (peer->fd >= 0 && fsz_link_find(peer, &link)) {
        s->counters.strays += fsz_link_cut(&link);
    }
    fsz_audience_lost_track(s->audience);
}

/* Of a connection that was gone before libzmq could ask for its address nothing is told, as of a
 * subscriber in this process and of one older than ZMTP 3.0. But of these two libzmq knows no type
 * of socket; and the first needs an endpoint, the other a stream that asks nobody who they are. */
static bool listen_is_silent(const struct fsz_stream *s, zmq_msg_t *frame)
{
    const struct fsz_socket_config *config = &s->config->socket;
    bool asks_nobody = config->acl_count == 0 && config->security == FSZ_SECURITY_NONE;
    return (asks_nobody || fsz_endpoints_have_inproc(&s->endpoints)) &&
           zmq_msg_gets(frame, "Socket-Type") == NULL;
}

/* One message of a subscriber: 1 or 0, then the prefix (RFC 29). */
static void listen_take(struct fsz_stream *s, zmq_msg_t *frame)
{
    const unsigned char *bytes = zmq_msg_data(frame);
    size_t               size = zmq_msg_size(frame);
    struct fsz_peer      peer;
    fsz_peer_of_message(frame, &peer);
    s->adrift |= size == 0 || bytes[0] > 1;
    if (s->adrift) {
        listen_cut(s, &peer);
        return;
    }
    bool came = bytes[0] == 1;
    fsz_inflow_saw(s->inflow, peer.fd);
    if (came && peer.fd < 0 && !listen_is_silent(s, frame)) {
        return;
    }
    if (!came && peer.fd < 0) {
        fsz_audience_gone(s->audience, bytes + 1, size - 1);
    } else if (fsz_audience_change(s->audience, &peer, came, bytes + 1, size - 1) == 0 && came &&
               listen_can_match(s, bytes + 1, size - 1)) {
        listen_refuse(s, &peer, bytes + 1, size - 1);
    }
}

bool fsz_stream_take_subscription(struct fsz_stream *stream)
{
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    bool taken = zmq_msg_recv(&frame, stream->socket, ZMQ_DONTWAIT) >= 0;
    if (taken) {
        listen_take(stream, &frame);
    }
    stream->adrift &= taken;
    zmq_msg_close(&frame);
    return taken;
}
