/* SPDX-License-Identifier: MPL-2.0 */
/* The start of a request: authorized, checked, and given to a pool of workers. */
#include "api/api_private.h"
#include "api/method.h"
#include "api/request_private.h"
#include "auth/authorize.h"
#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fsz_request *request_new(struct fsz_api *api, struct fsz_exchange *exchange,
                                       size_t index)
{
    struct fsz_request *request = calloc(1, sizeof(*request));
    if (request == NULL) {
        return NULL;
    }
    request->mailbox = fsz_mailbox_ref(api->mailbox);
    request->exchange = fsz_exchange_ref(exchange);
    request->client = fsz_client_ref(exchange->client);
    request->rpc = &exchange->message.requests[index];
    request->host = api->base.host;
    request->waits = api->waits;
    request->server = api->base.server;
    request->reply_bytes_max = (size_t)exchange->client->api_socket->config->reply_bytes;
    request->started_us = fsz_clock_monotonic_us();
    fsz_buffer_init(&request->answer, SIZE_MAX);
    api->in_flight++;
    return request;
}

/* ---- submission ------------------------------------------------------------------------------ */

void fsz_request_owner(const struct fsz_request *request, char ret_owner[FSZ_TASK_NAME_BYTES])
{
    const struct fsz_peer *peer = &request->exchange->peer;
    if (peer->user[0] != '\0') {
        snprintf(ret_owner, FSZ_TASK_NAME_BYTES, "%s", peer->user);
    } else { /* has a space, unlike any user's name */
        snprintf(ret_owner, FSZ_TASK_NAME_BYTES, "peer %.100s", peer->address);
    }
}

static void request_name_task(struct fsz_request *request)
{
    struct fsz_task *task = &request->task;
    fsz_request_owner(request, task->owner);
    snprintf(task->key, sizeof(task->key), "%s",
             request->method->on_call ? fsz_request_text(request, 0) : "");
    task->run = fsz_request_run;
    task->finish = fsz_request_finish;
    request->done.open = fsz_request_done;
}

/* The parameter of that name; NULL: not given, or not a parameter of this method. */
static const json_t *request_param(const struct fsz_request *request, const char *name)
{
    for (size_t i = 0; request->method->params[i].name != NULL; i++) {
        if (strcmp(request->method->params[i].name, name) == 0) {
            return request->values[i];
        }
    }
    return NULL;
}

static int64_t request_timeout_ms(const struct fsz_request *request)
{
    const struct fsz_api_socket_config *config = request->client->api_socket->config;
    const json_t                       *given = request_param(request, "timeout_ms");
    int64_t timeout_ms = given ? json_integer_value(given) : config->deadline_ms;
    return timeout_ms < config->deadline_max_ms ? timeout_ms : config->deadline_max_ms;
}

static fsz_err request_submit_job(struct fsz_api *api, struct fsz_request *request)
{
    fsz_err err = fsz_jobs_begin(api->jobs, request->job, request->task.owner);
    if (err == FSZ_EBUSY) {
        fsz_request_fail(request, FSZ_RPC_INVALID_PARAMS, json_pack("{s:s}", "param", "job"),
                         "job: id already in use");
        return FSZ_OK;
    }
    err = err != FSZ_OK ? err : fsz_workers_submit(api->background, &request->task, NULL);
    if (err != FSZ_OK) {
        fsz_jobs_cancel(api->jobs, request->job);
        return err;
    }
    fsz_request_hand_over(api, request);
    struct fsz_buffer answer;
    json_t           *result = json_pack("{s:s}", "job", request->job);
    fsz_buffer_init(&answer, SIZE_MAX);
    fsz_rpc_write_answer(&answer, request->rpc->id, result, NULL);
    fsz_request_answer(api, request, &answer, FSZ_OUTCOME_OK, NULL);
    fsz_buffer_fini(&answer);
    json_decref(result);
    return FSZ_OK;
}

static fsz_err request_submit_task(struct fsz_api *api, struct fsz_request *request)
{
    uint64_t due_ms = (uint64_t)(fsz_clock_monotonic_ms() + request_timeout_ms(request));
    fsz_err  err = fsz_heap_set(&api->deadlines, &request->deadline, due_ms * 1000000);
    if (err != FSZ_OK) {
        return err;
    }
    if (request->wait.mailbox != NULL) {
        request->wait.mail.open = fsz_request_seen;
        request->waiting = true;
        fsz_waits_add(api->waits, &request->wait);
    }
    fsz_request_hand_over(api, request);
    err = fsz_workers_submit(api->workers, &request->task, &request->ticket);
    if (err != FSZ_OK) {
        fsz_request_take_back(api, request);
        request->waiting = request->waiting && !fsz_waits_remove(api->waits, &request->wait);
    }
    return err;
}

static void request_submit(struct fsz_api *api, struct fsz_request *request)
{
    request_name_task(request);
    fsz_err err =
        request->is_job ? request_submit_job(api, request) : request_submit_task(api, request);
    if (err != FSZ_OK) {
        fsz_request_fail(request, FSZ_RPC_OVERLOADED, NULL,
                         "too many requests in progress (worker-queue, worker-share, jobs-max)");
    }
}

/* ---- authorization --------------------------------------------------------------------------- */

static void request_read_params(struct fsz_request *request)
{
    const char *member = NULL;
    char        why[FSZ_PARAMS_WHY_BYTES];
    if (fsz_params_read(request->method->params, request->rpc->params, request->values, &member,
                        why) != FSZ_OK) {
        fsz_request_fail(request, FSZ_RPC_INVALID_PARAMS,
                         member ? json_pack("{s:s}", "param", member) : NULL, "%s", why);
    }
}

static void request_prepare(struct fsz_api *api, struct fsz_request *request,
                            const struct fsz_principal *who)
{
    fsz_why     why = "";
    const char *name = request->rpc->method;
    request->method = fsz_method_find(name);
    if (request->method == NULL) {
        fsz_request_fail(request, FSZ_RPC_NO_METHOD, NULL, "no method \"%.64s\"", name);
    } else if (who == NULL) {
        fsz_request_fail(request, FSZ_RPC_UNAUTHORIZED, NULL,
                         "not allowed: your user no longer exists");
    } else if (fsz_authorize_method(who, name, why) != FSZ_OK) {
        fsz_method_deny(request, why);
    } else if ((request->method->needs & ~request->host->capabilities) != 0) {
        fsz_request_fail(request, FSZ_RPC_NO_METHOD, NULL, "%s does not support %s",
                         request->host->name, name);
    } else {
        request_read_params(request);
        request->is_job = request->method->place == FSZ_METHOD_BACKGROUND &&
                          !json_is_true(request_param(request, "wait"));
    }
    if (!fsz_request_is_decided(request) && request->method->on_call) {
        fsz_method_check_call(api, request, who);
    }
    if (!fsz_request_is_decided(request) && request->method->check != NULL) {
        request->method->check(api, request, who);
    }
}

void fsz_request_begin(struct fsz_api *api, struct fsz_exchange *exchange, size_t index,
                       const struct fsz_principal *who, bool refused)
{
    struct fsz_request *request = request_new(api, exchange, index);
    if (request == NULL) {
        fsz_exchange_answer(exchange, NULL);
        return;
    }
    if (request->rpc->error != NULL) {
        request->error = json_incref(request->rpc->error);
        request->outcome = FSZ_OUTCOME_INVALID;
    } else if (refused) {
        fsz_request_fail(request, FSZ_RPC_OVERLOADED, NULL,
                         "too many bytes in your requests in progress and unread replies "
                         "(client-bytes)");
    } else if (api->closing) {
        fsz_request_fail(request, FSZ_RPC_OVERLOADED, NULL, "the API is stopping");
    } else {
        request_prepare(api, request, who);
    }
    if (!fsz_request_is_decided(request)) {
        request_submit(api, request);
    }
    if (!request->on_worker) {
        fsz_request_conclude(api, request);
    }
    fsz_request_release(api, request);
}
