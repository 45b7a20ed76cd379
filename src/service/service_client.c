#include "base/clock.h"
#include "base/ratelimit.h"
#include "base/ref.h"
#include "base/thread.h"
#include "service/direct_send.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <utlist.h>

/* The API thread ends each question in time, and says how far it came. Should it be held up itself,
 * whoever asked leaves so much later. */
enum { SERVICE_CLIENT_GRACE_MS = 100 };

struct fsz_service_client {
    struct fsz_ref                   references;
    struct fsz_mailbox              *mailbox; /* a reference */
    struct fsz_service_client_reader reader;
    struct fsz_direct                direct;
    _Atomic unsigned                 leaves; /* on their way to the reader */
    pthread_mutex_t                  lock;   /* held for a few instructions */
    bool                             closed;
    struct fsz_service_request      *asked; /* those whose askers wait */
};

fsz_err fsz_service_client_new(struct fsz_mailbox                     *mailbox,
                               const struct fsz_service_client_reader *reader,
                               struct fsz_service_client             **ret_service_client)
{
    struct fsz_service_client *service_client = calloc(1, sizeof(*service_client));
    if (service_client == NULL || fsz_direct_init(&service_client->direct) != FSZ_OK) {
        free(service_client);
        return FSZ_ENOMEM;
    }
    fsz_ref_init(&service_client->references, 1);
    service_client->mailbox = fsz_mailbox_ref(mailbox);
    service_client->reader = *reader;
    pthread_mutex_init(&service_client->lock, NULL);
    *ret_service_client = service_client;
    return FSZ_OK;
}

struct fsz_service_client *fsz_service_client_ref(struct fsz_service_client *service_client)
{
    fsz_ref_take(&service_client->references);
    return service_client;
}

void fsz_service_client_unref(struct fsz_service_client **service_client)
{
    if (*service_client != NULL && fsz_ref_drop(&(*service_client)->references)) {
        pthread_mutex_destroy(&(*service_client)->lock);
        fsz_direct_fini(&(*service_client)->direct);
        fsz_mailbox_unref(&(*service_client)->mailbox);
        free(*service_client);
    }
    *service_client = NULL;
}

struct fsz_direct *fsz_service_client_direct(struct fsz_service_client *service_client)
{
    return &service_client->direct;
}

/* ---- questions ------------------------------------------------------------------------------- */

static void request_leave_locked(struct fsz_service_request *request, fsz_err result)
{
    if (!request->ended) {
        request->ended = true;
        request->result = result;
        DL_DELETE2(request->service_client->asked, request, previous_asked, next_asked);
    }
}

static void request_end_locked(struct fsz_service_request *request, fsz_err result)
{
    request_leave_locked(request, result);
    pthread_cond_signal(&request->wake);
}

/* Who waits is woken without the lock, which it would only wait for. */
void fsz_service_request_end(struct fsz_service_request *request, fsz_err result)
{
    pthread_mutex_lock(&request->service_client->lock);
    request->reply_is_whole = !request->ended;
    request_leave_locked(request, result);
    pthread_mutex_unlock(&request->service_client->lock);
    pthread_cond_signal(&request->wake);
}

void fsz_service_client_close(struct fsz_service_client *service_client)
{
    pthread_mutex_lock(&service_client->lock);
    service_client->closed = true;
    while (service_client->asked != NULL) {
        request_end_locked(service_client->asked, FSZ_ECLOSED);
    }
    pthread_mutex_unlock(&service_client->lock);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static bool service_client_add(struct fsz_service_client  *service_client,
                               struct fsz_service_request *request)
{
    pthread_mutex_lock(&service_client->lock);
    bool open = !service_client->closed;
    if (open) {
        DL_APPEND2(service_client->asked, request, previous_asked, next_asked);
    }
    pthread_mutex_unlock(&service_client->lock);
    return open;
}

/* Nobody waits for it any more: whoever was sent it is told, if it is an offer. */
static void service_client_cancel_locked(struct fsz_service_client  *service_client,
                                         struct fsz_service_request *request)
{
    request_end_locked(request, FSZ_ECLOSED);
    fsz_service_request_ref(request);
    fsz_mailbox_post(service_client->mailbox, &request->cancelled);
}

static int64_t service_client_least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void service_client_sleep_locked(struct fsz_service_client  *service_client,
                                        struct fsz_service_request *request, int64_t wake_ms)
{
    fsz_thread_wait_ms(&request->wake, &service_client->lock, wake_ms);
}

/* `late_ms`: when the API thread, which may sleep, is woken for a question that this thread sent.
 */
static void service_client_wait_locked(struct fsz_service_client     *service_client,
                                       struct fsz_service_request    *request,
                                       const struct fsz_request_spec *ask, int64_t late_ms)
{
    int64_t until_ms = request->deadline_ms > 0 ? fsz_clock_monotonic_ms() + request->deadline_ms +
                                                      SERVICE_CLIENT_GRACE_MS
                                                : INT64_MAX;
    while (!request->ended && fsz_clock_monotonic_ms() < until_ms) {
        int64_t poll_ms = ask->goes_on ? fsz_clock_monotonic_ms() + ask->poll_ms : INT64_MAX;
        service_client_sleep_locked(
            service_client, request,
            service_client_least(service_client_least(poll_ms, until_ms), late_ms));
        if (!request->ended && fsz_clock_monotonic_ms() >= late_ms) {
            late_ms = INT64_MAX;
            fsz_direct_hand_over(service_client->mailbox, request);
        }
        if (!request->ended && ask->goes_on != NULL && !ask->goes_on(ask->goes_on_self)) {
            service_client_cancel_locked(service_client, request);
        }
    }
    request_end_locked(request, FSZ_ETIMEOUT);
}

/* What the API thread has written is the asker's once the question has ended by it, and only then.
 */
static fsz_err service_client_wait(struct fsz_service_client     *service_client,
                                   struct fsz_service_request    *request,
                                   const struct fsz_request_spec *ask, int64_t late_ms,
                                   struct fsz_reply *ret_reply)
{
    pthread_mutex_lock(&service_client->lock);
    service_client_wait_locked(service_client, request, ask, late_ms);
    fsz_err result = request->result;
    bool    reply = request->reply_is_whole;
    pthread_mutex_unlock(&service_client->lock);
    if (reply) {
        *ret_reply = request->reply;
        request->reply.result = NULL;
    } else {
        snprintf(ret_reply->why, sizeof(ret_reply->why), "%s", fsz_err_text(result));
    }
    return result;
}

/* An offer stays behind what its call's thread has posted before: the end of the offer before, and
 * with it the call.end of whoever held the call. */
static bool service_client_may_send(struct fsz_service_client        *service_client,
                                    const struct fsz_service_request *request)
{
    return request->call == NULL || service_client->leaves == 0;
}

/* The thread itself sends it where it can; else the API thread does. As fsz_direct_send() returns.
 */
static int64_t service_client_send(struct fsz_service_client  *service_client,
                                   struct fsz_service_request *request)
{
    int64_t late_ms =
        service_client_may_send(service_client, request)
            ? fsz_direct_send(&service_client->direct, service_client->mailbox, request)
            : 0;
    if (late_ms == 0) {
        fsz_mailbox_post(service_client->mailbox, &request->mail);
    }
    return late_ms == 0 ? INT64_MAX : late_ms;
}

static fsz_err service_client_new_request(struct fsz_service_client     *service_client,
                                          const struct fsz_request_spec *ask,
                                          struct fsz_service_request   **ret_request)
{
    fsz_err err = fsz_service_request_new(service_client, ask, ret_request);
    if (err != FSZ_OK) {
        return err;
    }
    (*ret_request)->mail.open = service_client->reader.ask;
    (*ret_request)->cancelled.open = service_client->reader.cancel;
    (*ret_request)->late.open = service_client->reader.late;
    if (!service_client_add(service_client, *ret_request)) {
        fsz_ref_drop(&(*ret_request)->references); /* the API thread does not get it */
        return FSZ_ECLOSED;
    }
    return FSZ_OK;
}

fsz_err fsz_service_client_ask(struct fsz_service_client     *service_client,
                               const struct fsz_request_spec *ask, struct fsz_reply *ret_reply)
{
    struct fsz_service_request *request = NULL;
    *ret_reply = (struct fsz_reply){.result = NULL};
    fsz_err err = service_client_new_request(service_client, ask, &request);
    if (err != FSZ_OK) {
        snprintf(ret_reply->why, sizeof(ret_reply->why), "%s", fsz_err_text(err));
    } else {
        err = service_client_wait(service_client, request, ask,
                                  service_client_send(service_client, request), ret_reply);
    }
    fsz_service_request_unref(&request);
    return err;
}

void fsz_service_client_leave(struct fsz_service_client *service_client, struct fsz_mail *leave)
{
    service_client->leaves++;
    leave->open = service_client->reader.leave;
    fsz_mailbox_post(service_client->mailbox, leave);
}

void fsz_service_client_left(struct fsz_service_client *service_client)
{
    service_client->leaves--;
}
