/* Answers and notifications to clients, whose bytes libzmq takes without a copy. */
#include "blocks.h"
#include "channel.h"

#include <errno.h>
#include <zmq.h>

/* Stands before the text, in the same memory. */
struct outbound {
    struct fsz_account *account;
    size_t              bytes;
};

void fsz_outbound_init(struct fsz_buffer *text)
{
    fsz_buffer_init_block(text, SIZE_MAX); /* another thread frees it: blocks.h */
    fsz_buffer_skip(text, sizeof(struct outbound));
}

size_t fsz_outbound_size(const struct fsz_buffer *text)
{
    return text->size > sizeof(struct outbound) ? text->size - sizeof(struct outbound) : 0;
}

/* A zmq_free_fn; libzmq's I/O thread, or ours. */
static void outbound_free(void *data, void *hint)
{
    struct outbound *outbound = hint;
    (void)data;
    fsz_account_remove(outbound->account, outbound->bytes);
    fsz_account_unref(&outbound->account);
    fsz_block_give(outbound);
}

static bool outbound_message(struct fsz_client *client, struct fsz_buffer *text,
                             zmq_msg_t *ret_message)
{
    size_t           size = fsz_outbound_size(text);
    struct outbound *outbound = (struct outbound *)(void *)text->data;
    if (size == 0 || text->failed != FSZ_OK) {
        fsz_buffer_fini(text);
        return false;
    }
    *text = (struct fsz_buffer){0};
    outbound->bytes = size;
    outbound->account = fsz_account_ref(client->account);
    fsz_account_add(client->account, size);
    if (zmq_msg_init_data(ret_message, outbound + 1, size, outbound_free, outbound) != 0) {
        outbound_free(NULL, outbound);
        return false;
    }
    return true;
}

/* The first frame decides: behind it, libzmq takes the others whatever they are. */
static bool outbound_address(struct fsz_channel *channel, const struct fsz_client *client)
{
    if (channel->is_dealer) {
        return true;
    }
    if (zmq_send(channel->socket, client->id, client->id_size, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0) {
        return true;
    }
    channel->counters.answers_dropped += errno == EAGAIN;
    channel->counters.answers_lost += errno != EAGAIN;
    return false;
}

bool fsz_outbound_send(struct fsz_client *client, bool delimiter, struct fsz_buffer *text)
{
    struct fsz_channel *channel = client->channel;
    size_t              size = fsz_outbound_size(text);
    zmq_msg_t           message;
    if (channel == NULL || !fsz_client_is_connected(client)) {
        if (channel != NULL) {
            channel->counters.answers_lost++;
        }
        fsz_buffer_fini(text);
        return false;
    }
    if (!outbound_message(client, text, &message)) {
        return false;
    }
    channel->stirred = true;
    if (outbound_address(channel, client)) {
        bool opened =
            !delimiter || zmq_send(channel->socket, "", 0, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0;
        if (opened && zmq_msg_send(&message, channel->socket, ZMQ_DONTWAIT) >= 0) {
            channel->counters.answers++;
            channel->counters.bytes_out += size;
            return true;
        }
        channel->counters.answers_lost++;
    }
    zmq_msg_close(&message);
    return false;
}
