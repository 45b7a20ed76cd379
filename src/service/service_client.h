/* service_client.h - where switch threads ask a service, and wait for the answer.
 *
 * The thread sends its question itself where a provider can take it at once (direct.h); else the
 * question goes by mailbox to the API thread, which has the providers (services.h). Either way that
 * thread reads the answer, and wakes the one that waits. Counted, because whoever waits holds no
 * other lock of ours: the desk may be closed, and what is behind it ended, meanwhile. */
#ifndef FSZ_SERVICE_CLIENT_H
#define FSZ_SERVICE_CLIENT_H

#include "base/buffer.h"
#include "base/err.h"
#include "base/mailbox.h"
#include "service/offered_call.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    FSZ_REPLY_WHY_BYTES = 256,
    FSZ_PROVIDER_NAME_BYTES = 256, /* of who answered: an address, or `client` and who it is */
};

struct fsz_service_client;
struct fsz_direct;

/* What is asked; all is read before fsz_service_client_ask() returns. */
struct fsz_request_spec {
    const char *service; /* its name in the configuration */
    const char *method;  /* "xml.fetch" */
    const char *params;  /* JSON text of an object, */
    size_t      params_bytes;
    int64_t     deadline_ms; /* of all tries together; 0: the service's */

    /* Of a lookup: a client is asked only if it has been granted this section. NULL: none. */
    const char *section;

    /* Of the offer of a call, which is sent to one provider as one question, never again
     * as a probe, and does not wait for a provider to have room. NULL: none. */
    struct fsz_offered_call *call;
    /* Asked every `poll_ms`, if not NULL: false: nobody waits for the answer any more. */
    bool (*goes_on)(void *self);
    void *goes_on_self;
    int   poll_ms;
};

/* What came of it. */
struct fsz_reply {
    json_t *result;                            /* of an answer; the asker's; else NULL */
    char    provider[FSZ_PROVIDER_NAME_BYTES]; /* who was asked last; empty: nobody */
    char    why[FSZ_REPLY_WHY_BYTES];          /* of a failure, for a log line */
};

/* What the mailbox's reader does with what comes from the desk; with a NULL reader on any thread.
 */
struct fsz_service_client_reader {
    void (*ask)(struct fsz_mail *mail, void *reader); /* a question (service_request.h): its mail */
    void (*cancel)(struct fsz_mail *mail, void *reader); /* its `cancelled` */
    void (*late)(struct fsz_mail *mail, void *reader);   /* its `late` */
    void (*leave)(struct fsz_mail *mail, void *reader);  /* a call's thread has left */
};

FSZ_NODISCARD fsz_err      fsz_service_client_new(struct fsz_mailbox                     *mailbox,
                                                  const struct fsz_service_client_reader *reader,
                                                  struct fsz_service_client **ret_service_client);
struct fsz_service_client *fsz_service_client_ref(struct fsz_service_client *service_client);
/* Accepts NULL in *desk. */
void fsz_service_client_unref(struct fsz_service_client **service_client);
/* What the reader keeps for those who ask; as long as the desk. */
struct fsz_direct *fsz_service_client_direct(struct fsz_service_client *service_client);
/* Whoever waits is woken with FSZ_ECLOSED, whoever comes is refused so. Any thread. */
void fsz_service_client_close(struct fsz_service_client *service_client);

/* Asks, and waits until there is an answer or the deadline has passed. Any thread but the API
 * thread, which would wait for itself. FSZ_OK: `result` is set. FSZ_EREFUSED: the provider answered
 * with an error. FSZ_EINVALID: with what is no answer. FSZ_ETIMEOUT. FSZ_ENOTFOUND: no provider
 * that could be asked, or no such service. FSZ_EFULL: too many questions (requests-max,
 * requests-bytes). FSZ_ECLOSED. FSZ_ENOMEM. ret_told is always written. */
FSZ_NODISCARD fsz_err fsz_service_client_ask(struct fsz_service_client     *service_client,
                                             const struct fsz_request_spec *ask,
                                             struct fsz_reply              *ret_reply);

/* The call's thread has left: posts that mail, which is opened behind what was posted before. */
void fsz_service_client_leave(struct fsz_service_client *service_client, struct fsz_mail *leave);
/* The reader has done what that is to do. */
void fsz_service_client_left(struct fsz_service_client *service_client);

#endif
