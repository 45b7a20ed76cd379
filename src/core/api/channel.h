/* channel.h - one API channel: its ROUTER socket, its endpoints, its clients.
 *
 * Wire: docs/protocol/requests.md. API thread only. */
#ifndef FSZ_CHANNEL_H
#define FSZ_CHANNEL_H

#include "buffer.h"
#include "client.h"
#include "config.h"
#include "endpoints.h"
#include "inflow.h"
#include "mismatch.h"
#include "monitor.h"
#include "peer.h"

struct fsz_channel_counters {
    uint64_t messages, bytes_in; /* of clients */
    uint64_t messages_dropped; /* no memory to know the client, or too many are (connections-max) */
    uint64_t answers, bytes_out; /* messages handed to libzmq, notifications included */
    uint64_t answers_lost;       /* the client had left */
    uint64_t answers_dropped;    /* the client's high-water mark was reached */
    uint64_t probes;             /* empty messages of ZMQ_PROBE_ROUTER, which ask for nothing */
    uint64_t frames_bad;         /* messages of another count of frames */
    uint64_t endless;            /* connections cut off in the middle of a message without end */
};

struct fsz_channel {
    const struct fsz_channel_config *config; /* of the API's configuration */
    char                            *name;
    void                            *socket, *monitor;
    bool is_dealer;      /* a provider's (provider_link.h): one client, no id */
    int  fd, monitor_fd; /* readable: something may have come */
    /* Something may have come: a descriptor was readable, or the socket was used since it was last
     * read to its end, which may have taken the signal (ZMQ_FD in zmq_getsockopt(3)). */
    bool                        stirred, monitor_stirred;
    struct fsz_endpoints        endpoints;
    struct fsz_connections      connections;
    struct fsz_mismatch         mismatch;
    struct fsz_clients         *clients;
    struct fsz_peers           *peers;
    struct fsz_inflow          *inflow;
    struct fsz_channel_counters counters;
};

/* A channel with a socket of `context`, nothing opened. `whole` gets the bytes held for its
 * clients. FSZ_ENOMEM, FSZ_ESYSTEM. */
FSZ_NODISCARD fsz_err fsz_channel_new(void *context, struct fsz_account *whole,
                                      const struct fsz_channel_config *config,
                                      struct fsz_channel             **ret_channel);
/* What is queued to clients goes out within `linger_ms`. Accepts NULL in *channel. */
void fsz_channel_free(struct fsz_channel **channel, int linger_ms);
/* Does a configuration of the same name need another socket (socket_options.h)? */
bool fsz_channel_needs_other(const struct fsz_channel        *channel,
                             const struct fsz_channel_config *config);
/* Goes over to a configuration of the same name that does not. */
void fsz_channel_configure(struct fsz_channel *channel, const struct fsz_channel_config *config);
/* A new channel goes on with the counters of the one whose place it takes. That is then to be
 * freed; its clients come to the heir on their own. */
void fsz_channel_succeed(struct fsz_channel *heir, const struct fsz_channel *old);

/* One message of a client. */
struct fsz_inbound {
    struct fsz_client *client;    /* a reference */
    bool               delimiter; /* an empty frame came first, and goes before the answer */
    bool               framed;    /* one body; false: any other count of frames */
    void              *body;      /* valid until fsz_inbound_fini() */
    size_t             size;
    unsigned char      message[64]; /* its zmq_msg_t */
};

/* FSZ_OK: a message. FSZ_ENOTFOUND: none there. Else one is dropped, and
 * counted. */
FSZ_NODISCARD fsz_err fsz_channel_receive(struct fsz_channel *channel,
                                          struct fsz_inbound *ret_inbound);
void                  fsz_inbound_fini(struct fsz_inbound *inbound);

/* Begins the text of a message to a client in a buffer not yet written. */
void fsz_outbound_init(struct fsz_buffer *text);
/* Sends it, and empties the buffer. A client that has left, or does not read, loses it, counted;
 * false. Its bytes stay on the client's account until libzmq is done with them. */
bool   fsz_outbound_send(struct fsz_client *client, bool delimiter, struct fsz_buffer *text);
size_t fsz_outbound_size(const struct fsz_buffer *text);

#endif
