/* SPDX-License-Identifier: MPL-2.0 */
#include "service/service_request.h"

#include "base/ref.h"
#include "base/thread.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

fsz_err fsz_service_request_new(struct fsz_service_client     *client,
                                const struct fsz_request_spec *spec,
                                struct fsz_service_request   **ret_request)
{
    struct fsz_service_request *request = calloc(1, sizeof(*request) + spec->params_bytes);
    if (request == NULL || fsz_thread_init_cond(&request->wake) != FSZ_OK) {
        free(request);
        return FSZ_ENOMEM;
    }
    fsz_ref_init(&request->references, 2);
    request->service_client = fsz_service_client_ref(client);
    request->call = spec->call;
    if (request->call != NULL) {
        request->call->ref(request->call);
    }
    snprintf(request->service_name, sizeof(request->service_name), "%s", spec->service);
    request->method = spec->method;
    snprintf(request->section, sizeof(request->section), "%s", spec->section ? spec->section : "");
    request->deadline_ms = spec->deadline_ms;
    request->params_bytes = spec->params_bytes;
    memcpy(request->params, spec->params, spec->params_bytes);
    *ret_request = request;
    return FSZ_OK;
}

struct fsz_service_request *fsz_service_request_ref(struct fsz_service_request *request)
{
    fsz_ref_take(&request->references);
    return request;
}

void fsz_service_request_unref(struct fsz_service_request **request)
{
    struct fsz_service_request *r = *request;
    *request = NULL;
    if (r == NULL || !fsz_ref_drop(&r->references)) {
        return;
    }
    json_decref(r->reply.result);
    if (r->call != NULL) {
        r->call->unref(r->call);
    }
    fsz_direct_view_fini(&r->sent.to);
    pthread_cond_destroy(&r->wake);
    fsz_service_client_unref(&r->service_client);
    free(r);
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
