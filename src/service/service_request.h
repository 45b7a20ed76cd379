/* SPDX-License-Identifier: MPL-2.0 */
/* service_request.h - a request of a switch thread to a service: shared by that thread, which waits
 * in the service client, and the API thread, which has the providers.
 *
 * Reference-counted: the thread may give up before a reply arrives. */
#ifndef FSZ_SERVICE_REQUEST_H
#define FSZ_SERVICE_REQUEST_H

#include "base/buffer.h"
#include "base/heap.h"
#include "base/mailbox.h"
#include "base/ref.h"
#include "config/config.h"
#include "service/direct.h"
#include "service/service_client.h"

#include <pthread.h>
#include <stdbool.h>

struct fsz_service;
struct fsz_attempt;

enum {
    FSZ_ATTEMPTS_MAX = 8, /* providers that one request is sent to */
    FSZ_SECTION_BYTES = 32,
};

/* How the switch thread sent its request to a provider, for the API thread. */
struct fsz_sent {
    uint64_t               id;                        /* 0: not sent, the API thread sends it */
    uint64_t               service, provider, client; /* serials (direct.h) */
    bool                   others;                    /* other providers are up, too */
    int64_t                at_ms, at_us;
    size_t                 bytes; /* of the message */
    struct fsz_direct_view to;    /* of an offer: where a call.cancel goes; references */
};

struct fsz_service_request {
    struct fsz_mail            mail, cancelled, late;
    struct fsz_ref             references;
    struct fsz_service_client *service_client; /* a reference */

    /* Written by the switch thread before the request is posted. */
    char                     service_name[FSZ_CONFIG_NAME_MAX + 1];
    const char              *method;                     /* static storage */
    int64_t                  deadline_ms;                /* 0: the service's */
    struct fsz_offered_call *call;                       /* of an offer: a reference; else NULL */
    char                     section[FSZ_SECTION_BYTES]; /* of a lookup; else empty */
    struct fsz_sent          sent;
    fsz_err      unsent;  /* FSZ_OK, or why sending failed: written before `late` is posted */
    _Atomic bool settled; /* fsz_service_request_settle() was called */

    /* The API thread's. */
    struct fsz_service         *service;     /* NULL: not accepted yet, or ended */
    struct fsz_service_request *next, *prev; /* of the service's requests */
    struct fsz_attempt         *attempts;    /* without a reply, the newest first */
    struct fsz_timer            timer;
    int64_t          patience_ms, due_ms;     /* how long, and until when: all attempts together */
    uint64_t         asked[FSZ_ATTEMPTS_MAX]; /* serials of its providers so far */
    size_t           asked_count;
    bool             waiting; /* for a provider to have room or to connect */
    fsz_err          failure; /* of the last attempt: the result if there is no better one */
    struct fsz_reply reply;

    /* Under the service client's lock. */
    bool           ended;
    bool           reply_is_whole; /* the API thread ended it and no longer writes `reply` */
    fsz_err        result;
    pthread_cond_t wake;
    struct fsz_service_request *next_asked, *previous_asked;

    size_t params_bytes;
    char   params[];
};

/* With two references: the switch thread's and the API thread's. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err       fsz_service_request_new(struct fsz_service_client     *client,
                                                    const struct fsz_request_spec *spec,
                                                    struct fsz_service_request   **ret_request);
struct fsz_service_request *fsz_service_request_ref(struct fsz_service_request *request);
/* Accepts NULL in *request. */
void fsz_service_request_unref(struct fsz_service_request **request);
/* For an offer that the switch thread sends: that thread has written it, or the API thread has
 * found it void. True: the other thread called this before, so a call.cancel must follow the offer.
 */
bool fsz_service_request_settle(struct fsz_service_request *request);
/* Appends the JSON-RPC request with that id. */
void fsz_service_request_write(const struct fsz_service_request *request, uint64_t id,
                               struct fsz_buffer *out);
/* Wakes the waiting thread, which owns `reply` from now on. API thread, once. */
void fsz_service_request_end(struct fsz_service_request *request, fsz_err result);

#endif
