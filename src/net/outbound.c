/* SPDX-License-Identifier: MPL-2.0 */
#include "net/outbound.h"

#include "base/blocks.h"
#include "net/rpc_socket.h"
#include "zmtp/zmtp_message.h"

#include <string.h>

/* The envelope, the head of the frame and the text follow it in the same memory. */
struct outbound_message {
    struct fsz_zmtp_message message;
    struct fsz_account     *account;
    size_t                  bytes; /* of the text */
};

/* Offset of the text: the size of everything before it. */
static size_t outbound_room(const struct fsz_outbound *outbound)
{
    return sizeof(struct outbound_message) + fsz_envelope_size(outbound->envelope) +
           FSZ_FRAME_HEAD_MAX;
}

void fsz_outbound_init(struct fsz_outbound *outbound, struct fsz_envelope *envelope)
{
    outbound->envelope = fsz_envelope_ref(envelope);
    fsz_buffer_init_block(&outbound->text, SIZE_MAX); /* another thread frees it: see blocks.h */
    fsz_buffer_skip(&outbound->text, outbound_room(outbound));
}

void fsz_outbound_fini(struct fsz_outbound *outbound)
{
    fsz_buffer_fini(&outbound->text);
    fsz_envelope_unref(&outbound->envelope);
}

size_t fsz_outbound_size(const struct fsz_outbound *outbound)
{
    size_t room = outbound_room(outbound);
    return outbound->text.size > room ? outbound->text.size - room : 0;
}

static void outbound_release(struct fsz_zmtp_message *message)
{
    struct outbound_message *outbound = (struct outbound_message *)(void *)message;
    fsz_account_remove(outbound->account, outbound->bytes);
    fsz_account_unref(&outbound->account);
    fsz_block_give(outbound);
}

/* Writes the envelope and the head of the frame right before the text. */
static const uint8_t *outbound_put_head(const struct fsz_outbound *outbound, uint8_t *text,
                                        size_t size)
{
    uint8_t frame[FSZ_FRAME_HEAD_MAX];
    size_t  head = fsz_frame_write(frame, 0, size);
    size_t  envelope = fsz_envelope_size(outbound->envelope);
    memcpy(text - head, frame, head);
    if (envelope > 0) {
        memcpy(text - head - envelope, outbound->envelope->bytes, envelope);
    }
    return text - head - envelope;
}

struct fsz_zmtp_message *fsz_outbound_take(struct fsz_outbound *outbound,
                                           struct fsz_account  *account)
{
    size_t size = fsz_outbound_size(outbound);
    if (size == 0 || outbound->text.failed != FSZ_OK) {
        fsz_outbound_fini(outbound);
        return NULL;
    }
    uint8_t                 *text = outbound->text.data + outbound_room(outbound);
    struct outbound_message *made = (struct outbound_message *)(void *)outbound->text.data;
    const uint8_t           *head = outbound_put_head(outbound, text, size);
    *made = (struct outbound_message){
        .message = {.refs = {1},
                    .priority = FSZ_ZMTP_HIGH,
                    .head = head,
                    .head_size = (size_t)(text + size - head),
                    .held_bytes = outbound->text.capacity,
                    .release = outbound_release},
        .account = fsz_account_ref(account),
        .bytes = size,
    };
    fsz_account_add(account, size);
    outbound->text = (struct fsz_buffer){0};
    fsz_envelope_unref(&outbound->envelope);
    return &made->message;
}

bool fsz_outbound_send(struct fsz_client *client, struct fsz_outbound *outbound)
{
    struct fsz_zmtp_message *message = fsz_outbound_take(outbound, client->account);
    if (message == NULL) {
        return false;
    }
    size_t  size = fsz_zmtp_message_size(message);
    fsz_err err = fsz_client_send(client, message);
    fsz_zmtp_message_unref(message);
    if (client->api_socket != NULL) {
        fsz_rpc_socket_count_sent(client->api_socket, err, size);
    }
    return err == FSZ_OK;
}
