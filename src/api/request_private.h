/* SPDX-License-Identifier: MPL-2.0 */
/* request_private.h - shared by request_begin.c (from the message to a worker), request.c (from the
 * worker to the reply) and request_result.c (the outcome). */
#ifndef FSZ_REQUEST_PRIVATE_H
#define FSZ_REQUEST_PRIVATE_H

#include "api/request.h"

enum { REQUEST_SMALL_BYTES = 1024 }; /* a client always gets a reply of this size */

/* The outcome of a request with that error. */
enum fsz_outcome fsz_request_outcome(enum fsz_rpc_code code);
/* Does the request have a result or an error? */
bool fsz_request_is_decided(const struct fsz_request *request);
/* Gives the reply to the exchange. Once for each request. */
void fsz_request_answer(struct fsz_api *api, struct fsz_request *request, struct fsz_buffer *answer,
                        enum fsz_outcome outcome, const json_t *error);
/* Replies with the result or the error. */
void fsz_request_conclude(struct fsz_api *api, struct fsz_request *request);
/* A worker has the request from now on; or no longer. */
void fsz_request_hand_over(struct fsz_api *api, struct fsz_request *request);
void fsz_request_take_back(struct fsz_api *api, struct fsz_request *request);
/* Frees the request if nothing uses it any more. */
void fsz_request_release(struct fsz_api *api, struct fsz_request *request);

/* The callbacks of its task, its mail and its wait's mail. */
bool fsz_request_run(struct fsz_task *task, bool abandoned);
void fsz_request_finish(struct fsz_task *task, bool more);
void fsz_request_done(struct fsz_mail *mail, void *reader);
void fsz_request_seen(struct fsz_mail *mail, void *reader);

#endif
