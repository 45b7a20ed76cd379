/* SPDX-License-Identifier: MPL-2.0 */
#include "api/api_private.h"
#include "base/clock.h"
#include "base/container_of.h"
#include "base/thread.h"
#include "service/direct_send.h"
#include "service/service_private.h"

#include <stdlib.h>
#include <string.h>

/* An fsz_mail's open: on the API thread, or with a NULL reader on the thread that posted it. */
static void api_take_request(struct fsz_mail *mail, void *reader)
{
    struct fsz_service_request *request = FSZ_CONTAINER_OF(mail, struct fsz_service_request, mail);
    struct fsz_api             *api = reader;
    if (api != NULL && !api->closing) {
        fsz_services_ask(api->services, request);
        return;
    }
    fsz_direct_settle(request);
    fsz_service_request_end(request, FSZ_ECLOSED);
    fsz_service_request_unref(&request);
}

/* Mail that was posted quietly is read before what the same thread posted after it. */
static void api_catch_up(void *reader)
{
    const struct fsz_api *api = reader;
    if (api != NULL) {
        fsz_mailbox_open_quiet(api->mailbox, reader);
    }
}

/* An fsz_mail's open: no thread waits for the reply to this request any more. The requests that
 * wait for its place continue. */
static void api_take_cancelled(struct fsz_mail *mail, void *reader)
{
    struct fsz_service_request *request =
        FSZ_CONTAINER_OF(mail, struct fsz_service_request, cancelled);
    api_catch_up(reader);
    struct fsz_service *service = request->service;
    if (reader != NULL && service != NULL) {
        fsz_service_finish(request, FSZ_ECLOSED, NULL);
        fsz_service_go_on(service);
    }
    fsz_service_request_unref(&request);
}

/* An fsz_mail's open: the requesting thread could not send the request, or got no reply in time. */
static void api_take_late(struct fsz_mail *mail, void *reader)
{
    struct fsz_service_request *request = FSZ_CONTAINER_OF(mail, struct fsz_service_request, late);
    api_catch_up(reader);
    if (reader != NULL && request->service != NULL && request->unsent != FSZ_OK) {
        fsz_service_unsent(request);
    }
    fsz_service_request_unref(&request);
}

static void api_take_leave(struct fsz_mail *mail, void *reader)
{
    struct fsz_control_leave *leave = FSZ_CONTAINER_OF(mail, struct fsz_control_leave, mail);
    struct fsz_api           *api = reader;
    struct fsz_control       *control = leave->control;
    api_catch_up(reader);
    if (api != NULL) {
        fsz_controls_leave(&api->controls, leave);
        fsz_service_client_left(api->service_client);
    } else {
        fsz_control_unref(&control);
    }
}

/* An fsz_watch_fn. */
static void api_take_call_event(void *reader, struct fsz_control *control, const char *type,
                                const struct fsz_buffer *text, bool last)
{
    struct fsz_api *api = reader;
    fsz_controls_event(&api->controls, control, type, text, last);
}

static fsz_err api_allocate_services(struct fsz_api *api)
{
    static const struct fsz_service_client_reader reader = {.ask = api_take_request,
                                                            .cancel = api_take_cancelled,
                                                            .late = api_take_late,
                                                            .leave = api_take_leave};
    fsz_err err = fsz_service_client_new(api->mailbox, &reader, &api->service_client);
    if (err != FSZ_OK) {
        return err;
    }
    const struct fsz_services_base base = {.loop = api->loop,
                                           .context = api->base.context,
                                           .host = api->base.host,
                                           .offer = api->base.offer,
                                           .offer_self = api->base.offer_self,
                                           .whole = api->whole,
                                           .calls = &api->call_owner,
                                           .client_events = api->base.client_events,
                                           .request = fsz_api_take_message,
                                           .request_self = api,
                                           .catch_up = api_catch_up,
                                           .direct =
                                               fsz_service_client_direct(api->service_client)};
    api->controls.host = api->base.host;
    api->call_owner = fsz_controls_owner(&api->controls);
    err = fsz_services_new(&base, &api->identity, api->policy, &api->services);
    return err != FSZ_OK ? err
                         : fsz_watch_new(api->mailbox, api->base.watched, api_take_call_event,
                                         &api->controls.watch);
}

static fsz_err api_allocate(struct fsz_api *api)
{
    const struct fsz_config        *config = api->config;
    const struct fsz_workers_limits workers = fsz_api_limits_of_workers(config);
    const struct fsz_jobs_limits    jobs = fsz_api_limits_of_jobs(config);
    fsz_err                         err = fsz_loop_new(&api->loop);
    err = err != FSZ_OK ? err : fsz_mailbox_new(&api->mailbox);
    err = err != FSZ_OK ? err : fsz_account_new(NULL, &api->whole);
    err = err != FSZ_OK ? err : api_allocate_services(api);
    err = err != FSZ_OK ? err : fsz_api_watch(api);
    err = err != FSZ_OK ? err : fsz_waits_new(api->base.watched, &api->waits);
    api->controls.waits = api->waits;
    err = err != FSZ_OK ? err : fsz_jobs_new(&jobs, &api->jobs);
    err = err != FSZ_OK ? err : fsz_workers_new(&workers, &api->workers);
    return err != FSZ_OK ? err : fsz_workers_new(&workers, &api->background);
}

/* Frees what the API thread does not. False: a worker is stuck in the switch. */
static bool api_release(struct fsz_api *api, int64_t wait_ms)
{
    int64_t until_ms = fsz_clock_monotonic_ms() + wait_ms;
    bool    idle = true;
    if (api->workers != NULL) {
        idle = fsz_workers_free(&api->workers, wait_ms);
    }
    if (api->background != NULL) {
        int64_t left_ms = until_ms - fsz_clock_monotonic_ms();
        idle = fsz_workers_free(&api->background, left_ms > 0 ? left_ms : 0) && idle;
    }
    return idle;
}

/* Drops the references to calls that have not left; their threads have their own. */
static void api_free_controls(struct fsz_api *api)
{
    struct fsz_control *control = NULL, *next = NULL;
    HASH_ITER(hh, api->controls.list, control, next)
    {
        HASH_DEL(api->controls.list, control);
        fsz_control_unref(&control);
    }
}

static void api_free(struct fsz_api *api)
{
    if (api->mailbox != NULL) {
        fsz_mailbox_close(api->mailbox);
    }
    api_free_controls(api);
    fsz_api_unwatch(api);
    fsz_services_free(&api->services);
    fsz_loop_free(&api->loop);
    fsz_watch_free(&api->controls.watch);
    fsz_service_client_unref(&api->service_client);
    fsz_account_unref(&api->whole);
    fsz_waits_free(&api->waits);
    fsz_jobs_free(&api->jobs);
    fsz_mailbox_unref(&api->mailbox);
    fsz_policy_unref(&api->policy);
    fsz_config_free(&api->config);
    pthread_cond_destroy(&api->task_done);
    pthread_mutex_destroy(&api->task_lock);
    free(api);
}

fsz_err fsz_api_new(const struct fsz_api_base *base, struct fsz_change *change,
                    struct fsz_api **ret_api)
{
    struct fsz_api *api = calloc(1, sizeof(*api));
    if (api == NULL) {
        return FSZ_ENOMEM;
    }
    api->base = *base;
    api->config = fsz_config_ref(change->config);
    api->policy = fsz_policy_ref(change->policy);
    pthread_mutex_init(&api->task_lock, NULL);
    pthread_cond_init(&api->task_done, NULL);
    if (base->host->identify != NULL) {
        base->host->identify(base->host->self, &api->identity);
    }
    fsz_err err = api_allocate(api);
    if (err != FSZ_OK) {
        api_release(api, 0);
        api_free(api);
        return err;
    }
    err = fsz_thread_start(&api->thread, "fszmq-api", fsz_api_main, api);
    if (err != FSZ_OK) {
        api_release(api, 0);
        api_free(api);
        return err;
    }
    const struct fsz_change_part part = fsz_api_part(api);
    err = fsz_change_make(change, &part, 1);
    if (err != FSZ_OK) {
        fsz_api_free(&api);
        return err;
    }
    *ret_api = api;
    return FSZ_OK;
}

static void api_close(struct fsz_api *api, void *unused)
{
    (void)unused;
    api->closing = true;
}

static void api_finish(struct fsz_api *api, void *unused)
{
    (void)unused;
    api->ending = true;
}

bool fsz_api_free(struct fsz_api **api)
{
    if (*api == NULL) {
        return true;
    }
    fsz_api_close_calls(*api);
    fsz_service_client_close((*api)->service_client);
    fsz_api_ask(*api, api_close, NULL);
    bool idle = api_release(*api, (*api)->config->linger_ms);
    fsz_api_ask(*api, api_finish, NULL);
    pthread_join((*api)->thread, NULL);
    api_free(*api);
    *api = NULL;
    return idle;
}

struct fsz_service_client *fsz_api_service_client(struct fsz_api *api)
{
    return fsz_service_client_ref(api->service_client);
}

static void api_close_calls(struct fsz_api *api, void *unused)
{
    (void)unused;
    fsz_controls_close(&api->controls);
}

void fsz_api_close_calls(struct fsz_api *api)
{
    fsz_api_ask(api, api_close_calls, NULL);
}

void fsz_api_see(struct fsz_api *api, const struct fsz_event *event)
{
    fsz_waits_see_begin(api->waits, event);
    fsz_watch_see(api->controls.watch, event);
    fsz_waits_see(api->waits, event);
}

json_t *fsz_api_status(struct fsz_api *api)
{
    json_t *status = NULL;
    fsz_api_ask(api, fsz_api_write_status, &status);
    return status;
}

static void api_write_services_status(struct fsz_api *api, void *ret_status)
{
    *(json_t **)ret_status = fsz_services_status(api->services);
}

json_t *fsz_api_services_status(struct fsz_api *api)
{
    json_t *status = NULL;
    fsz_api_ask(api, api_write_services_status, &status);
    return status;
}

static void api_write_calls_status(struct fsz_api *api, void *ret_status)
{
    *(json_t **)ret_status = fsz_controls_status(&api->controls);
}

json_t *fsz_api_calls_status(struct fsz_api *api)
{
    json_t *status = NULL;
    fsz_api_ask(api, api_write_calls_status, &status);
    return status;
}
