/* One lookup by one binding: from the cache, from the service, or as on-failure has it. */
#include "base/clock.h"
#include "host/log.h"
#include "service/lookup_private.h"
#include "service/xmlcheck.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { RUN_WHY_BYTES = FSZ_REPLY_WHY_BYTES, RUN_LINE_BYTES = 1024 };

/* What the service said. */
struct run_answer {
    fsz_err     err;    /* FSZ_OK, FSZ_ENOTFOUND, or a failure */
    json_t     *result; /* whose text `xml` is; NULL: none */
    const char *xml;
    size_t      xml_bytes;
    int64_t     ttl_ms; /* that the service gave; -1: none */
    char        provider[FSZ_PROVIDER_NAME_BYTES];
    char        why[RUN_WHY_BYTES]; /* of a failure */
};

static bool run_failed(fsz_err err)
{
    return err != FSZ_OK && err != FSZ_ENOTFOUND;
}

/* ---- the log --------------------------------------------------------------------------------- */

/* What came by the network (a domain of a SIP message, words of a service) must stay one line. */
static void run_make_plain(char *line)
{
    for (; *line != '\0'; line++) {
        if ((unsigned char)*line < 0x20 || *line == 0x7f) {
            *line = '?';
        }
    }
}

/* Names what was looked for, and who failed; no header and nothing of a document. */
static void run_tell(const struct lookup_course *course, const struct run_answer *answer)
{
    const struct fsz_lookup *lookup = course->lookup;
    const struct fsz_host   *host = course->lookups->host;
    uint64_t                 suppressed = 0;
    char                     line[RUN_LINE_BYTES], more[64] = "";
    pthread_mutex_lock(&course->meter->lock);
    bool passes = fsz_ratelimit_passes(&course->meter->failures, &suppressed);
    pthread_mutex_unlock(&course->meter->lock);
    if (!passes) {
        return;
    }
    if (suppressed > 0) {
        snprintf(more, sizeof(more), " (%" PRIu64 " more failed before it)", suppressed);
    }
    snprintf(line, sizeof(line),
             "binding \"%s\": lookup of %s %.64s %.64s=\"%.128s\": service \"%s\"%s%.200s: %s%s",
             course->binding->name, lookup->section, lookup->tag ? lookup->tag : "(all)",
             lookup->key ? lookup->key : "-", lookup->value ? lookup->value : "",
             course->binding->service, answer->provider[0] == '\0' ? "" : ", ", answer->provider,
             answer->why[0] == '\0' ? fsz_err_text(answer->err) : answer->why, more);
    run_make_plain(line);
    fsz_host_log(host, FSZ_LOG_WARNING, line);
}

/* ---- the service ----------------------------------------------------------------------------- */

static void run_read_ttl(const struct lookup_course *course, struct run_answer *answer)
{
    const json_t *ttl = json_object_get(answer->result, "ttl_s");
    double        max_s = (double)course->binding->cache_ttl_max_s;
    double        seconds = json_number_value(ttl);
    if (max_s > 0 && json_is_number(ttl) && seconds >= 0) {
        answer->ttl_ms = (int64_t)((seconds < max_s ? seconds : max_s) * 1000);
    }
}

static fsz_err run_refuse(struct run_answer *answer, const char *why)
{
    snprintf(answer->why, sizeof(answer->why), "%s", why);
    return FSZ_EINVALID;
}

static fsz_err run_read_xml(const struct lookup_course *course, struct run_answer *answer)
{
    const json_t *xml = json_object_get(answer->result, "xml");
    if (!json_is_string(xml)) {
        return run_refuse(answer, "its result has neither `xml`, a text, nor `found` false");
    }
    answer->xml = json_string_value(xml);
    answer->xml_bytes = json_string_length(xml);
    if (answer->xml_bytes > (uint64_t)course->binding->xml_bytes) {
        snprintf(answer->why, sizeof(answer->why),
                 "a document of %zu bytes is over xml-bytes, %" PRId64, answer->xml_bytes,
                 course->binding->xml_bytes);
        return FSZ_ELIMIT;
    }
    char    why[FSZ_XML_WHY_BYTES] = "";
    fsz_err err =
        fsz_xmlcheck(answer->xml, answer->xml_bytes, course->lookup->section, why, sizeof(why));
    if (err == FSZ_EINVALID) {
        snprintf(answer->why, sizeof(answer->why), "document, %s", why);
    }
    return err;
}

static fsz_err run_read(const struct lookup_course *course, struct run_answer *answer)
{
    if (!json_is_object(answer->result)) {
        return run_refuse(answer, "its result is no object");
    }
    run_read_ttl(course, answer);
    if (json_is_false(json_object_get(answer->result, "found"))) {
        return FSZ_ENOTFOUND;
    }
    return run_read_xml(course, answer);
}

/* The binding's, or its service's: every wait of a lookup has a bound. */
static int64_t run_deadline_ms(const struct lookup_course *course)
{
    return course->binding->deadline_ms > 0 ? course->binding->deadline_ms
                                            : course->service->deadline_ms;
}

/* A service without providers has not found anything out: that is a failure. */
static fsz_err run_ask_service_client(const struct lookup_course *course,
                                      const struct fsz_buffer *params, struct run_answer *answer)
{
    struct fsz_reply        reply = {0};
    struct fsz_request_spec ask = {.service = course->binding->service,
                                   .method = "xml.fetch",
                                   .params = (const char *)params->data,
                                   .params_bytes = params->size,
                                   .deadline_ms = run_deadline_ms(course),
                                   .section = course->lookup->section};
    fsz_err                 err = fsz_service_client_ask(course->service_client, &ask, &reply);
    memcpy(answer->provider, reply.provider, sizeof(answer->provider));
    memcpy(answer->why, reply.why, sizeof(reply.why));
    answer->result = reply.result;
    if (err == FSZ_ENOTFOUND) {
        return FSZ_EREFUSED;
    }
    return err == FSZ_OK ? run_read(course, answer) : err;
}

static void run_ask(const struct lookup_course *course, struct run_answer *answer)
{
    struct fsz_buffer params;
    int64_t           began_us = fsz_clock_monotonic_us();
    fsz_buffer_init(&params, FSZ_LOOKUP_REQUEST_BYTES);
    answer->ttl_ms = -1;
    answer->err = fsz_lookup_write_request(&params, course->lookups->switchname, course->lookup,
                                           course->binding->params);
    if (answer->err == FSZ_OK) {
        answer->err = run_ask_service_client(course, &params, answer);
    }
    fsz_buffer_fini(&params);
    pthread_mutex_lock(&course->meter->lock);
    fsz_latency_add(&course->meter->latency, fsz_clock_monotonic_us() - began_us);
    pthread_mutex_unlock(&course->meter->lock);
    if (run_failed(answer->err) && answer->err != FSZ_ECLOSED) { /* a stop is nobody's failure */
        run_tell(course, answer);
    }
}

static fsz_err run_without_cache(const struct lookup_course *course, struct fsz_buffer *xml)
{
    struct run_answer answer = {0};
    run_ask(course, &answer);
    if (answer.err == FSZ_OK) {
        answer.err = fsz_buffer_append(xml, answer.xml, answer.xml_bytes);
    }
    json_decref(answer.result);
    return answer.err;
}

/* ---- the cache ------------------------------------------------------------------------------- */

static bool run_caches(const struct fsz_binding_config *binding)
{
    return binding->cache_s > 0 || binding->cache_negative_s > 0 || binding->cache_ttl_max_s > 0 ||
           binding->stale_s > 0;
}

static int64_t run_fresh_ms(const struct fsz_binding_config *binding,
                            const struct run_answer         *answer)
{
    if (answer->ttl_ms >= 0) {
        return answer->ttl_ms;
    }
    return 1000 * (answer->err == FSZ_OK ? binding->cache_s : binding->cache_negative_s);
}

/* Asks for those too who wait for the same. */
static void run_ask_for_all(const struct lookup_course *course, struct fsz_cache_key key,
                            struct fsz_cache_found *found)
{
    struct run_answer answer = {0};
    run_ask(course, &answer);
    if (answer.err == FSZ_OK) {
        answer.err = fsz_document_new(answer.xml, answer.xml_bytes, &found->document);
    }
    found->err = answer.err;
    struct fsz_cache_answer reply = {.err = answer.err,
                                     .document = found->document,
                                     .now_ms = fsz_clock_monotonic_ms(),
                                     .fresh_ms = run_fresh_ms(course->binding, &answer),
                                     .stale_ms = 1000 * course->binding->stale_s};
    json_decref(answer.result);
    if (answer.err == FSZ_ENOTFOUND && found->flight == NULL) {
        fsz_lookup_cache_forget(course->lookups->cache, key);
    }
    fsz_lookup_cache_tell(course->lookups->cache, &found->flight, &reply);
}

static void run_count_how(const struct lookup_course *course, enum fsz_cache_how how)
{
    if (how == FSZ_CACHE_HIT) {
        course->meter->cache_hits++;
    } else if (how == FSZ_CACHE_JOINED) {
        course->meter->coalesced++;
    }
}

static fsz_err run_by_key(const struct lookup_course *course, struct fsz_cache_key key,
                          struct fsz_buffer *xml)
{
    struct fsz_lookup_cache *cache = course->lookups->cache;
    struct fsz_cache_found   found;
    fsz_lookup_cache_get(cache, key, fsz_clock_monotonic_ms(), run_deadline_ms(course), &found);
    run_count_how(course, found.how);
    if (found.how == FSZ_CACHE_ASK) {
        run_ask_for_all(course, key, &found);
    }
    if (run_failed(found.err)) {
        found.document = fsz_lookup_cache_stale(cache, key, fsz_clock_monotonic_ms());
        found.err = found.document != NULL ? FSZ_OK : found.err;
        course->meter->stale += found.document != NULL;
    }
    if (found.document != NULL) {
        found.err = fsz_buffer_append(xml, found.document->text, found.document->bytes);
    }
    fsz_document_unref(&found.document);
    return found.err;
}

static fsz_err run_with_cache(const struct lookup_course *course, struct fsz_buffer *xml)
{
    struct fsz_buffer key;
    fsz_buffer_init(&key, FSZ_LOOKUP_KEY_BYTES);
    fsz_err err = fsz_lookup_write_key(&key, course->lookup, course->binding);
    if (err == FSZ_OK) {
        struct fsz_cache_key whole = {key.data, key.size};
        err = run_by_key(course, whole, xml);
    } else {
        err = run_without_cache(course, xml);
    }
    fsz_buffer_fini(&key);
    return err;
}

/* ---- what becomes of it ---------------------------------------------------------------------- */

static void run_count(struct lookup_meter *meter, fsz_err err)
{
    if (err == FSZ_OK) {
        meter->found++;
    } else if (err == FSZ_ENOTFOUND) {
        meter->not_found++;
    } else {
        meter->failed++;
    }
}

fsz_err fsz_lookup_run(const struct lookup_course *course, struct fsz_buffer *xml)
{
    size_t before = xml->size;
    course->meter->asked++;
    fsz_err err =
        run_caches(course->binding) ? run_with_cache(course, xml) : run_without_cache(course, xml);
    run_count(course->meter, err);
    if (!run_failed(err)) {
        return err;
    }
    xml->size = before;
    bool fallback = course->binding->on_failure == FSZ_ON_FAILURE_FALLBACK;
    if (!fallback && fsz_lookup_write_nothing(xml, course->lookup) == FSZ_OK) {
        return FSZ_OK;
    }
    xml->size = before;
    return FSZ_ENOTFOUND;
}
