/* SPDX-License-Identifier: MPL-2.0 */
#include "base/clock.h"
#include "base/ref.h"
#include "base/thread.h"
#include "service/direct_send.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* The API thread ends each request in time and says how far it got. If it stalls, the waiting
 * thread gives up this much later. */
enum { CLIENT_GRACE_MS = 100 };

struct fsz_service_client {
    struct fsz_ref                   references;
    struct fsz_mailbox              *mailbox; /* a reference */
    struct fsz_service_client_reader reader;
    struct fsz_direct                direct;
    _Atomic unsigned                 leaves; /* mails that the reader has not opened */
    pthread_mutex_t                  lock;   /* held for a few instructions */
    bool                             closed;
    struct fsz_service_request      *asked; /* requests that threads wait for */
};

fsz_err fsz_service_client_new(struct fsz_mailbox                     *mailbox,
                               const struct fsz_service_client_reader *reader,
                               struct fsz_service_client             **ret_client)
{
    struct fsz_service_client *client = calloc(1, sizeof(*client));
    if (client == NULL || fsz_direct_init(&client->direct) != FSZ_OK) {
        free(client);
        return FSZ_ENOMEM;
    }
    fsz_ref_init(&client->references, 1);
    client->mailbox = fsz_mailbox_ref(mailbox);
    client->reader = *reader;
    pthread_mutex_init(&client->lock, NULL);
    *ret_client = client;
    return FSZ_OK;
}

struct fsz_service_client *fsz_service_client_ref(struct fsz_service_client *client)
{
    fsz_ref_take(&client->references);
    return client;
}

void fsz_service_client_unref(struct fsz_service_client **client)
{
    if (*client != NULL && fsz_ref_drop(&(*client)->references)) {
        pthread_mutex_destroy(&(*client)->lock);
        fsz_direct_fini(&(*client)->direct);
        fsz_mailbox_unref(&(*client)->mailbox);
        free(*client);
    }
    *client = NULL;
}

struct fsz_direct *fsz_service_client_direct(struct fsz_service_client *client)
{
    return &client->direct;
}

/* ---- the end of a request -------------------------------------------------------------------- */

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

/* Signals after unlocking: a thread woken under the lock would block on it. */
void fsz_service_request_end(struct fsz_service_request *request, fsz_err result)
{
    pthread_mutex_lock(&request->service_client->lock);
    request->reply_is_whole = !request->ended;
    request_leave_locked(request, result);
    pthread_mutex_unlock(&request->service_client->lock);
    pthread_cond_signal(&request->wake);
}

void fsz_service_client_close(struct fsz_service_client *client)
{
    pthread_mutex_lock(&client->lock);
    client->closed = true;
    while (client->asked != NULL) {
        request_end_locked(client->asked, FSZ_ECLOSED);
    }
    pthread_mutex_unlock(&client->lock);
}

/* ---- sending and waiting --------------------------------------------------------------------- */

static bool client_add(struct fsz_service_client *client, struct fsz_service_request *request)
{
    pthread_mutex_lock(&client->lock);
    bool open = !client->closed;
    if (open) {
        DL_APPEND2(client->asked, request, previous_asked, next_asked);
    }
    pthread_mutex_unlock(&client->lock);
    return open;
}

/* The mail makes the API thread cancel the attempts; an offer's provider is notified. */
static void client_cancel_locked(struct fsz_service_client  *client,
                                 struct fsz_service_request *request)
{
    request_end_locked(request, FSZ_ECLOSED);
    fsz_service_request_ref(request);
    fsz_mailbox_post(client->mailbox, &request->cancelled);
}

static int64_t least_ms(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* `late_ms`: when to wake the API thread, which may sleep, for a request that this thread sent. */
static void client_wait_locked(struct fsz_service_client     *client,
                               struct fsz_service_request    *request,
                               const struct fsz_request_spec *spec, int64_t late_ms)
{
    int64_t until_ms = request->deadline_ms > 0
                           ? fsz_clock_monotonic_ms() + request->deadline_ms + CLIENT_GRACE_MS
                           : INT64_MAX;
    while (!request->ended && fsz_clock_monotonic_ms() < until_ms) {
        int64_t poll_ms = spec->goes_on ? fsz_clock_monotonic_ms() + spec->poll_ms : INT64_MAX;
        fsz_thread_wait_ms(&request->wake, &client->lock,
                           least_ms(least_ms(poll_ms, until_ms), late_ms));
        if (!request->ended && fsz_clock_monotonic_ms() >= late_ms) {
            late_ms = INT64_MAX;
            fsz_direct_hand_over(client->mailbox, request);
        }
        if (!request->ended && spec->goes_on != NULL && !spec->goes_on(spec->goes_on_self)) {
            client_cancel_locked(client, request);
        }
    }
    request_end_locked(request, FSZ_ETIMEOUT);
}

/* The reply that the API thread wrote belongs to the caller only if that thread ended the request.
 */
static fsz_err client_wait(struct fsz_service_client *client, struct fsz_service_request *request,
                           const struct fsz_request_spec *spec, int64_t late_ms,
                           struct fsz_reply *ret_reply)
{
    pthread_mutex_lock(&client->lock);
    client_wait_locked(client, request, spec, late_ms);
    fsz_err result = request->result;
    bool    replied = request->reply_is_whole;
    pthread_mutex_unlock(&client->lock);
    if (replied) {
        *ret_reply = request->reply;
        request->reply.result = NULL;
    } else {
        snprintf(ret_reply->why, sizeof(ret_reply->why), "%s", fsz_err_text(result));
    }
    return result;
}

/* An offer must not overtake mails of its call's thread: the end of the previous offer, and with it
 * the call.end of the former controller. */
static bool client_may_send(struct fsz_service_client        *client,
                            const struct fsz_service_request *request)
{
    return request->call == NULL || client->leaves == 0;
}

/* Sends from this thread if possible, otherwise through the API thread. Returns when to wake that
 * thread, INT64_MAX: never. */
static int64_t client_send(struct fsz_service_client *client, struct fsz_service_request *request)
{
    int64_t late_ms = client_may_send(client, request)
                          ? fsz_direct_send(&client->direct, client->mailbox, request)
                          : 0;
    if (late_ms == 0) {
        fsz_mailbox_post(client->mailbox, &request->mail);
    }
    return late_ms == 0 ? INT64_MAX : late_ms;
}

static fsz_err client_new_request(struct fsz_service_client     *client,
                                  const struct fsz_request_spec *spec,
                                  struct fsz_service_request   **ret_request)
{
    fsz_err err = fsz_service_request_new(client, spec, ret_request);
    if (err != FSZ_OK) {
        return err;
    }
    (*ret_request)->mail.open = client->reader.ask;
    (*ret_request)->cancelled.open = client->reader.cancel;
    (*ret_request)->late.open = client->reader.late;
    if (!client_add(client, *ret_request)) {
        fsz_ref_drop(&(*ret_request)->references); /* the API thread does not get it */
        return FSZ_ECLOSED;
    }
    return FSZ_OK;
}

fsz_err fsz_service_client_ask(struct fsz_service_client     *client,
                               const struct fsz_request_spec *spec, struct fsz_reply *ret_reply)
{
    struct fsz_service_request *request = NULL;
    *ret_reply = (struct fsz_reply){.result = NULL};
    fsz_err err = client_new_request(client, spec, &request);
    if (err != FSZ_OK) {
        snprintf(ret_reply->why, sizeof(ret_reply->why), "%s", fsz_err_text(err));
    } else {
        err = client_wait(client, request, spec, client_send(client, request), ret_reply);
    }
    fsz_service_request_unref(&request);
    return err;
}

void fsz_service_client_leave(struct fsz_service_client *client, struct fsz_mail *leave)
{
    client->leaves++;
    leave->open = client->reader.leave;
    fsz_mailbox_post(client->mailbox, leave);
}

void fsz_service_client_left(struct fsz_service_client *client)
{
    client->leaves--;
}
