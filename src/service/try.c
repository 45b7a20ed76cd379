/* One question at one provider, from its sending until it is answered, given up or lost. */
#include "service/service_private.h"

#include <stdlib.h>
#include <time.h>
#include <utlist.h>

static int64_t service_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void try_release(struct fsz_provider *provider)
{
    fsz_direct_release(provider->service->services->base.direct, &provider->direct);
    fsz_services_note_less(provider);
}

static struct fsz_try *try_new(struct fsz_provider *provider, struct fsz_question *question,
                               uint64_t id, bool probe)
{
    struct fsz_services *services = provider->service->services;
    struct fsz_try      *try = calloc(1, sizeof(*try));
    if (try == NULL) {
        try_release(provider);
        return NULL;
    }
    try->id = id;
    HASH_ADD(hh, services->tries, id, sizeof(try->id), try);
    if (try->hh.tbl == NULL) {
        try_release(provider);
        free(try);
        return NULL;
    }
    try->question = fsz_question_ref(question);
    try->probe = probe;
    try->provider = provider;
    try->sent_us = service_now_us();
    DL_APPEND(provider->tries, try);
    if (!probe) {
        DL_PREPEND2(question->tries, try, previous_of, next_of);
    }
    provider->in_flight++;
    return try;
}

void fsz_try_free(struct fsz_try *try)
{
    struct fsz_provider *provider = try->provider;
    HASH_DEL(provider->service->services->tries, try);
    DL_DELETE(provider->tries, try);
    if (!try->probe) {
        DL_DELETE2(try->question->tries, try, previous_of, next_of);
    }
    provider->in_flight--;
    try_release(provider);
    fsz_question_unref(&try->question);
    free(try);
}

bool fsz_try_send(struct fsz_provider *provider, struct fsz_question *question, bool probe)
{
    uint64_t        id = fsz_direct_next_id(provider->service->services->base.direct);
    struct fsz_try *try = try_new(provider, question, id, probe);
    if (try == NULL) {
        return false;
    }
    if (!fsz_provider_send(provider, question, try->id)) {
        fsz_try_free(try);
        return false;
    }
    provider->counters.asked++;
    return true;
}

bool fsz_try_adopt(struct fsz_provider *provider, struct fsz_question *question)
{
    const struct fsz_sent *sent = &question->sent;
    struct fsz_try        *try = try_new(provider, question, sent->id, false);
    struct fsz_channel    *channel = fsz_provider_client(provider)->channel;
    provider->counters.asked++;
    if (channel != NULL) {
        fsz_channel_count_sent(channel, FSZ_OK, sent->bytes);
    }
    if (try != NULL) {
        try->sent_us = sent->at_us;
    }
    return try != NULL;
}

void fsz_try_unsent(struct fsz_try *try)
{
    const struct fsz_question *question = try->question;
    struct fsz_channel        *channel = fsz_provider_client(try->provider)->channel;
    try->provider->counters.asked--;
    if (channel != NULL) {
        fsz_channel_count_unsent(channel, question->unsent, question->sent.bytes);
    }
    fsz_service_lose(try);
}

void fsz_try_cancel(const struct fsz_try *try)
{
    struct fsz_question *question = try->question;
    if (try->id != question->sent.id || fsz_question_settle(question)) {
        fsz_service_calls(try->provider->service)->cancel(question->call, try->provider, try->id);
    }
}

/* Less than half of what a question has: most of its time it waited for room, which says nothing of
 * who got it in the end. */
static bool try_was_short(const struct fsz_try *try)
{
    int64_t whole_ms = try->provider->service->config->attempt_ms;
    whole_ms = whole_ms < try->question->patience_ms ? whole_ms : try->question->patience_ms;
    return fsz_try_age_us(try) < whole_ms * 500;
}

/* The provider did not answer it in time; told when that puts it aside. */
bool fsz_try_missed(struct fsz_try *try, int64_t now_ms)
{
    struct fsz_provider             *provider = try->provider;
    const struct fsz_service_config *config = provider->service->config;
    if (try->missed) {
        return false;
    }
    try->missed = true;
    provider->counters.missed++;
    if (try_was_short(try) ||
        !fsz_breaker_missed(&provider->breaker, config->failures_max, now_ms)) {
        return false;
    }
    provider->counters.asides++;
    provider->service->services->next_probe_ms = now_ms;
    fsz_services_tell(provider, "it does not answer in time");
    return true;
}

int64_t fsz_try_age_us(const struct fsz_try *try)
{
    return service_now_us() - try->sent_us;
}
