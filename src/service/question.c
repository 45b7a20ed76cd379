#include "service/question.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static fsz_err question_init_wake(pthread_cond_t *wake)
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

fsz_err fsz_question_new(struct fsz_desk *desk, const struct fsz_ask *ask,
                         struct fsz_question **ret_question)
{
    struct fsz_question *question = calloc(1, sizeof(*question) + ask->params_bytes);
    if (question == NULL || question_init_wake(&question->wake) != FSZ_OK) {
        free(question);
        return FSZ_ENOMEM;
    }
    question->references = 2;
    question->desk = fsz_desk_ref(desk);
    question->call = ask->call;
    if (question->call != NULL) {
        question->call->ref(question->call);
    }
    snprintf(question->service_name, sizeof(question->service_name), "%s", ask->service);
    question->method = ask->method;
    snprintf(question->section, sizeof(question->section), "%s", ask->section ? ask->section : "");
    question->deadline_ms = ask->deadline_ms;
    question->params_bytes = ask->params_bytes;
    memcpy(question->params, ask->params, ask->params_bytes);
    *ret_question = question;
    return FSZ_OK;
}

struct fsz_question *fsz_question_ref(struct fsz_question *question)
{
    question->references++;
    return question;
}

void fsz_question_unref(struct fsz_question **question)
{
    struct fsz_question *q = *question;
    *question = NULL;
    if (q == NULL || --q->references > 0) {
        return;
    }
    json_decref(q->told.result);
    if (q->call != NULL) {
        q->call->unref(q->call);
    }
    fsz_direct_view_fini(&q->sent.to);
    pthread_cond_destroy(&q->wake);
    fsz_desk_unref(&q->desk);
    free(q);
}

bool fsz_question_settle(struct fsz_question *question)
{
    return atomic_exchange(&question->settled, true);
}

void fsz_question_write(const struct fsz_question *question, uint64_t id, struct fsz_buffer *out)
{
    fsz_buffer_printf(out, "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"id\":%" PRIu64 ",\"params\":",
                      question->method, id);
    fsz_buffer_append(out, question->params, question->params_bytes);
    fsz_buffer_text(out, "}");
}
