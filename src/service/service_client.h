/* SPDX-License-Identifier: MPL-2.0 */
/* service_client.h - sends requests of switch threads to services, and waits for the replies.
 *
 * The switch thread sends its request itself if a provider can take it at once (direct.h).
 * Otherwise the request goes through the mailbox to the API thread, which has the providers
 * (services.h). In both cases the API thread reads the reply and wakes the waiting thread.
 * Reference-counted: the client may be closed, and the services ended, while threads wait without a
 * lock. */
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
    FSZ_PROVIDER_NAME_BYTES = 256, /* an address, or `client` with user and address */
};

struct fsz_service_client;
struct fsz_direct;

/* A request. Its texts are needed until fsz_service_client_ask() returns. */
struct fsz_request_spec {
    const char *service; /* its name in the configuration */
    const char *method;  /* "xml.fetch" */
    const char *params;  /* JSON text of an object */
    size_t      params_bytes;
    int64_t     deadline_ms; /* of all attempts together; 0: the service's */

    /* For a lookup: only clients that are granted this section get the request. Else NULL. */
    const char *section;

    /* For the offer of a call: the offer is never repeated as a probe, and does not wait for a
     * provider to have room. Else NULL. */
    struct fsz_offered_call *call;
    /* Called every `poll_ms`; false cancels the request. NULL: not called. */
    bool (*goes_on)(void *self);
    void *goes_on_self;
    int   poll_ms;
};

/* The outcome of a request. */
struct fsz_reply {
    json_t *result;                            /* of a success: the caller's; else NULL */
    char    provider[FSZ_PROVIDER_NAME_BYTES]; /* that got the request last; empty: none */
    char    why[FSZ_REPLY_WHY_BYTES];          /* reason of a failure, for a log line */
};

/* How the mailbox's reader opens mails of the service client. A NULL reader: any thread, only
 * frees.
 */
struct fsz_service_client_reader {
    void (*ask)(struct fsz_mail *mail, void *reader); /* `mail` of a request (service_request.h) */
    void (*cancel)(struct fsz_mail *mail, void *reader); /* `cancelled` of a request */
    void (*late)(struct fsz_mail *mail, void *reader);   /* `late` of a request */
    void (*leave)(struct fsz_mail *mail, void *reader);  /* a call's thread has left */
};

FSZ_NODISCARD fsz_err      fsz_service_client_new(struct fsz_mailbox                     *mailbox,
                                                  const struct fsz_service_client_reader *reader,
                                                  struct fsz_service_client             **ret_client);
struct fsz_service_client *fsz_service_client_ref(struct fsz_service_client *client);
/* Accepts NULL in *client. */
void fsz_service_client_unref(struct fsz_service_client **client);
/* The providers as the reader shows them; valid as long as the client. */
struct fsz_direct *fsz_service_client_direct(struct fsz_service_client *client);
/* Ends waiting requests, and refuses new ones, with FSZ_ECLOSED. Any thread. */
void fsz_service_client_close(struct fsz_service_client *client);

/* Sends a request and waits for the reply or the deadline. Any thread but the API thread, which
 * would wait for itself. FSZ_OK: `result` is set. FSZ_EREFUSED: the reply is an error, or the
 * provider does not get the call. FSZ_EINVALID: the reply is invalid. FSZ_ETIMEOUT. FSZ_ENOTFOUND:
 * no provider is available, or no such service. FSZ_EFULL: too many requests (requests-max,
 * requests-bytes) or calls (calls-max). FSZ_ECLOSED. FSZ_ENOMEM. *ret_reply is always written. */
FSZ_NODISCARD fsz_err fsz_service_client_ask(struct fsz_service_client     *client,
                                             const struct fsz_request_spec *spec,
                                             struct fsz_reply              *ret_reply);

/* The call's thread has left: posts that mail behind all mails that were posted before. */
void fsz_service_client_leave(struct fsz_service_client *client, struct fsz_mail *leave);
/* The reader has opened such a mail. */
void fsz_service_client_left(struct fsz_service_client *client);

#endif
