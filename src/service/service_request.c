#include "service/service_request.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static fsz_err request_init_wake(pthread_cond_t *wake)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0) {
        return FSZ_ENOMEM;
    }
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    int error = pthread_cond_init(wake, &attributes);
    pthread_condattr_destroy(&attributes);
    return error == 0 ? FSZ_OK : FSZ_ENOMEM;
}

fsz_err fsz_service_request_new(struct fsz_service_client     *service_client,
                                const struct fsz_request_spec *ask,
                                struct fsz_service_request   **ret_request)
{
    struct fsz_service_request *request = calloc(1, sizeof(*request) + ask->params_bytes);
    if (request == NULL || request_init_wake(&request->wake) != FSZ_OK) {
        free(request);
        return FSZ_ENOMEM;
    }
    request->references = 2;
    request->service_client = fsz_service_client_ref(service_client);
    request->call = ask->call;
    if (request->call != NULL) {
        request->call->ref(request->call);
    }
    snprintf(request->service_name, sizeof(request->service_name), "%s", ask->service);
    request->method = ask->method;
    snprintf(request->section, sizeof(request->section), "%s", ask->section ? ask->section : "");
    request->deadline_ms = ask->deadline_ms;
    request->params_bytes = ask->params_bytes;
    memcpy(request->params, ask->params, ask->params_bytes);
    *ret_request = request;
    return FSZ_OK;
}

struct fsz_service_request *fsz_service_request_ref(struct fsz_service_request *request)
{
    request->references++;
    return request;
}

void fsz_service_request_unref(struct fsz_service_request **request)
{
    struct fsz_service_request *q = *request;
    *request = NULL;
    if (q == NULL || --q->references > 0) {
        return;
    }
    json_decref(q->reply.result);
    if (q->call != NULL) {
        q->call->unref(q->call);
    }
    fsz_direct_view_fini(&q->sent.to);
    pthread_cond_destroy(&q->wake);
    fsz_service_client_unref(&q->service_client);
    free(q);
}

bool fsz_service_request_settle(struct fsz_service_request *request)
{
    return atomic_exchange(&request->settled, true);
}

void fsz_service_request_write(const struct fsz_service_request *request, uint64_t id,
                               struct fsz_buffer *out)
{
    fsz_buffer_printf(out, "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"id\":%" PRIu64 ",\"params\":",
                      request->method, id);
    fsz_buffer_append(out, request->params, request->params_bytes);
    fsz_buffer_text(out, "}");
}
