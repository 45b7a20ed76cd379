/* SPDX-License-Identifier: MPL-2.0 */
/* The API thread: reads clients' messages, sends replies, keeps deadlines. */
#include "api/api_private.h"
#include "base/clock.h"
#include "base/container_of.h"
#include "net/announce.h"

enum {
    API_BATCH = 64, /* messages over inproc from one API socket before the others have their turn */
    API_IDLE_MS = 60 * 1000, /* sleep when no retry is due */
    API_CLOSE_TURN_NS = 100 * 1000000,
    API_CUT_MS = 1000,    /* to send the last reply to a client that is disconnected */
    API_QUIET_MS = 50,    /* until replies that workers sent themselves are noted */
    API_SWEEP_MS = 1000,  /* between two sweeps of clients that are no longer needed */
    API_WORK_REQUEST = 8, /* units of work to begin a request (zmtp/loop.h) */
};

/* ---- tasks from other threads ---------------------------------------------------------------- */

struct api_task {
    struct fsz_mail mail;
    void (*run)(struct fsz_api *api, void *argument);
    void           *argument;
    struct fsz_api *api;
    bool            finished;
};

static void api_stir(struct fsz_api *api)
{
    for (size_t i = 0; i < api->api_socket_count; i++) {
        api->api_sockets[i]->stirred = true;
    }
}

static void api_task_open(struct fsz_mail *mail, void *reader)
{
    struct api_task *task = FSZ_CONTAINER_OF(mail, struct api_task, mail);
    (void)reader;
    task->run(task->api, task->argument);
    api_stir(task->api); /* a reload uses sockets in many ways */
    pthread_mutex_lock(&task->api->task_lock);
    task->finished = true;
    pthread_cond_broadcast(&task->api->task_done);
    pthread_mutex_unlock(&task->api->task_lock);
}

void fsz_api_ask(struct fsz_api *api, void (*run)(struct fsz_api *api, void *argument),
                 void           *argument)
{
    struct api_task task = {
        .mail = {.open = api_task_open}, .run = run, .argument = argument, .api = api};
    fsz_mailbox_post(api->mailbox, &task.mail);
    pthread_mutex_lock(&api->task_lock);
    while (!task.finished) {
        pthread_cond_wait(&api->task_done, &api->task_lock);
    }
    pthread_mutex_unlock(&api->task_lock);
}

/* ---- messages -------------------------------------------------------------------------------- */

/* Disconnects a client whose user no longer exists, after the error that it gets. */
static void api_cut(struct fsz_api *api, const struct fsz_client *client)
{
    if (client->conn != NULL) {
        api->counters.cut++;
        fsz_conn_finish(client->conn, fsz_loop_now_ms(api->loop) + API_CUT_MS);
    }
}

/* One of the client's own requests, or its reply to one of ours. */
static void api_begin_one(struct fsz_api *api, struct fsz_exchange *exchange, size_t index,
                          const struct fsz_principal *who, bool refused)
{
    json_t *response = exchange->message.requests[index].response;
    if (response != NULL && fsz_services_take(api->services, exchange->client, response)) {
        fsz_exchange_answer(exchange, NULL);
    } else {
        fsz_request_begin(api, exchange, index, who, refused);
    }
}

/* False: its user no longer exists. */
static bool api_find(const struct fsz_api *api, const struct fsz_client *client,
                     struct fsz_principal *ret_who)
{
    if (client->group[0] == '\0') {
        return fsz_policy_find_peer(api->policy, &client->peer, ret_who);
    }
    fsz_policy_find_group(api->policy, client->group, ret_who);
    return true;
}

static void api_begin(struct fsz_api *api, struct fsz_exchange *exchange)
{
    struct fsz_principal who;
    struct fsz_client   *client = exchange->client;
    bool                 known = api_find(api, client, &who);
    bool   refused = fsz_rpc_socket_is_over(client->api_socket, fsz_account_bytes(client->account));
    size_t count = exchange->message.count;
    fsz_loop_spend(api->loop, API_WORK_REQUEST * count);
    api->counters.messages++;
    api->counters.batches += exchange->message.batch;
    for (size_t i = 0; i < count; i++) {
        api_begin_one(api, exchange, i, known ? &who : NULL, refused);
    }
    if (!known) {
        api_cut(api, client);
    }
}

void fsz_api_take(void *self, const struct fsz_inbound *inbound)
{
    struct fsz_api      *api = self;
    struct fsz_exchange *exchange = NULL;
    fsz_mailbox_open_quiet(api->mailbox, api);
    inbound->client->heard_ms = fsz_clock_monotonic_ms();
    fsz_loop_spend(api->loop, inbound->size / API_WORK_BYTES);
    if (fsz_exchange_new(inbound, &exchange) != FSZ_OK) {
        inbound->client->api_socket->counters.messages_dropped++;
        return;
    }
    api_begin(api, exchange);
    fsz_exchange_unref(&exchange);
}

/* The frames of an endpoint begin with an empty one. */
void fsz_api_take_message(void *self, struct fsz_client *client, const void *body, size_t size)
{
    static const uint8_t delimiter[] = {FSZ_FRAME_MORE, 0};
    struct fsz_inbound   inbound = {.client = client, .framed = true, .body = body, .size = size};
    if (fsz_envelope_new(delimiter, sizeof(delimiter), &inbound.envelope) == FSZ_OK) {
        fsz_api_take(self, &inbound);
        fsz_envelope_unref(&inbound.envelope);
    }
}

void fsz_api_left(void *self, struct fsz_client *client)
{
    struct fsz_api *api = self;
    api->has_left |= client->serves;
}

static void api_read(struct fsz_api *api)
{
    for (size_t i = 0; i < api->api_socket_count; i++) {
        fsz_rpc_socket_read_local(api->api_sockets[i], API_BATCH);
    }
    fsz_services_read(api->services);
    fsz_services_unhide(api->services);
    if (api->has_left || api->services->has_done) {
        api->has_left = false;
        fsz_services_sweep(api->services);
    }
}

static void api_socket_closed(void *argument)
{
    struct fsz_api *api = argument;
    api->api_sockets_closing--;
}

void fsz_api_close_socket(struct fsz_api *api, struct fsz_rpc_socket **socket, int64_t linger_ms)
{
    if (*socket != NULL) {
        api->api_sockets_closing++;
        fsz_rpc_socket_free(socket, linger_ms, api_socket_closed, api);
    }
}

/* ---- time ------------------------------------------------------------------------------------ */

static struct fsz_request *api_first_due(const struct fsz_api *api, uint64_t now_ns)
{
    struct fsz_timer *timer = fsz_heap_first(&api->deadlines);
    return timer == NULL || timer->due_ns > now_ns
               ? NULL
               : FSZ_CONTAINER_OF(timer, struct fsz_request, deadline);
}

static void api_expire(struct fsz_api *api)
{
    struct fsz_request *request = NULL;
    uint64_t            now_ns = (uint64_t)fsz_clock_monotonic_ms() * 1000000;
    while ((request = api_first_due(api, now_ns)) != NULL) {
        fsz_request_expire(api, request, false);
    }
}

/* The thread must wake at that time at the latest. */
static void api_due(struct fsz_api *api, int64_t due_ms)
{
    api->next_due_ms = due_ms < api->next_due_ms ? due_ms : api->next_due_ms;
}

static void api_retry(struct fsz_api *api, struct fsz_rpc_socket *api_socket, int64_t now_ms)
{
    const struct fsz_endpoint_state *state = fsz_endpoints_retry(&api_socket->endpoints, now_ms);
    if (state != NULL) {
        fsz_announce_retried(api->base.host, api_socket->endpoints.owner, state);
    }
    api_due(api, fsz_endpoints_next_retry_ms(&api_socket->endpoints));
}

static void api_keep_time(struct fsz_api *api)
{
    int64_t now_ms = fsz_clock_monotonic_ms();
    fsz_services_keep_time(api->services, now_ms);
    fsz_controls_sweep(&api->controls, now_ms);
    if (now_ms < api->next_due_ms) {
        return;
    }
    api->next_due_ms = now_ms + API_IDLE_MS;
    api_stir(api);
    fsz_services_sweep(api->services);
    for (size_t i = 0; i < api->api_socket_count; i++) {
        api_retry(api, api->api_sockets[i], now_ms);
        fsz_clients_sweep(api->api_sockets[i]->local);
    }
}

static int64_t api_patience_ms(struct fsz_api *api)
{
    const struct fsz_timer *timer = fsz_heap_first(&api->deadlines);
    int64_t                 now_ms = fsz_clock_monotonic_ms();
    for (size_t i = 0; i < api->api_socket_count; i++) {
        if (fsz_clients_count(api->api_sockets[i]->local) > 0) {
            api_due(api, now_ms + API_SWEEP_MS);
        }
    }
    int64_t due_ms = api->next_due_ms, services_ms = fsz_services_next_ms(api->services);
    due_ms = services_ms < due_ms ? services_ms : due_ms;
    if (api->on_workers > 0 && now_ms + API_QUIET_MS < due_ms) {
        due_ms = now_ms + API_QUIET_MS;
    }
    if (api->controls.left > 0 && now_ms + API_SWEEP_MS < due_ms) {
        due_ms = now_ms + API_SWEEP_MS;
    }
    if (api->controls.losing > 0 && now_ms + FSZ_CONTROL_NUDGE_MS < due_ms) {
        due_ms = now_ms + FSZ_CONTROL_NUDGE_MS;
    }
    int64_t deadline_ms = timer ? (int64_t)(timer->due_ns / 1000000) : due_ms;
    due_ms = deadline_ms < due_ms ? deadline_ms : due_ms;
    return due_ms > now_ms ? due_ms - now_ms : 0;
}

/* ---- waiting --------------------------------------------------------------------------------- */

static void api_mail_came(void *argument, uint32_t events)
{
    struct fsz_api *api = argument;
    (void)events;
    fsz_mailbox_woken(api->mailbox);
}

static void api_service_came(void *argument, uint32_t events)
{
    (void)argument;
    (void)events; /* fsz_services_read() reads all endpoints */
}

fsz_err fsz_api_watch(struct fsz_api *api)
{
    api->mailbox_watch = (struct fsz_loop_watch){
        .fd = fsz_mailbox_fd(api->mailbox), .ready = api_mail_came, .argument = api};
    api->services_watch = (struct fsz_loop_watch){
        .fd = api->services->epoll_fd, .ready = api_service_came, .argument = api};
    fsz_err err = fsz_loop_add(api->loop, &api->mailbox_watch, EPOLLIN);
    return err != FSZ_OK ? err : fsz_loop_add(api->loop, &api->services_watch, EPOLLIN);
}

void fsz_api_unwatch(struct fsz_api *api)
{
    if (api->mailbox_watch.ready != NULL) {
        fsz_loop_remove(api->loop, &api->mailbox_watch);
        fsz_loop_remove(api->loop, &api->services_watch);
        api->mailbox_watch.ready = NULL;
    }
}

static bool api_is_stirred(const struct fsz_api *api)
{
    for (size_t i = 0; i < api->api_socket_count; i++) {
        if (api->api_sockets[i]->stirred) {
            return true;
        }
    }
    return api->has_left || fsz_services_pending(api->services);
}

/* Serves the connections, and waits for them, for mail, or for the next time that something is due.
 * Does not wait while something is left to read. */
static void api_turn(struct fsz_api *api)
{
    bool sleeps = !api_is_stirred(api) && fsz_mailbox_sleep(api->mailbox);
    fsz_loop_turn(api->loop, sleeps ? api_patience_ms(api) * 1000000 : 0);
}

/* ---- the thread ------------------------------------------------------------------------------ */

/* Every request that is still open gets a reply. */
static void api_end(struct fsz_api *api)
{
    struct fsz_request *request = NULL;
    while ((request = api_first_due(api, UINT64_MAX)) != NULL) {
        fsz_request_expire(api, request, true);
    }
    fsz_mailbox_open(api->mailbox, api);
    fsz_api_unwatch(api);
    fsz_services_free(&api->services);
    for (size_t i = 0; i < api->api_socket_count; i++) {
        fsz_api_close_socket(api, &api->api_sockets[i], api->config->linger_ms);
    }
    api->api_socket_count = 0;
    while (api->api_sockets_closing > 0) {
        fsz_loop_turn(api->loop, API_CLOSE_TURN_NS);
    }
    fsz_account_unref(&api->whole);
    fsz_heap_fini(&api->deadlines);
}

void *fsz_api_main(void *argument)
{
    struct fsz_api *api = argument;
    while (!api->ending) {
        fsz_mailbox_open(api->mailbox, api);
        api_read(api);
        api_expire(api);
        api_keep_time(api);
        if (!api->ending) {
            api_turn(api);
        }
    }
    api_end(api);
    return NULL;
}
