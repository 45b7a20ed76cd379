/* SPDX-License-Identifier: MPL-2.0 */
/* One lookup through one binding: from the cache, the service, or by on-failure. */
#include "base/clock.h"
#include "host/log.h"
#include "service/lookup_private.h"
#include "service/xmlcheck.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { RUN_WHY_BYTES = FSZ_REPLY_WHY_BYTES, RUN_LINE_BYTES = 1024 };

/* The service's reply. */
struct run_reply {
    fsz_err     err;    /* FSZ_OK, FSZ_ENOTFOUND, or a failure */
    json_t     *result; /* owns the text of `xml`; or NULL */
    const char *xml;
    size_t      xml_bytes;
    int64_t     ttl_ms; /* of the service; -1: not given */
    char        provider[FSZ_PROVIDER_NAME_BYTES];
    char        why[RUN_WHY_BYTES]; /* of a failure */
};

static bool run_failed(fsz_err err)
{
    return err != FSZ_OK && err != FSZ_ENOTFOUND;
}

/* ---- the log --------------------------------------------------------------------------------- */

/* Text from the network (a domain of a SIP message, a service's error) must stay one line. */
static void run_make_plain(char *line)
{
    for (; *line != '\0'; line++) {
        if ((unsigned char)*line < 0x20 || *line == 0x7f) {
            *line = '?';
        }
    }
}

/* Logs what was looked up and why it failed, but no headers and nothing of a document. */
static void run_log_failure(const struct lookup_course *course, const struct run_reply *reply)
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
        snprintf(more, sizeof(more), " (%" PRIu64 " earlier failures suppressed)", suppressed);
    }
    snprintf(line, sizeof(line),
             "binding \"%s\": lookup of %s %.64s %.64s=\"%.128s\": service \"%s\"%s%.200s: %s%s",
             course->binding->name, lookup->section, lookup->tag ? lookup->tag : "(all)",
             lookup->key ? lookup->key : "-", lookup->value ? lookup->value : "",
             course->binding->service, reply->provider[0] == '\0' ? "" : ", ", reply->provider,
             reply->why[0] == '\0' ? fsz_err_text(reply->err) : reply->why, more);
    run_make_plain(line);
    fsz_host_log(host, FSZ_LOG_WARNING, "%s", line);
}

/* ---- the service ----------------------------------------------------------------------------- */

static void run_read_ttl(const struct lookup_course *course, struct run_reply *reply)
{
    const json_t *ttl = json_object_get(reply->result, "ttl_s");
    double        max_s = (double)course->binding->cache_ttl_max_s;
    double        seconds = json_number_value(ttl);
    if (max_s > 0 && json_is_number(ttl) && seconds >= 0) {
        reply->ttl_ms = (int64_t)((seconds < max_s ? seconds : max_s) * 1000);
    }
}

static fsz_err run_refuse(struct run_reply *reply, const char *why)
{
    snprintf(reply->why, sizeof(reply->why), "%s", why);
    return FSZ_EINVALID;
}

static fsz_err run_read_xml(const struct lookup_course *course, struct run_reply *reply)
{
    const json_t *xml = json_object_get(reply->result, "xml");
    if (!json_is_string(xml)) {
        return run_refuse(reply, "its result has neither a string `xml` nor `found` false");
    }
    reply->xml = json_string_value(xml);
    reply->xml_bytes = json_string_length(xml);
    if (reply->xml_bytes > (uint64_t)course->binding->xml_bytes) {
        snprintf(reply->why, sizeof(reply->why),
                 "a document of %zu bytes exceeds xml-bytes, %" PRId64, reply->xml_bytes,
                 course->binding->xml_bytes);
        return FSZ_ELIMIT;
    }
    char    why[FSZ_XML_WHY_BYTES] = "";
    fsz_err err =
        fsz_xmlcheck(reply->xml, reply->xml_bytes, course->lookup->section, why, sizeof(why));
    if (err == FSZ_EINVALID) {
        snprintf(reply->why, sizeof(reply->why), "document, %s", why);
    }
    return err;
}

static fsz_err run_read(const struct lookup_course *course, struct run_reply *reply)
{
    if (!json_is_object(reply->result)) {
        return run_refuse(reply, "its result is not an object");
    }
    run_read_ttl(course, reply);
    if (json_is_false(json_object_get(reply->result, "found"))) {
        return FSZ_ENOTFOUND;
    }
    return run_read_xml(course, reply);
}

/* The binding's, or its service's: every lookup has a deadline. */
static int64_t run_deadline_ms(const struct lookup_course *course)
{
    return course->binding->deadline_ms > 0 ? course->binding->deadline_ms
                                            : course->service->deadline_ms;
}

/* A service without providers is a failure, not "not found". */
static fsz_err run_ask_service(const struct lookup_course *course, const struct fsz_buffer *params,
                               struct run_reply *reply)
{
    struct fsz_reply        received = {0};
    struct fsz_request_spec spec = {.service = course->binding->service,
                                    .method = "xml.fetch",
                                    .params = (const char *)params->data,
                                    .params_bytes = params->size,
                                    .deadline_ms = run_deadline_ms(course),
                                    .section = course->lookup->section};
    fsz_err                 err = fsz_service_client_ask(course->service_client, &spec, &received);
    memcpy(reply->provider, received.provider, sizeof(reply->provider));
    memcpy(reply->why, received.why, sizeof(received.why));
    reply->result = received.result;
    if (err == FSZ_ENOTFOUND) {
        return FSZ_EREFUSED;
    }
    return err == FSZ_OK ? run_read(course, reply) : err;
}

static void run_ask(const struct lookup_course *course, struct run_reply *reply)
{
    struct fsz_buffer params;
    int64_t           began_us = fsz_clock_monotonic_us();
    fsz_buffer_init(&params, FSZ_LOOKUP_REQUEST_BYTES);
    reply->ttl_ms = -1;
    reply->err = fsz_lookup_write_request(&params, course->lookups->switchname, course->lookup,
                                          course->binding->params);
    if (reply->err == FSZ_OK) {
        reply->err = run_ask_service(course, &params, reply);
    }
    fsz_buffer_fini(&params);
    pthread_mutex_lock(&course->meter->lock);
    fsz_latency_add(&course->meter->latency, fsz_clock_monotonic_us() - began_us);
    pthread_mutex_unlock(&course->meter->lock);
    if (run_failed(reply->err) && reply->err != FSZ_ECLOSED) { /* a stop is not a failure */
        run_log_failure(course, reply);
    }
}

static fsz_err run_without_cache(const struct lookup_course *course, struct fsz_buffer *xml)
{
    struct run_reply reply = {0};
    run_ask(course, &reply);
    if (reply.err == FSZ_OK) {
        reply.err = fsz_buffer_append(xml, reply.xml, reply.xml_bytes);
    }
    json_decref(reply.result);
    return reply.err;
}

/* ---- the cache ------------------------------------------------------------------------------- */

static bool run_caches(const struct fsz_binding_config *binding)
{
    return binding->cache_s > 0 || binding->cache_negative_s > 0 || binding->cache_ttl_max_s > 0 ||
           binding->stale_s > 0;
}

static int64_t run_fresh_ms(const struct fsz_binding_config *binding, const struct run_reply *reply)
{
    if (reply->ttl_ms >= 0) {
        return reply->ttl_ms;
    }
    return 1000 * (reply->err == FSZ_OK ? binding->cache_s : binding->cache_negative_s);
}

/* Asks the service, also for threads that wait for the same key. */
static void run_ask_for_all(const struct lookup_course *course, struct fsz_cache_key key,
                            struct fsz_cache_found *found)
{
    struct run_reply reply = {0};
    run_ask(course, &reply);
    if (reply.err == FSZ_OK) {
        reply.err = fsz_document_new(reply.xml, reply.xml_bytes, &found->document);
    }
    found->err = reply.err;
    struct fsz_cache_answer outcome = {.err = reply.err,
                                       .document = found->document,
                                       .now_ms = fsz_clock_monotonic_ms(),
                                       .fresh_ms = run_fresh_ms(course->binding, &reply),
                                       .stale_ms = 1000 * course->binding->stale_s};
    json_decref(reply.result);
    if (reply.err == FSZ_ENOTFOUND && found->flight == NULL) {
        fsz_lookup_cache_forget(course->lookups->cache, key);
    }
    fsz_lookup_cache_tell(course->lookups->cache, &found->flight, &outcome);
}

static void run_count_how(const struct lookup_course *course, enum fsz_cache_how how)
{
    if (how == FSZ_CACHE_HIT) {
        course->meter->cache_hits++;
    } else if (how == FSZ_CACHE_COALESCED) {
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

/* ---- the result ------------------------------------------------------------------------------ */

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
