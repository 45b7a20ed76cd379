/* Frames of a client: routing id, perhaps an empty delimiter, one body. */
#include "channel.h"

#include <string.h>
#include <zmq.h>

_Static_assert(sizeof(zmq_msg_t) <= sizeof(((struct fsz_inbound *)0)->message),
               "a zmq_msg_t has its place in struct fsz_inbound");

static bool receive_more(void *socket)
{
    int    more = 0;
    size_t size = sizeof(more);
    zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size);
    return more != 0;
}

/* The frames behind the routing id: keeps the last one, drops the others. Returns how many came. */
static size_t receive_frames(void *socket, struct fsz_inbound *inbound, zmq_msg_t *body)
{
    size_t count = 0;
    while (receive_more(socket)) {
        if (count == 1) {
            inbound->delimiter = zmq_msg_size(body) == 0;
        }
        if (zmq_msg_recv(body, socket, ZMQ_DONTWAIT) < 0) {
            break;
        }
        count++;
    }
    inbound->framed = count == 1 || (count == 2 && inbound->delimiter);
    return count;
}

static fsz_err receive_who(struct fsz_channel *channel, zmq_msg_t *id, zmq_msg_t *body,
                           struct fsz_client **ret_client)
{
    struct fsz_peer peer;
    fsz_peer_of_message(body, &peer);
    fsz_inflow_saw(channel->inflow, peer.fd);
    fsz_err err = fsz_peers_see(channel->peers, &peer);
    return err != FSZ_OK ? err
                         : fsz_clients_take(channel->clients, zmq_msg_data(id), zmq_msg_size(id),
                                            &peer, ret_client);
}

/* The one empty frame with which a peer greets a ROUTER when ZMQ_PROBE_ROUTER is set. */
static bool receive_is_probe(size_t frames, zmq_msg_t *body)
{
    return frames == 1 && zmq_msg_size(body) == 0;
}

fsz_err fsz_channel_receive(struct fsz_channel *channel, struct fsz_inbound *ret_inbound)
{
    struct fsz_inbound inbound = {0};
    zmq_msg_t          id, body;
    zmq_msg_init(&id);
    if (zmq_msg_recv(&id, channel->socket, ZMQ_DONTWAIT) < 0) {
        return FSZ_ENOTFOUND;
    }
    zmq_msg_init(&body);
    size_t  frames = receive_frames(channel->socket, &inbound, &body);
    fsz_err err = frames > 0 ? receive_who(channel, &id, &body, &inbound.client) : FSZ_ENOMEM;
    zmq_msg_close(&id);
    if (err != FSZ_OK) {
        channel->counters.messages_dropped++;
        zmq_msg_close(&body);
        return err;
    }
    if (receive_is_probe(frames, &body)) {
        channel->counters.probes++;
        fsz_client_unref(&inbound.client);
        zmq_msg_close(&body);
        return FSZ_EINVALID;
    }
    channel->counters.messages++;
    channel->counters.bytes_in += zmq_msg_size(&body);
    channel->counters.frames_bad += !inbound.framed;
    *ret_inbound = inbound;
    zmq_msg_t *kept = (zmq_msg_t *)(void *)ret_inbound->message;
    zmq_msg_init(kept);
    zmq_msg_move(kept, &body);
    ret_inbound->body = zmq_msg_data(kept);
    ret_inbound->size = zmq_msg_size(kept);
    return FSZ_OK;
}

void fsz_inbound_fini(struct fsz_inbound *inbound)
{
    fsz_client_unref(&inbound->client);
    zmq_msg_close((zmq_msg_t *)(void *)inbound->message);
}
