/* service_request.h - what a switch thread asks a service: shared by the desk, where it waits, and
 * the API thread, which has the providers.
 *
 * Counted: whoever asked may have left before an answer comes. */
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
    FSZ_ATTEMPTS_MAX = 8, /* providers that one question is sent to */
    FSZ_SECTION_BYTES = 32,
};

/* Of a question that its asker has sent to a provider: what the API thread is to know of it. */
struct fsz_sent {
    uint64_t               id;                        /* 0: the API thread is to send it */
    uint64_t               service, provider, client; /* serials (direct.h) */
    bool                   others;                    /* who could be asked, too */
    int64_t                at_ms, at_us;
    size_t                 bytes; /* of the message */
    struct fsz_direct_view to;    /* of an offer: where a cancel would go, with references */
};

struct fsz_service_request {
    struct fsz_mail            mail, cancelled, late;
    struct fsz_ref             references;
    struct fsz_service_client *service_client; /* a reference */

    /* Written by who asks, before it is posted. */
    char                     service_name[FSZ_CONFIG_NAME_MAX + 1];
    const char              *method;                     /* static storage */
    int64_t                  deadline_ms;                /* 0: the service's */
    struct fsz_offered_call *call;                       /* of an offer: a reference; or NULL */
    char                     section[FSZ_SECTION_BYTES]; /* of a lookup; empty: of none */
    struct fsz_sent          sent;
    fsz_err      unsent;  /* FSZ_OK, or why sending failed: written before `late` is posted */
    _Atomic bool settled; /* an offer that its asker sends: it is written, or void */

    /* The API thread's. */
    struct fsz_service         *service;     /* NULL: not taken up, or ended */
    struct fsz_service_request *next, *prev; /* of the service's, waiting or under way */
    struct fsz_attempt         *attempts;    /* not answered yet, the newest first */
    struct fsz_timer            timer;
    int64_t          patience_ms, due_ms;     /* how long, and until when: all tries together */
    uint64_t         asked[FSZ_ATTEMPTS_MAX]; /* serials of the providers that it was sent to */
    size_t           asked_count;
    bool             waiting; /* until a provider has room, or is connected */
    fsz_err          failure; /* of the last try: what is told if there is no other */
    struct fsz_reply reply;

    /* Under the desk's lock. */
    bool           ended;
    bool           reply_is_whole; /* ended by the API thread, which writes `told` no more */
    fsz_err        result;
    pthread_cond_t wake;
    struct fsz_service_request *next_asked, *previous_asked;

    size_t params_bytes;
    char   params[];
};

/* With two references: the asker's, and the API thread's. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err       fsz_service_request_new(struct fsz_service_client     *service_client,
                                                    const struct fsz_request_spec *ask,
                                                    struct fsz_service_request   **ret_request);
struct fsz_service_request *fsz_service_request_ref(struct fsz_service_request *request);
/* Accepts NULL in *question. */
void fsz_service_request_unref(struct fsz_service_request **request);
/* An offer that its asker sends is written, says the asker; or void, says the API thread. True: the
 * other has said its own before, so that a call.cancel goes behind the offer now. */
bool fsz_service_request_settle(struct fsz_service_request *request);
/* As a request of that id. */
void fsz_service_request_write(const struct fsz_service_request *request, uint64_t id,
                               struct fsz_buffer *out);
/* Wakes who asked with `told`, which is theirs from now on. API thread, once. */
void fsz_service_request_end(struct fsz_service_request *request, fsz_err result);

#endif
