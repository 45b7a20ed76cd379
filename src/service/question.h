/* question.h - what a switch thread asks a service: shared by the desk, where it waits, and the API
 * thread, which has the providers.
 *
 * Counted: whoever asked may have left before an answer comes. */
#ifndef FSZ_QUESTION_H
#define FSZ_QUESTION_H

#include "base/buffer.h"
#include "base/heap.h"
#include "base/mailbox.h"
#include "config/config.h"
#include "service/desk.h"
#include "service/direct.h"

#include <pthread.h>
#include <stdbool.h>

struct fsz_service;
struct fsz_try;

enum {
    FSZ_TRIES_MAX = 8, /* providers that one question is sent to */
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

struct fsz_question {
    struct fsz_mail  mail, withdrawn, late;
    _Atomic unsigned references;
    struct fsz_desk *desk; /* a reference */

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
    struct fsz_service  *service;     /* NULL: not taken up, or ended */
    struct fsz_question *next, *prev; /* of the service's, waiting or under way */
    struct fsz_try      *tries;       /* not answered yet, the newest first */
    struct fsz_timer     timer;
    int64_t              patience_ms, due_ms;  /* how long, and until when: all tries together */
    uint64_t             asked[FSZ_TRIES_MAX]; /* serials of the providers that it was sent to */
    size_t               asked_count;
    bool                 waiting; /* until a provider has room, or is connected */
    fsz_err              failure; /* of the last try: what is told if there is no other */
    struct fsz_told      told;

    /* Under the desk's lock. */
    bool                 ended;
    bool                 told_whole; /* ended by the API thread, which writes `told` no more */
    fsz_err              result;
    pthread_cond_t       wake;
    struct fsz_question *next_asked, *previous_asked;

    size_t params_bytes;
    char   params[];
};

/* With two references: the asker's, and the API thread's. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_question_new(struct fsz_desk *desk, const struct fsz_ask *ask,
                                       struct fsz_question **ret_question);
struct fsz_question  *fsz_question_ref(struct fsz_question *question);
/* Accepts NULL in *question. */
void fsz_question_unref(struct fsz_question **question);
/* An offer that its asker sends is written, says the asker; or void, says the API thread. True: the
 * other has said its own before, so that a call.cancel goes behind the offer now. */
bool fsz_question_settle(struct fsz_question *question);
/* As a request of that id. */
void fsz_question_write(const struct fsz_question *question, uint64_t id, struct fsz_buffer *out);
/* Wakes who asked with `told`, which is theirs from now on. API thread, once. */
void fsz_question_end(struct fsz_question *question, fsz_err result);

#endif
