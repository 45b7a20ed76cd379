/* SPDX-License-Identifier: MPL-2.0 */
#include "auth/audit.h"

#include "auth/redact.h"
#include "base/bucket.h"
#include "base/clock.h"
#include "host/log.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { AUDIT_HEADERS_MAX = 16, AUDIT_NUMBER_BYTES = 24 };

struct audit_flow {
    struct fsz_bucket events, lines;
    _Atomic uint64_t  records;
};

struct fsz_audit {
    const struct fsz_host   *host;
    fsz_audit_offer_fn       offer;
    void                    *offer_self;
    struct fsz_host_identity identity;
    pthread_mutex_t   lock; /* of the buckets; not held during calls of the host or offer() */
    _Atomic int64_t   rate;
    struct audit_flow commands, refusals;
    _Atomic uint64_t  suppressed;
};

/* Where a record goes, and how many were suppressed there before it. */
struct audit_outlets {
    bool     event, line;
    uint64_t suppressed_events, suppressed_lines;
};

/* The texts of a record, without secrets. */
struct audit_texts {
    char what[FSZ_AUDIT_TEXT_BYTES], why[FSZ_AUDIT_TEXT_BYTES];
    char user[FSZ_USER_NAME_MAX + 8];
    char took_us[AUDIT_NUMBER_BYTES], suppressed[AUDIT_NUMBER_BYTES], time[AUDIT_NUMBER_BYTES],
        serial[AUDIT_NUMBER_BYTES];
};

fsz_err fsz_audit_new(const struct fsz_host *host, fsz_audit_offer_fn offer, void *offer_self,
                      struct fsz_audit **ret_audit)
{
    struct fsz_audit *audit = calloc(1, sizeof(*audit));
    if (audit == NULL) {
        return FSZ_ENOMEM;
    }
    audit->host = host;
    audit->offer = offer;
    audit->offer_self = offer_self;
    audit->rate = FSZ_AUDIT_RATE_DEFAULT;
    pthread_mutex_init(&audit->lock, NULL);
    if (host->identify != NULL) {
        host->identify(host->self, &audit->identity);
    }
    *ret_audit = audit;
    return FSZ_OK;
}

void fsz_audit_free(struct fsz_audit **audit)
{
    struct fsz_audit *a = *audit;
    *audit = NULL;
    if (a != NULL) {
        pthread_mutex_destroy(&a->lock);
        free(a);
    }
}

void fsz_audit_set_rate(struct fsz_audit *audit, int64_t rate)
{
    audit->rate = rate;
}

static void audit_write_texts(struct audit_texts *texts, const struct fsz_audit_record *record)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    fsz_redact(record->what ? record->what : "", texts->what, sizeof(texts->what));
    fsz_redact(record->why ? record->why : "", texts->why, sizeof(texts->why));
    fsz_redact(record->peer->user, texts->user, sizeof(texts->user));
    snprintf(texts->took_us, sizeof(texts->took_us), "%" PRId64, record->took_us);
    snprintf(texts->serial, sizeof(texts->serial), "%" PRIu64, record->peer->serial);
    snprintf(texts->time, sizeof(texts->time), "%" PRId64,
             (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

static void audit_header(struct fsz_header *headers, size_t *count, const char *name,
                         const char *value)
{
    if (value[0] != '\0') {
        headers[(*count)++] = (struct fsz_header){.name = name, .value = value};
    }
}

static void audit_offer(struct fsz_audit *audit, const struct fsz_audit_record *record,
                        struct audit_texts *texts, uint64_t suppressed)
{
    struct fsz_header headers[AUDIT_HEADERS_MAX] = {{.name = NULL}};
    size_t            count = 0;
    snprintf(texts->suppressed, sizeof(texts->suppressed), "%" PRIu64, suppressed);
    audit_header(headers, &count, "Core-UUID", audit->identity.core_uuid);
    audit_header(headers, &count, "FreeSWITCH-Hostname", audit->identity.hostname);
    audit_header(headers, &count, "FreeSWITCH-Switchname", audit->identity.switchname);
    audit_header(headers, &count, "Event-Date-Timestamp", texts->time);
    audit_header(headers, &count, "Audit-User", texts->user);
    audit_header(headers, &count, "Audit-Address", record->peer->address);
    audit_header(headers, &count, "Audit-Connection", texts->serial);
    audit_header(headers, &count, "Audit-Socket", record->socket);
    audit_header(headers, &count, "Audit-Action", record->action);
    audit_header(headers, &count, "Audit-What", texts->what);
    audit_header(headers, &count, "Audit-Outcome", record->outcome);
    audit_header(headers, &count, "Audit-Why", texts->why);
    audit_header(headers, &count, "Audit-Took-us", record->took_us < 0 ? "" : texts->took_us);
    audit_header(headers, &count, "Audit-Suppressed", suppressed == 0 ? "" : texts->suppressed);
    struct fsz_event event = {.name = "CUSTOM",
                              .subclass = FSZ_AUDIT_SUBCLASS,
                              .headers = headers,
                              .read = fsz_headers_of_array};
    if (audit->offer(audit->offer_self, &event) != FSZ_OK) {
        audit->suppressed++;
    }
}

static void audit_log(struct fsz_audit *audit, const struct fsz_audit_record *record,
                      const struct audit_texts *texts, uint64_t suppressed)
{
    char more[48] = "";
    if (suppressed > 0) {
        snprintf(more, sizeof(more), " (%" PRIu64 " more suppressed)", suppressed);
    }
    fsz_host_log(
        audit->host, record->weight == FSZ_AUDIT_REFUSAL ? FSZ_LOG_WARNING : FSZ_LOG_INFO,
        "audit: %s at %s, %.64s: %.64s %s: %.64s%s%s%s", texts->user[0] ? texts->user : "nobody",
        record->peer->address[0] ? record->peer->address : "local", record->socket, record->action,
        texts->what, record->outcome, texts->why[0] ? ", " : "", texts->why, more);
}

/* Takes the tokens that the record needs. */
static void audit_take(struct fsz_audit *audit, struct audit_flow *flow, int64_t rate,
                       struct audit_outlets *outlets)
{
    int64_t now_ms = fsz_clock_monotonic_ms();
    int64_t line_rate = rate < FSZ_AUDIT_LOG_RATE ? rate : FSZ_AUDIT_LOG_RATE;
    int64_t line_burst = rate < FSZ_AUDIT_LOG_BURST ? rate : FSZ_AUDIT_LOG_BURST;
    pthread_mutex_lock(&audit->lock);
    outlets->event =
        fsz_bucket_take(&flow->events, rate, rate, now_ms, &outlets->suppressed_events);
    outlets->line = outlets->line && fsz_bucket_take(&flow->lines, line_rate, line_burst, now_ms,
                                                     &outlets->suppressed_lines);
    pthread_mutex_unlock(&audit->lock);
}

void fsz_audit_write(struct fsz_audit *audit, const struct fsz_audit_record *record)
{
    bool               refusal = record->weight == FSZ_AUDIT_REFUSAL;
    struct audit_flow *flow = refusal ? &audit->refusals : &audit->commands;
    int64_t            rate = audit->rate;
    flow->records++;
    if (rate <= 0) {
        audit->suppressed++;
        return;
    }
    struct audit_outlets outlets = {.line = record->weight != FSZ_AUDIT_ROUTINE};
    struct audit_texts   texts;
    audit_take(audit, flow, rate, &outlets);
    if (outlets.event || outlets.line) {
        audit_write_texts(&texts, record);
    }
    if (outlets.event) {
        audit_offer(audit, record, &texts, outlets.suppressed_events);
    } else {
        audit->suppressed++;
    }
    if (outlets.line) {
        audit_log(audit, record, &texts, outlets.suppressed_lines);
    }
}

struct fsz_audit_counters fsz_audit_counters(const struct fsz_audit *audit)
{
    return (struct fsz_audit_counters){.commands = audit->commands.records,
                                       .refusals = audit->refusals.records,
                                       .suppressed = audit->suppressed};
}
