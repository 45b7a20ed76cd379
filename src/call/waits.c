/* SPDX-License-Identifier: MPL-2.0 */
#include "call/waits.h"

#include "base/thread.h"
#include "event/ending.h"
#include "rpc/rpc.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum { WAITS_BUCKETS = 1024 };

struct fsz_waits {
    _Atomic uint32_t *watched;
    pthread_mutex_t   lock;
    struct fsz_wait  *buckets[WAITS_BUCKETS]; /* by call */
};

enum waits_end { WAITS_BEGUN, WAITS_ONCE, WAITS_NO_MORE, WAITS_HUNGUP };

/* Events that concern waits, and the header that has the wait's id. */
static const struct waits_event {
    const char    *name, *id;
    enum waits_end end;
} waits_events[] = {{"CHANNEL_EXECUTE_COMPLETE", "Application-UUID", WAITS_ONCE},
                    {"PRIVATE_COMMAND", "Event-UUID", WAITS_NO_MORE},
                    {"CHANNEL_HANGUP_COMPLETE", NULL, WAITS_HUNGUP},
                    {"CHANNEL_DESTROY", NULL, WAITS_HUNGUP}};
static const struct waits_event waits_begin = {"CHANNEL_EXECUTE", "Application-UUID", WAITS_BEGUN};

fsz_err fsz_waits_new(_Atomic uint32_t *watched, struct fsz_waits **ret_waits)
{
    struct fsz_waits *waits = calloc(1, sizeof(*waits));
    if (waits == NULL) {
        return FSZ_ENOMEM;
    }
    waits->watched = watched;
    pthread_mutex_init(&waits->lock, NULL);
    *ret_waits = waits;
    return FSZ_OK;
}

void fsz_waits_free(struct fsz_waits **waits)
{
    if (*waits != NULL) {
        pthread_mutex_destroy(&(*waits)->lock);
        free(*waits);
        *waits = NULL;
    }
}

static struct fsz_wait **waits_bucket(struct fsz_waits *waits, const char *call)
{
    uint32_t hash = 2166136261U; /* FNV-1a */
    for (; *call != '\0'; call++) {
        hash = (hash ^ (unsigned char)*call) * 16777619U;
    }
    return &waits->buckets[hash % WAITS_BUCKETS];
}

void fsz_waits_add(struct fsz_waits *waits, struct fsz_wait *wait)
{
    struct fsz_wait **bucket = waits_bucket(waits, wait->call);
    fsz_thread_lock(&waits->lock);
    DL_APPEND2(*bucket, wait, previous, next);
    pthread_mutex_unlock(&waits->lock);
    atomic_fetch_add(waits->watched, 1);
}

static void waits_take_locked(struct fsz_waits *waits, struct fsz_wait **bucket,
                              struct fsz_wait *wait)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): its bucket is not empty */
    DL_DELETE2(*bucket, wait, previous, next);
    wait->next = NULL;
    wait->previous = NULL;
    atomic_fetch_sub(waits->watched, 1);
}

bool fsz_waits_remove(struct fsz_waits *waits, struct fsz_wait *wait)
{
    struct fsz_wait **bucket = waits_bucket(waits, wait->call), *at = NULL;
    fsz_thread_lock(&waits->lock);
    for (at = *bucket; at != NULL && at != wait; at = at->next) {
    }
    if (at != NULL) {
        waits_take_locked(waits, bucket, wait);
    }
    pthread_mutex_unlock(&waits->lock);
    return at != NULL;
}

static json_t *waits_header(const struct fsz_event *event, const char *name)
{
    struct fsz_header header;
    if (!fsz_event_find(event, name, &header) || header.value_count > 0 || header.value == NULL) {
        return NULL;
    }
    return fsz_rpc_text(header.value, strlen(header.value));
}

static json_t *waits_variables(const struct fsz_event *event, const json_t *names)
{
    static const char prefix[] = "variable_";
    json_t           *variables = json_object(), *name = NULL;
    size_t            index = 0;
    json_array_foreach(names, index, name)
    {
        char    header[256];
        size_t  length = json_string_length(name);
        json_t *value = NULL;
        if (length < sizeof(header) - sizeof(prefix)) {
            memcpy(header, prefix, sizeof(prefix) - 1);
            memcpy(header + sizeof(prefix) - 1, json_string_value(name), length + 1);
            value = waits_header(event, header);
        }
        json_object_set_new(variables, json_string_value(name), value ? value : json_null());
    }
    return variables;
}

static json_t *waits_result(const struct fsz_event *event, const json_t *names)
{
    json_t *response = waits_header(event, "Application-Response");
    json_t *result = json_pack("{s:o}", "response", response ? response : json_null());
    if (names != NULL) {
        json_object_set_new(result, "variables", waits_variables(event, names));
    }
    return result;
}

/* What an event means for a wait. */
struct waits_news {
    const char    *call, *id; /* id NULL: all waits of the call */
    enum waits_end end;
    const char    *ended;  /* how the application was cut short, or why it did not run; or NULL */
    json_t        *result; /* of WAITS_ONCE */
};

/* An application began or ended on the call: the wait's own, or one on top of it. */
static void waits_count_locked(struct fsz_wait *at, const struct waits_news *news, bool own)
{
    bool begins = news->end == WAITS_BEGUN;
    if (own) {
        at->begun = begins;
        at->above = 0;
    } else if (at->begun && begins) {
        at->above++;
    } else if (at->begun && news->end == WAITS_ONCE && at->above > 0) {
        at->above--;
    }
}

/* Applies the news to its own wait. True: the wait has ended. */
static bool waits_note_locked(struct fsz_wait *at, struct waits_news *news)
{
    if (news->end == WAITS_BEGUN) {
        return false;
    }
    if (news->end == WAITS_ONCE) { /* the previous result goes back to be freed */
        json_t *before = at->result;
        at->result = news->result;
        news->result = before;
        at->ended = news->ended ? news->ended : at->mark;
        return --at->loops == 0;
    }
    bool cut = at->result == NULL || news->end == WAITS_HUNGUP;
    at->ended = cut ? news->ended : at->ended;
    return true;
}

/* Takes the waits that this ends out of the table, as a list. */
static struct fsz_wait *waits_take(struct fsz_waits *waits, struct waits_news *news)
{
    struct fsz_wait **bucket = waits_bucket(waits, news->call), *ended = NULL, *at = NULL,
                    *next = NULL;
    fsz_thread_lock(&waits->lock);
    for (at = *bucket; at != NULL; at = next) {
        next = at->next;
        if (strcmp(at->call, news->call) != 0) {
            continue;
        }
        bool own = news->id == NULL || strcmp(at->id, news->id) == 0;
        waits_count_locked(at, news, own);
        if (own && waits_note_locked(at, news)) {
            waits_take_locked(waits, bucket, at);
            LL_PREPEND2(ended, at, next);
        }
    }
    pthread_mutex_unlock(&waits->lock);
    return ended;
}

/* The switch reports the begin of an application late, so `all` also marks waits that have not
 * begun.
 */
void fsz_waits_mark(struct fsz_waits *waits, const char *call, const char *how, bool all)
{
    fsz_thread_lock(&waits->lock);
    for (struct fsz_wait *at = *waits_bucket(waits, call); at != NULL; at = at->next) {
        if (strcmp(at->call, call) == 0 && (all || (at->begun && at->above == 0))) {
            at->mark = how;
        }
    }
    pthread_mutex_unlock(&waits->lock);
}

/* The variables to report with the wait of that id: a reference. */
static json_t *waits_names(struct fsz_waits *waits, const char *call, const char *id,
                           bool *ret_found)
{
    json_t *names = NULL;
    *ret_found = false;
    if (id == NULL) {
        return NULL;
    }
    fsz_thread_lock(&waits->lock);
    for (struct fsz_wait *at = *waits_bucket(waits, call); at != NULL; at = at->next) {
        if (strcmp(at->call, call) == 0 && strcmp(at->id, id) == 0) {
            names = json_incref((json_t *)at->names);
            *ret_found = true;
        }
    }
    pthread_mutex_unlock(&waits->lock);
    return names;
}

/* Posts the waits that the event ends. Takes ownership of the result. */
static void waits_end(struct fsz_waits *waits, struct waits_news *news)
{
    struct fsz_wait *ended = waits_take(waits, news), *next = NULL;
    json_decref(news->result);
    for (; ended != NULL; ended = next) {
        next = ended->next;
        fsz_mailbox_post(ended->mailbox, &ended->mail);
    }
}

static void waits_end_of(struct fsz_waits *waits, const struct fsz_event *event, const char *call,
                         const struct waits_event *type)
{
    struct fsz_header id = {.value = NULL};
    bool              found = true;
    if (type->id != NULL && (!fsz_event_find(event, type->id, &id) || id.value == NULL)) {
        return;
    }
    struct waits_news news = {.call = call, .id = id.value, .end = type->end};
    if (type->end == WAITS_ONCE) {
        json_t *names = waits_names(waits, call, id.value, &found);
        news.result = found ? waits_result(event, names) : NULL;
        json_decref(names);
    }
    if (type->end != WAITS_BEGUN) {
        news.ended = type->end == WAITS_HUNGUP ? fsz_ending_hungup(event) : fsz_ending(event);
    }
    waits_end(waits, &news);
}

static void waits_see_one(struct fsz_waits *waits, const struct fsz_event *event,
                          const struct waits_event *type)
{
    struct fsz_header call;
    if (strcmp(event->name, type->name) == 0 && fsz_event_find(event, "Unique-ID", &call) &&
        call.value != NULL) {
        waits_end_of(waits, event, call.value, type);
    }
}

void fsz_waits_see_begin(struct fsz_waits *waits, const struct fsz_event *event)
{
    waits_see_one(waits, event, &waits_begin);
}

void fsz_waits_see(struct fsz_waits *waits, const struct fsz_event *event)
{
    for (size_t i = 0; i < sizeof(waits_events) / sizeof(waits_events[0]); i++) {
        waits_see_one(waits, event, &waits_events[i]);
    }
}
