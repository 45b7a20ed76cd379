/* SPDX-License-Identifier: MPL-2.0 */
/* Sending a request from its switch thread. */
#include "service/direct_send.h"

#include "base/clock.h"
#include "config/section.h"
#include "event/encode.h"
#include "net/outbound.h"
#include "zmtp/zmtp_message.h"

#include <inttypes.h>

static bool send_take(struct fsz_direct *direct, const struct fsz_service_request *request,
                      struct fsz_direct_ticket *ret_ticket)
{
    const char                  *section = request->section;
    const struct fsz_direct_want want = {.service = request->service_name,
                                         .section = section[0] == '\0' ? FSZ_DIRECT_NO_SECTION
                                                                       : fsz_section_find(section),
                                         .bytes = request->params_bytes,
                                         .call = request->call != NULL};
    return fsz_direct_take(direct, &want, ret_ticket);
}

/* When the API thread must look at the request if it is still open. */
static int64_t send_due_ms(const struct fsz_service_request *request,
                           const struct fsz_direct_ticket   *ticket)
{
    int64_t patience_ms = request->deadline_ms > 0 ? request->deadline_ms : ticket->deadline_ms;
    bool    again = ticket->others && ticket->attempt_ms < patience_ms;
    return request->sent.at_ms + (again ? ticket->attempt_ms : patience_ms);
}

/* NULL: out of memory. */
static struct fsz_zmtp_message *send_write(struct fsz_service_request *request,
                                           struct fsz_direct_ticket *ticket, uint64_t id)
{
    struct fsz_outbound outbound;
    fsz_outbound_init(&outbound, ticket->view.envelope);
    fsz_service_request_write(request, id, &outbound.text);
    struct fsz_zmtp_message *message = fsz_outbound_take(&outbound, ticket->view.account);
    int64_t                  now_us = fsz_clock_monotonic_us();
    request->sent = (struct fsz_sent){.id = id,
                                      .service = ticket->service,
                                      .provider = ticket->provider,
                                      .client = ticket->client,
                                      .others = ticket->others,
                                      .at_ms = now_us / 1000,
                                      .at_us = now_us,
                                      .bytes = message ? fsz_zmtp_message_size(message) : 0};
    if (request->call != NULL) {
        request->sent.to = fsz_direct_view_ref(&ticket->view);
    }
    return message;
}

static void send_cancel(const struct fsz_service_request *request)
{
    const struct fsz_direct_view *to = &request->sent.to;
    struct fsz_outbound           outbound;
    fsz_outbound_init(&outbound, to->envelope);
    fsz_buffer_text(&outbound.text,
                    "{\"jsonrpc\":\"2.0\",\"method\":\"call.cancel\",\"params\":{\"call\":");
    fsz_encode_string(&outbound.text, request->call->uuid);
    fsz_buffer_printf(&outbound.text, ",\"lease\":%" PRIu64 "}}", request->sent.id);
    struct fsz_zmtp_message *message = fsz_outbound_take(&outbound, to->account);
    fsz_err                  err = message != NULL ? fsz_conn_send(to->conn, message) : FSZ_ENOMEM;
    (void)err; /* the client has left or is being disconnected */
    fsz_zmtp_message_unref(message);
}

void fsz_direct_settle(struct fsz_service_request *request)
{
    if (request->call != NULL && fsz_service_request_settle(request)) {
        send_cancel(request);
    }
}

/* The mail is posted before the request is sent, since the API thread must open it before it reads
 * the reply. From then on the request is the API thread's. */
int64_t fsz_direct_send(struct fsz_direct *direct, struct fsz_mailbox *mailbox,
                        struct fsz_service_request *request)
{
    struct fsz_direct_ticket ticket;
    if (!send_take(direct, request, &ticket)) {
        return 0;
    }
    struct fsz_zmtp_message *message = send_write(request, &ticket, fsz_direct_next_id(direct));
    int64_t                  due_ms = send_due_ms(request, &ticket);
    fsz_mailbox_post_quietly(mailbox, &request->mail);
    fsz_err err = message != NULL ? fsz_conn_send(ticket.view.conn, message) : FSZ_ENOMEM;
    fsz_zmtp_message_unref(message);
    fsz_direct_view_fini(&ticket.view);
    if (err != FSZ_OK) {
        request->unsent = err;
        fsz_direct_hand_over(mailbox, request);
        return INT64_MAX;
    }
    fsz_direct_settle(request);
    return due_ms;
}

void fsz_direct_hand_over(struct fsz_mailbox *mailbox, struct fsz_service_request *request)
{
    fsz_service_request_ref(request);
    fsz_mailbox_post(mailbox, &request->late);
}
