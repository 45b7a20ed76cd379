/* SPDX-License-Identifier: MPL-2.0 */
#include "call/watch.h"

#include "base/container_of.h"
#include "base/thread.h"
#include "event/encode.h"
#include "event/ending.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WATCH_EVENT_BYTES = 1 << 20, WATCH_TYPE_BYTES = 256 };

static const char watch_last[] = "CHANNEL_HANGUP_COMPLETE";

struct watch_entry {
    UT_hash_handle        hh;      /* by call */
    struct fsz_control   *control; /* a reference */
    struct fsz_selection *types;
};

struct fsz_watch {
    struct fsz_mailbox *mailbox; /* a reference */
    _Atomic uint32_t   *watched;
    fsz_watch_fn        take;
    pthread_mutex_t     lock;
    struct watch_entry *entries;
    _Atomic size_t      bytes; /* of events in the mailbox */
    _Atomic uint64_t    dropped;
};

/* An event for the API thread. */
struct watch_mail {
    struct fsz_mail     mail;
    struct fsz_watch   *watch;   /* valid while there is a reader */
    struct fsz_control *control; /* a reference */
    struct fsz_buffer   text;
    bool                last;
    char                type[WATCH_TYPE_BYTES];
    char                replacement[FSZ_CALL_BYTES]; /* of the last: the call that replaces it */
};

fsz_err fsz_watch_new(struct fsz_mailbox *mailbox, _Atomic uint32_t *watched, fsz_watch_fn take,
                      struct fsz_watch **ret_watch)
{
    struct fsz_watch *watch = calloc(1, sizeof(*watch));
    if (watch == NULL) {
        return FSZ_ENOMEM;
    }
    watch->mailbox = fsz_mailbox_ref(mailbox);
    watch->watched = watched;
    watch->take = take;
    pthread_mutex_init(&watch->lock, NULL);
    *ret_watch = watch;
    return FSZ_OK;
}

static void watch_drop_locked(struct fsz_watch *watch, struct watch_entry *entry)
{
    HASH_DEL(watch->entries, entry);
    --*watch->watched;
    fsz_selection_free(&entry->types);
    fsz_control_unref(&entry->control);
    free(entry);
}

void fsz_watch_free(struct fsz_watch **watch)
{
    struct fsz_watch   *w = *watch;
    struct watch_entry *entry = NULL, *next = NULL;
    *watch = NULL;
    if (w == NULL) {
        return;
    }
    HASH_ITER(hh, w->entries, entry, next)
    {
        watch_drop_locked(w, entry);
    }
    fsz_mailbox_unref(&w->mailbox);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

static struct watch_entry *watch_find_locked(const struct fsz_watch *watch, const char *call)
{
    struct watch_entry *entry = NULL;
    HASH_FIND(hh, watch->entries, call, strlen(call), entry);
    return entry;
}

fsz_err fsz_watch_add(struct fsz_watch *watch, struct fsz_control *control)
{
    struct watch_entry *entry = calloc(1, sizeof(*entry));
    if (entry == NULL) {
        return FSZ_ENOMEM;
    }
    entry->control = fsz_control_ref(control);
    fsz_thread_lock(&watch->lock);
    HASH_ADD_KEYPTR(hh, watch->entries, control->call, strlen(control->call), entry);
    bool added = entry->hh.tbl != NULL;
    *watch->watched += added;
    pthread_mutex_unlock(&watch->lock);
    if (!added) {
        fsz_control_unref(&entry->control);
        free(entry);
        return FSZ_ENOMEM;
    }
    return FSZ_OK;
}

void fsz_watch_remove(struct fsz_watch *watch, struct fsz_control *control)
{
    fsz_thread_lock(&watch->lock);
    struct watch_entry *entry = watch_find_locked(watch, control->call);
    if (entry != NULL && entry->control == control) {
        watch_drop_locked(watch, entry);
    }
    pthread_mutex_unlock(&watch->lock);
}

void fsz_watch_subscribe(struct fsz_watch *watch, struct fsz_control *control,
                         struct fsz_selection **types)
{
    fsz_thread_lock(&watch->lock);
    struct watch_entry *entry = watch_find_locked(watch, control->call);
    if (entry != NULL && entry->control == control) {
        struct fsz_selection *before = entry->types;
        entry->types = *types;
        *types = before;
    }
    pthread_mutex_unlock(&watch->lock);
    fsz_selection_free(types);
}

/* ---- events ---------------------------------------------------------------------------------- */

/* API thread; any thread with NULL: only frees. */
static void watch_open(struct fsz_mail *mail, void *reader)
{
    struct watch_mail *event = FSZ_CONTAINER_OF(mail, struct watch_mail, mail);
    if (reader != NULL) {
        event->watch->bytes -= event->text.capacity;
        memcpy(event->control->replacement, event->replacement, sizeof(event->replacement));
        event->watch->take(reader, event->control, event->type, &event->text, event->last);
    }
    fsz_buffer_fini(&event->text);
    fsz_control_unref(&event->control);
    free(event);
}

/* A reference, if the controller gets this event. */
static struct fsz_control *watch_wants(struct fsz_watch *watch, const char *call,
                                       const struct fsz_event *event)
{
    struct fsz_control *control = NULL;
    fsz_thread_lock(&watch->lock);
    struct watch_entry *entry = watch_find_locked(watch, call);
    if (entry != NULL && (strcmp(event->name, watch_last) == 0 ||
                          (entry->types != NULL &&
                           fsz_selection_matches(entry->types, event->name, event->subclass)))) {
        control = fsz_control_ref(entry->control);
    }
    pthread_mutex_unlock(&watch->lock);
    return control;
}

/* Takes the reference to `control` over. */
static void watch_send(struct fsz_watch *watch, struct fsz_control *control,
                       const struct fsz_event *event)
{
    bool               last = strcmp(event->name, watch_last) == 0;
    bool               fits = last || watch->bytes < FSZ_WATCH_BYTES_MAX;
    struct watch_mail *mail = fits ? calloc(1, sizeof(*mail)) : NULL;
    if (mail == NULL) {
        watch->dropped++;
        fsz_control_unref(&control); /* the sweep still reports a hangup */
        return;
    }
    mail->mail.open = watch_open;
    mail->watch = watch;
    mail->control = control;
    mail->last = last;
    const char *replacement = mail->last ? fsz_ending_replacement(event) : NULL;
    snprintf(mail->replacement, sizeof(mail->replacement), "%s",
             replacement != NULL ? replacement : "");
    snprintf(mail->type, sizeof(mail->type), "%s/%s", event->name,
             event->subclass ? event->subclass : "");
    fsz_buffer_init(&mail->text, WATCH_EVENT_BYTES);
    if (fsz_encode(event, NULL, WATCH_EVENT_BYTES, &mail->text, NULL) != FSZ_OK) {
        mail->text.size = 0;
    }
    watch->bytes += mail->text.capacity;
    fsz_mailbox_post(watch->mailbox, &mail->mail);
}

uint64_t fsz_watch_dropped(const struct fsz_watch *watch)
{
    return watch->dropped;
}

void fsz_watch_see(struct fsz_watch *watch, const struct fsz_event *event)
{
    struct fsz_header call = {.value = NULL};
    if (fsz_event_find(event, "Unique-ID", &call) && call.value != NULL) {
        struct fsz_control *control = watch_wants(watch, call.value, event);
        if (control != NULL) {
            watch_send(watch, control, event);
        }
    }
}
