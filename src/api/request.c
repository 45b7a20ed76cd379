/* SPDX-License-Identifier: MPL-2.0 */
/* The end of a request: from a worker, or its deadline, to the reply. */
#include "api/api_private.h"
#include "api/method.h"
#include "api/request_private.h"
#include "base/clock.h"
#include "base/container_of.h"
#include "zmtp/zmtp_message.h"

#include <stdlib.h>
#include <string.h>

/* ---- lifetime -------------------------------------------------------------------------------- */

static bool request_is_notification(const struct fsz_request *request)
{
    return request->rpc->id == NULL && request->rpc->error == NULL;
}

static void request_free(struct fsz_request *request)
{
    fsz_exchange_unref(&request->exchange);
    fsz_control_unref(&request->control);
    fsz_client_unref(&request->client);
    fsz_mailbox_unref(&request->mailbox);
    fsz_sentevent_fini(&request->event);
    json_decref(request->result);
    json_decref(request->error);
    json_decref(request->wait.result);
    fsz_buffer_fini(&request->answer);
    free(request);
}

void fsz_request_release(struct fsz_api *api, struct fsz_request *request)
{
    if (request->answered && !request->on_worker && !request->waiting) {
        api->in_flight--;
        request_free(request);
    }
}

void fsz_request_hand_over(struct fsz_api *api, struct fsz_request *request)
{
    request->on_worker = true;
    api->on_workers += !request->is_job;
}

void fsz_request_take_back(struct fsz_api *api, struct fsz_request *request)
{
    request->on_worker = false;
    api->on_workers -= !request->is_job;
}

/* Writes the reply's JSON. On the thread that has the request. */
static void request_write(struct fsz_request *request)
{
    if (!fsz_request_is_decided(request)) {
        fsz_request_fail(request, FSZ_RPC_INTERNAL, NULL, "out of memory");
    }
    if (!request_is_notification(request)) {
        fsz_rpc_write_answer(&request->answer, request->rpc->id, request->result, request->error);
    }
}

/* Commands of a call's controller are routine, since the dialplan gave it the call. */
static enum fsz_audit_weight request_weight(const struct fsz_request *request,
                                            enum fsz_outcome          outcome)
{
    if (outcome == FSZ_OUTCOME_REFUSED || outcome == FSZ_OUTCOME_OVERLOADED) {
        return FSZ_AUDIT_REFUSAL;
    }
    return request->routine || request->control != NULL ? FSZ_AUDIT_ROUTINE : FSZ_AUDIT_CHANGE;
}

static void request_audit(struct fsz_api *api, const struct fsz_request *request,
                          enum fsz_outcome outcome, const json_t *error)
{
    const struct fsz_method *method = request->method;
    enum fsz_audit_weight    weight = request_weight(request, outcome);
    bool is_command = method != NULL && method->audited && outcome != FSZ_OUTCOME_INVALID;
    if (api->base.audit == NULL || (!is_command && outcome != FSZ_OUTCOME_REFUSED)) {
        return;
    }
    const struct fsz_audit_record record = {
        .peer = &request->exchange->peer,
        .socket = request->exchange->api_socket,
        .action = request->rpc->method ? request->rpc->method : "",
        .what = request->what,
        .outcome = fsz_outcome_names[outcome],
        .why = json_string_value(json_object_get(error, "message")),
        .took_us =
            weight == FSZ_AUDIT_REFUSAL ? -1 : fsz_clock_monotonic_us() - request->started_us,
        .weight = weight,
    };
    fsz_audit_write(api->base.audit, &record);
}

static void request_note_answered(struct fsz_api *api, struct fsz_request *request,
                                  enum fsz_outcome outcome, const json_t *error)
{
    fsz_heap_remove(&api->deadlines, &request->deadline);
    request->answered = true;
    api->counters.requests[outcome]++;
    request_audit(api, request, outcome, error);
}

void fsz_request_answer(struct fsz_api *api, struct fsz_request *request, struct fsz_buffer *answer,
                        enum fsz_outcome outcome, const json_t *error)
{
    request_note_answered(api, request, outcome, error);
    fsz_exchange_answer(request->exchange, request_is_notification(request) ? NULL : answer);
}

/* Replaces the reply by a small error. */
static void request_withhold(struct fsz_request *request)
{
    size_t size = request->answer.size;
    fsz_buffer_fini(&request->answer);
    json_decref(request->result);
    json_decref(request->error);
    request->result = NULL;
    request->error = NULL;
    fsz_request_fail(request, FSZ_RPC_OVERLOADED, NULL,
                     "the request has run, but its reply of %zu bytes is not sent: read your "
                     "earlier replies first (client-bytes)",
                     size);
    request_write(request);
}

/* A reply that no worker has written is written here, and counts as work of the loop. */
void fsz_request_conclude(struct fsz_api *api, struct fsz_request *request)
{
    if (request->answer.size == 0) {
        request_write(request);
        fsz_loop_spend(api->loop, request->answer.size / API_WORK_BYTES);
    }
    if (!fsz_request_has_room(request, request->answer.size)) {
        request_withhold(request);
    }
    fsz_request_answer(api, request, &request->answer, request->outcome, request->error);
}

/* Replies with this error, whatever result a worker may still deliver. */
static void request_answer_error(struct fsz_api *api, struct fsz_request *request,
                                 enum fsz_rpc_code code, const char *message)
{
    struct fsz_buffer answer;
    json_t           *error = fsz_rpc_error(code, message, NULL);
    fsz_buffer_init(&answer, SIZE_MAX);
    fsz_rpc_write_answer(&answer, request->rpc->id, NULL, error);
    fsz_request_answer(api, request, &answer, fsz_request_outcome(code), error);
    fsz_buffer_fini(&answer);
    json_decref(error);
}

/* ---- replies that a worker sends itself ------------------------------------------------------ */

/* On the worker. Only a single reply over tcp or ipc, to a client that has read all earlier ones,
 * so that no limit can be reached; and only if nothing has to be done after the reply. */
static bool request_may_send(const struct fsz_request *request)
{
    const struct fsz_exchange *exchange = request->exchange;
    return request->client->conn != NULL && !exchange->message.batch && !request->is_job &&
           request->wait.mailbox == NULL && request->method->after == NULL &&
           !request_is_notification(request) &&
           (request->answer.size <= REQUEST_SMALL_BYTES ||
            fsz_account_bytes(request->client->account) <= exchange->bytes);
}

/* Posts the mail without waking the API thread. After this, the request may be gone. */
static void request_reply_drop(struct fsz_request *request)
{
    if (--request->reply_users == 0) {
        fsz_mailbox_post_quietly(request->mailbox, &request->done);
    }
}

static void request_replied(struct fsz_answer *answer)
{
    request_reply_drop(FSZ_CONTAINER_OF(answer, struct fsz_request, reply));
}

/* Sends the reply without the API thread. Such replies keep the order in which requests with one
 * key have run. Others, such as large ones, are sent by the API thread and may come later. */
static void request_reply(struct fsz_request *request)
{
    if (!request_may_send(request) || atomic_exchange(&request->claimed, true)) {
        return;
    }
    struct fsz_zmtp_message *message = fsz_exchange_take(request->exchange, &request->answer);
    request->worker_replies = true;
    request->reply_users = message != NULL ? 2 : 1;
    request->reply = (struct fsz_answer){.message = message, .err = FSZ_ENOMEM};
    if (message != NULL) {
        request->reply.size = fsz_zmtp_message_size(message);
        request->reply.sent = request_replied;
        fsz_answers_add(&request->client->answers, &request->reply);
    }
}

/* ---- mail from workers and waits ------------------------------------------------------------- */

static void request_report_job(struct fsz_api *api, struct fsz_request *request)
{
    struct fsz_outbound text;
    json_t             *job = request->result;
    if (job == NULL) { /* not run: the pool is closed */
        fsz_jobs_cancel(api->jobs, request->job);
        return;
    }
    request->result = NULL;
    fsz_outbound_init(&text, request->exchange->envelope);
    fsz_rpc_write_notification(&text.text, "job.done", job);
    fsz_jobs_finish(api->jobs, request->job, job);
    fsz_outbound_send(request->client, &text);
}

/* An fsz_mail's open: the worker is done with the request. */
void fsz_request_done(struct fsz_mail *mail, void *reader)
{
    struct fsz_request *request = FSZ_CONTAINER_OF(mail, struct fsz_request, done);
    struct fsz_api     *api = reader;
    if (api == NULL) {
        request_free(request);
        return;
    }
    fsz_request_take_back(api, request);
    if (request->worker_replies) {
        request_note_answered(api, request, request->outcome, request->error);
        fsz_exchange_settle(request->exchange, request->reply.err, request->reply.size);
    } else if (request->is_job) {
        request_report_job(api, request);
    } else if (request->answered) {
        api->counters.late++;
    } else if (request->wait.mailbox == NULL || request->error != NULL) {
        request->waiting = request->waiting && !fsz_waits_remove(api->waits, &request->wait);
        fsz_request_conclude(api, request);
    } else if (!request->waiting) {
        request->method->ended(request);
        fsz_request_conclude(api, request);
    }
    if (request->method->after != NULL && request->outcome == FSZ_OUTCOME_OK) {
        request->method->after(request);
    }
    fsz_request_release(api, request);
}

/* An fsz_mail's open: the application that it waits for, or its call, has ended. */
void fsz_request_seen(struct fsz_mail *mail, void *reader)
{
    struct fsz_request *request = FSZ_CONTAINER_OF(mail, struct fsz_request, wait.mail);
    struct fsz_api     *api = reader;
    request->waiting = false;
    if (api == NULL) {
        return;
    }
    if (!request->on_worker && !request->answered) {
        request->method->ended(request);
        fsz_request_conclude(api, request);
    }
    fsz_request_release(api, request);
}

/* An fsz_task's run. The mail is posted here, before the next task of the same key can run, so that
 * the mails of one call keep their order. After the post, the request may be gone. */
bool fsz_request_run(struct fsz_task *task, bool abandoned)
{
    struct fsz_request *request = FSZ_CONTAINER_OF(task, struct fsz_request, task);
    bool                waits = request->wait.mailbox != NULL;
    if (abandoned) {
        fsz_request_fail(request, FSZ_RPC_OVERLOADED, NULL, "not run: the API is stopping");
    } else if (request->control != NULL && !fsz_control_obeys(request->control, request->lease)) {
        fsz_request_fail(request, FSZ_RPC_NOT_FOUND, NULL, "you no longer control this call");
    } else {
        request->method->run(request);
    }
    if (!request->is_job && (!waits || request->error != NULL)) {
        request_write(request);
        request_reply(request);
    }
    if (request->worker_replies) {
        return true;
    }
    struct fsz_mailbox *mailbox = fsz_mailbox_ref(request->mailbox);
    fsz_mailbox_post(mailbox, &request->done);
    fsz_mailbox_unref(&mailbox);
    return false;
}

/* An fsz_task's finish. If more tasks are ready, the API thread sends this reply together with
 * others. */
void fsz_request_finish(struct fsz_task *task, bool more)
{
    struct fsz_request *request = FSZ_CONTAINER_OF(task, struct fsz_request, task);
    struct fsz_mailbox *mailbox = fsz_mailbox_ref(request->mailbox);
    if (more) {
        fsz_client_call_sender(request->client, mailbox);
    } else {
        fsz_answers_send(&request->client->answers, request->client->conn);
    }
    request_reply_drop(request);
    fsz_mailbox_unref(&mailbox);
}

/* True: a worker is sending the reply, and its mail will end the request. */
static bool request_is_being_sent(struct fsz_api *api, struct fsz_request *request)
{
    if (!atomic_exchange(&request->claimed, true)) {
        return false;
    }
    fsz_heap_remove(&api->deadlines, &request->deadline);
    return true;
}

void fsz_request_expire(struct fsz_api *api, struct fsz_request *request, bool closing)
{
    if (request_is_being_sent(api, request)) {
        return;
    }
    /* While the API closes, the thread in fsz_api_free() owns the pool and waits for what runs. */
    if (request->on_worker && !closing && !api->closing &&
        fsz_workers_give_up(api->workers, request->ticket) != NULL) {
        fsz_request_take_back(api, request);
    }
    if (request->waiting && fsz_waits_remove(api->waits, &request->wait)) {
        request->waiting = false;
    }
    if (closing) {
        request_answer_error(api, request, FSZ_RPC_OVERLOADED, "the API is stopping");
    } else {
        request_answer_error(api, request, FSZ_RPC_DEADLINE,
                             request->on_worker
                                 ? "deadline passed; the command still runs in the switch"
                                 : "deadline passed");
    }
    fsz_request_release(api, request);
}
