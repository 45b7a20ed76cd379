/* request_private.h - shared by request_begin.c (a request's way there), request.c (back) and
 * request_result.c (what becomes of it). */
#ifndef FSZ_REQUEST_PRIVATE_H
#define FSZ_REQUEST_PRIVATE_H

#include "api/request.h"

enum { REQUEST_SMALL_BYTES = 1024 }; /* an answer that a client gets whatever it has not taken */

/* How a request with that error counts. */
enum fsz_outcome fsz_request_outcome(enum fsz_rpc_code code);
/* Has it a result or an error? */
bool fsz_request_is_decided(const struct fsz_request *request);
/* The exchange gets the answer, once; what comes later is only counted. */
void fsz_request_answer(struct fsz_api *api, struct fsz_request *request, struct fsz_buffer *answer,
                        enum fsz_outcome outcome, const json_t *error);
/* Answers with what it was decided to be. */
void fsz_request_conclude(struct fsz_api *api, struct fsz_request *request);
/* A worker has it from now on, or not any more. */
void fsz_request_hand_over(struct fsz_api *api, struct fsz_request *request);
void fsz_request_take_back(struct fsz_api *api, struct fsz_request *request);
/* Frees it when nobody holds it any more. */
void fsz_request_release(struct fsz_api *api, struct fsz_request *request);

/* What its task, its mail and its wait's mail run. */
bool fsz_request_run(struct fsz_task *task, bool abandoned);
void fsz_request_finish(struct fsz_task *task, bool more);
void fsz_request_done(struct fsz_mail *mail, void *reader);
void fsz_request_seen(struct fsz_mail *mail, void *reader);

#endif
