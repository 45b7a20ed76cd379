/* SPDX-License-Identifier: MPL-2.0 */
#include "api/exchange.h"

#include "base/ref.h"

#include <stdio.h>
#include <stdlib.h>

/* Makes a message with one request that has an error, for frames that cannot hold a request. */
static fsz_err exchange_read_misframed(const struct fsz_rpc_limits *limits,
                                       struct fsz_rpc_message      *ret_message)
{
    json_t *error = fsz_rpc_error(
        FSZ_RPC_INVALID_REQUEST,
        "a request is a single frame, or an envelope, an empty frame and the request", NULL);
    fsz_err err = error ? fsz_rpc_read("", 0, limits, ret_message) : FSZ_ENOMEM;
    if (err != FSZ_OK) {
        json_decref(error);
        return err;
    }
    json_decref(ret_message->requests[0].error);
    ret_message->requests[0].error = error;
    return FSZ_OK;
}

fsz_err fsz_exchange_new(const struct fsz_inbound *inbound, struct fsz_exchange **ret_exchange)
{
    const struct fsz_rpc_socket        *api_socket = inbound->client->api_socket;
    const struct fsz_api_socket_config *config = api_socket->config;
    struct fsz_exchange                *exchange = calloc(1, sizeof(*exchange));
    struct fsz_rpc_limits               limits = {.bytes = (size_t)config->request_bytes,
                                                  .depth = (size_t)config->request_depth,
                                                  .batch = (size_t)config->batch_max};
    if (exchange == NULL) {
        return FSZ_ENOMEM;
    }
    fsz_err err = inbound->framed
                      ? fsz_rpc_read(inbound->body, inbound->size, &limits, &exchange->message)
                      : exchange_read_misframed(&limits, &exchange->message);
    if (err != FSZ_OK) {
        free(exchange);
        return err;
    }
    fsz_ref_init(&exchange->references, 1);
    exchange->client = fsz_client_ref(inbound->client);
    exchange->peer = inbound->client->peer;
    snprintf(exchange->api_socket, sizeof(exchange->api_socket), "%s", api_socket->name);
    exchange->envelope = fsz_envelope_ref(inbound->envelope);
    exchange->bytes = inbound->size;
    exchange->open = exchange->message.count;
    fsz_account_add(exchange->client->account, exchange->bytes);
    fsz_outbound_init(&exchange->text, inbound->envelope);
    *ret_exchange = exchange;
    return FSZ_OK;
}

struct fsz_exchange *fsz_exchange_ref(struct fsz_exchange *exchange)
{
    fsz_ref_take(&exchange->references);
    return exchange;
}

void fsz_exchange_unref(struct fsz_exchange **exchange)
{
    struct fsz_exchange *e = *exchange;
    *exchange = NULL;
    if (!fsz_ref_drop(&e->references)) {
        return;
    }
    fsz_client_unref(&e->client);
    fsz_rpc_message_fini(&e->message);
    fsz_outbound_fini(&e->text);
    fsz_envelope_unref(&e->envelope);
    free(e);
}

static void exchange_close(struct fsz_exchange *exchange)
{
    fsz_account_remove(exchange->client->account, exchange->bytes + exchange->reply_bytes);
    if (exchange->answers > 0) {
        if (exchange->message.batch) {
            fsz_buffer_text(&exchange->text.text, "]");
        }
        fsz_outbound_send(exchange->client, &exchange->text);
    }
    fsz_client_unref(&exchange->client);
}

void fsz_exchange_answer(struct fsz_exchange *exchange, const struct fsz_buffer *answer)
{
    if (answer != NULL && answer->size > 0) {
        if (exchange->message.batch) {
            fsz_buffer_text(&exchange->text.text, exchange->answers > 0 ? "," : "[");
        }
        fsz_buffer_append(&exchange->text.text, answer->data, answer->size);
        fsz_account_add(exchange->client->account, answer->size);
        exchange->reply_bytes += answer->size;
        exchange->answers++;
    }
    if (--exchange->open == 0) {
        exchange_close(exchange);
    }
}

struct fsz_zmtp_message *fsz_exchange_take(struct fsz_exchange     *exchange,
                                           const struct fsz_buffer *answer)
{
    fsz_buffer_append(&exchange->text.text, answer->data, answer->size);
    struct fsz_zmtp_message *message =
        fsz_outbound_take(&exchange->text, exchange->client->account);
    /* Not later: the client's next request may arrive before this one's mail is opened. */
    fsz_account_remove(exchange->client->account, exchange->bytes);
    return message;
}

void fsz_exchange_settle(struct fsz_exchange *exchange, fsz_err err, size_t size)
{
    struct fsz_client *client = exchange->client;
    exchange->open--;
    if (client->api_socket != NULL) {
        fsz_rpc_socket_count_sent(client->api_socket, err, size);
    }
    fsz_client_unref(&exchange->client);
}
