/* The API thread: reads clients' messages, hands out what is done, keeps deadlines. */
#include "announce.h"
#include "api_private.h"
#include "ratelimit.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

enum {
    API_BATCH = 64,          /* messages of one channel between two looks at the others */
    API_IDLE_MS = 60 * 1000, /* with no retry due */
    API_SWEEP_MS = 1000,     /* between two looks for clients that need not be kept */
};

void fsz_api_log(const struct fsz_api *api, enum fsz_log_level level, const char *format, ...)
{
    char    line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    api->base.host->log(api->base.host->self, level, line);
}

/* ---- questions from other threads ------------------------------------------------------------ */

struct api_task {
    struct fsz_mail mail;
    void (*run)(struct fsz_api *api, void *argument);
    void           *argument;
    struct fsz_api *api;
    bool            finished;
};

static void api_stir(struct fsz_api *api)
{
    for (size_t i = 0; i < api->channel_count; i++) {
        api->channels[i]->stirred = true;
    }
}

static void api_task_open(struct fsz_mail *mail, void *reader)
{
    struct api_task *task = (struct api_task *)(void *)mail;
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

static bool api_is_another(const struct fsz_peer *peer, void *argument)
{
    return peer->serial != ((const struct fsz_peer *)argument)->serial;
}

/* Whoever the policy does not know any more is told so, and cut off. */
static void api_cut(struct fsz_api *api, struct fsz_channel *channel, struct fsz_peer *peer)
{
    if (peer->serial != 0) {
        api->counters.cut += fsz_peers_cut(channel->peers, api_is_another, peer);
    }
}

/* One of the client's own requests, or its answer to one of ours. */
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

/* False: its user is not known any more. */
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
    bool                 refused =
        fsz_account_bytes(client->account) > (size_t)client->channel->config->client_bytes;
    size_t count = exchange->message.count;
    api->counters.messages++;
    api->counters.batches += exchange->message.batch;
    for (size_t i = 0; i < count; i++) {
        api_begin_one(api, exchange, i, known ? &who : NULL, refused);
    }
    if (!known) {
        api_cut(api, client->channel, &exchange->peer);
    }
}

static void api_take(struct fsz_api *api, const struct fsz_inbound *inbound)
{
    struct fsz_exchange *exchange = NULL;
    inbound->client->heard_ms = fsz_now_ms();
    if (fsz_exchange_new(inbound, &exchange) != FSZ_OK) {
        inbound->client->channel->counters.messages_dropped++;
        return;
    }
    api_begin(api, exchange);
    fsz_exchange_unref(&exchange);
}

void fsz_api_take_message(void *self, struct fsz_client *client, void *body, size_t size)
{
    const struct fsz_inbound inbound = {
        .client = client, .delimiter = true, .framed = true, .body = body, .size = size};
    api_take(self, &inbound);
}

static void api_read(struct fsz_api *api, struct fsz_channel *channel)
{
    struct fsz_inbound inbound;
    if (channel->monitor_stirred) {
        uint64_t left = channel->connections.disconnected;
        channel->monitor_stirred = false;
        fsz_monitor_read(channel->monitor, &channel->connections, channel->inflow);
        fsz_mismatch_log(&channel->mismatch, &channel->connections, api->base.host,
                         channel->config->socket.owner, channel->config->socket.security);
        if (channel->connections.disconnected != left) {
            fsz_services_sweep(api->services);
        }
    }
    for (int count = 0; channel->stirred && count < API_BATCH; count++) {
        fsz_err err = fsz_channel_receive(channel, &inbound);
        if (err == FSZ_OK) {
            api_take(api, &inbound);
            fsz_inbound_fini(&inbound);
        } else if (err == FSZ_ENOTFOUND) {
            channel->stirred = false;
        }
    }
}

/* ---- time ------------------------------------------------------------------------------------ */

static struct fsz_request *api_first_due(const struct fsz_api *api, uint64_t now_ns)
{
    struct fsz_timer *timer = fsz_heap_first(&api->deadlines);
    return timer == NULL || timer->due_ns > now_ns
               ? NULL
               : (struct fsz_request *)(void *)((char *)timer -
                                                offsetof(struct fsz_request, deadline));
}

static void api_expire(struct fsz_api *api)
{
    struct fsz_request *request = NULL;
    uint64_t            now_ns = (uint64_t)fsz_now_ms() * 1000000;
    while ((request = api_first_due(api, now_ns)) != NULL) {
        fsz_request_expire(api, request, false);
    }
}

/* Something is to be done at that time, if not before. */
static void api_due(struct fsz_api *api, int64_t due_ms)
{
    api->next_due_ms = due_ms < api->next_due_ms ? due_ms : api->next_due_ms;
}

/* Who sends a message without end is cut off. */
static void api_watch(struct fsz_api *api, struct fsz_channel *channel, int64_t now_ms)
{
    size_t cut =
        fsz_inflow_check(channel->inflow, now_ms, (uint64_t)channel->config->request_bytes);
    channel->counters.endless += cut;
    if (cut > 0) {
        fsz_api_log(api, FSZ_LOG_WARNING,
                    "%s: cut off %zu connection(s) that sent more than request-bytes without the "
                    "end of a message",
                    channel->endpoints.owner, cut);
    }
    api_due(api, fsz_inflow_next_ms(channel->inflow));
}

static void api_retry(struct fsz_api *api, struct fsz_channel *channel, int64_t now_ms)
{
    const struct fsz_endpoint_state *state = fsz_endpoints_retry(&channel->endpoints, now_ms);
    if (state != NULL) {
        fsz_announce_retried(api->base.host, channel->endpoints.owner, state);
    }
    api_due(api, fsz_endpoints_next_retry_ms(&channel->endpoints));
}

static void api_keep_time(struct fsz_api *api)
{
    int64_t now_ms = fsz_now_ms();
    fsz_services_keep_time(api->services, now_ms);
    fsz_holds_sweep(&api->holds, now_ms);
    if (now_ms < api->next_due_ms) {
        return;
    }
    api->next_due_ms = now_ms + API_IDLE_MS;
    api_stir(api);
    fsz_services_sweep(api->services);
    for (size_t i = 0; i < api->channel_count; i++) {
        api_retry(api, api->channels[i], now_ms);
        api_watch(api, api->channels[i], now_ms);
        fsz_clients_sweep(api->channels[i]->clients);
    }
}

static int64_t api_patience_ms(struct fsz_api *api)
{
    const struct fsz_timer *timer = fsz_heap_first(&api->deadlines);
    int64_t                 now_ms = fsz_now_ms();
    for (size_t i = 0; i < api->channel_count; i++) {
        if (fsz_clients_count(api->channels[i]->clients) > 0) {
            api_due(api, now_ms + API_SWEEP_MS);
        }
        api_due(api, fsz_inflow_next_ms(api->channels[i]->inflow));
    }
    int64_t due_ms = api->next_due_ms, services_ms = fsz_services_next_ms(api->services);
    due_ms = services_ms < due_ms ? services_ms : due_ms;
    if (api->holds.left > 0 && now_ms + API_SWEEP_MS < due_ms) {
        due_ms = now_ms + API_SWEEP_MS;
    }
    if (api->holds.losing > 0 && now_ms + FSZ_HOLD_NUDGE_MS < due_ms) {
        due_ms = now_ms + FSZ_HOLD_NUDGE_MS;
    }
    int64_t deadline_ms = timer ? (int64_t)(timer->due_ns / 1000000) : due_ms;
    due_ms = deadline_ms < due_ms ? deadline_ms : due_ms;
    return due_ms > now_ms ? due_ms - now_ms : 0;
}

/* ---- what comes ------------------------------------------------------------------------------ */

enum { API_ITEMS_FIRST = 2, API_ITEMS_MAX = API_ITEMS_FIRST + 2 * FSZ_CHANNELS_MAX };

static size_t api_list_items(const struct fsz_api *api, struct pollfd items[API_ITEMS_MAX])
{
    size_t count = 0;
    items[count++] = (struct pollfd){.fd = fsz_mailbox_fd(api->mailbox), .events = POLLIN};
    items[count++] = (struct pollfd){.fd = api->services->epoll_fd, .events = POLLIN};
    for (size_t i = 0; i < api->channel_count; i++) {
        items[count++] = (struct pollfd){.fd = api->channels[i]->fd, .events = POLLIN};
        items[count++] = (struct pollfd){.fd = api->channels[i]->monitor_fd, .events = POLLIN};
    }
    return count;
}

static void api_take_signals(struct fsz_api *api, const struct pollfd items[API_ITEMS_MAX])
{
    if (items[0].revents != 0) {
        fsz_mailbox_woken(api->mailbox);
    }
    for (size_t i = 0; i < api->channel_count; i++) {
        const struct pollfd *of_channel = &items[API_ITEMS_FIRST + 2 * i];
        api->channels[i]->stirred |= of_channel[0].revents != 0;
        api->channels[i]->monitor_stirred |= of_channel[1].revents != 0;
    }
}

static bool api_is_stirred(const struct fsz_api *api)
{
    for (size_t i = 0; i < api->channel_count; i++) {
        if (api->channels[i]->stirred || api->channels[i]->monitor_stirred) {
            return true;
        }
    }
    return fsz_services_pending(api->services);
}

/* Waits for a message, for mail, or for what is due. With something left to be read it only looks
 * whether another channel has something too. */
static void api_wait(struct fsz_api *api)
{
    struct pollfd items[API_ITEMS_MAX];
    size_t        count = api_list_items(api, items);
    bool          sleeps = !api_is_stirred(api) && fsz_mailbox_sleep(api->mailbox);
    if (poll(items, count, sleeps ? (int)api_patience_ms(api) : 0) > 0) {
        api_take_signals(api, items);
    }
}

/* ---- the thread ------------------------------------------------------------------------------ */

/* Nobody is left waiting without an answer. */
static void api_end(struct fsz_api *api)
{
    struct fsz_request *request = NULL;
    while ((request = api_first_due(api, UINT64_MAX)) != NULL) {
        fsz_request_expire(api, request, true);
    }
    fsz_mailbox_open(api->mailbox, api);
    fsz_services_free(&api->services);
    for (size_t i = 0; i < api->channel_count; i++) {
        fsz_channel_free(&api->channels[i], (int)api->config->linger_ms);
    }
    api->channel_count = 0;
    fsz_account_unref(&api->whole);
    fsz_heap_fini(&api->deadlines);
}

void *fsz_api_main(void *argument)
{
    struct fsz_api *api = argument;
    while (!api->ending) {
        fsz_mailbox_open(api->mailbox, api);
        for (size_t i = 0; i < api->channel_count; i++) {
            api_read(api, api->channels[i]);
        }
        fsz_services_read(api->services);
        api_expire(api);
        api_keep_time(api);
        if (!api->ending) {
            api_wait(api);
        }
    }
    api_end(api);
    return NULL;
}
