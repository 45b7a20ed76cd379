#include "stream/kind.h"

#include "base/buffer.h"
#include "event/encode.h"
#include "stream/topic.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

const char *const fsz_class_names[FSZ_CLASSES] = {"low", "normal", "high"};

/* An open-addressed table of pointers, at most half full, to which entries are only ever added: a
 * reader that finds a pointer finds a finished kind. */
struct fsz_kinds {
    pthread_mutex_t            lock; /* of adding */
    uint32_t                   max;
    uint32_t                   slots; /* a power of two */
    _Atomic uint32_t           count;
    _Atomic uint64_t           overflowed;
    struct fsz_kind          **by_id; /* max entries; [id] is set before count passes it */
    _Atomic(struct fsz_kind *) table[];
};

fsz_err fsz_kinds_new(struct fsz_kinds **ret_kinds, uint32_t max)
{
    uint32_t slots = 16;
    while (slots < max * 2) {
        slots *= 2;
    }
    struct fsz_kinds *kinds = calloc(1, sizeof(*kinds) + slots * sizeof(kinds->table[0]));
    if (kinds == NULL) {
        return FSZ_ENOMEM;
    }
    kinds->by_id = calloc(max, sizeof(struct fsz_kind *));
    if (kinds->by_id == NULL) {
        free(kinds);
        return FSZ_ENOMEM;
    }
    kinds->max = max;
    kinds->slots = slots;
    pthread_mutex_init(&kinds->lock, NULL);
    *ret_kinds = kinds;
    return FSZ_OK;
}

static void kind_free(struct fsz_kind *kind)
{
    if (kind != NULL) {
        free(kind->name);
        free(kind->subclass);
        free(kind->label);
        free(kind->json_head);
        free(kind);
    }
}

void fsz_kinds_free(struct fsz_kinds **kinds)
{
    if (*kinds == NULL) {
        return;
    }
    for (uint32_t id = 0; id < (*kinds)->count; id++) {
        kind_free((*kinds)->by_id[id]);
    }
    pthread_mutex_destroy(&(*kinds)->lock);
    free((*kinds)->by_id);
    free(*kinds);
    *kinds = NULL;
}

/* FNV-1a (draft-eastlake-fnv) of `name/subclass`. */
static uint64_t kind_hash(const char *name, const char *subclass)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (const char *c = name; *c != '\0'; c++) {
        hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    }
    hash = (hash ^ '/') * UINT64_C(0x100000001b3);
    for (const char *c = subclass ? subclass : ""; *c != '\0'; c++) {
        hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    }
    return hash ^ hash >> 32;
}

static bool kind_is(const struct fsz_kind *kind, uint64_t hash, const char *name,
                    const char *subclass)
{
    return kind->hash == hash && strcmp(kind->name, name) == 0 &&
           strcmp(kind->subclass ? kind->subclass : "", subclass ? subclass : "") == 0;
}

/* The slot where the kind is, or the empty one where it would go. */
static uint32_t kinds_probe(const struct fsz_kinds *kinds, uint64_t hash, const char *name,
                            const char *subclass, struct fsz_kind **ret_kind)
{
    uint32_t slot = (uint32_t)hash & (kinds->slots - 1);
    for (;; slot = (slot + 1) & (kinds->slots - 1)) {
        struct fsz_kind *kind = atomic_load_explicit(&kinds->table[slot], memory_order_acquire);
        if (kind == NULL || kind_is(kind, hash, name, subclass)) {
            *ret_kind = kind;
            return slot;
        }
    }
}

struct fsz_kind *fsz_kinds_find(struct fsz_kinds *kinds, const char *name, const char *subclass)
{
    struct fsz_kind *kind = NULL;
    kinds_probe(kinds, kind_hash(name, subclass), name, subclass, &kind);
    return kind;
}

static char *kind_label(const char *name, const char *subclass)
{
    struct fsz_buffer topic, label;
    fsz_buffer_init(&topic, SIZE_MAX);
    fsz_buffer_init(&label, SIZE_MAX);
    fsz_topic_escape(&topic, name);
    fsz_buffer_text(&topic, "/");
    fsz_topic_escape(&topic, subclass ? subclass : "");
    fsz_encode_string(&label, fsz_buffer_string(&topic));
    fsz_buffer_fini(&topic);
    return fsz_buffer_give(&label);
}

static char *kind_json_head(const char *name, const char *subclass)
{
    struct fsz_buffer head;
    fsz_buffer_init(&head, SIZE_MAX);
    fsz_buffer_text(&head, "{\"Event-Name\":");
    fsz_encode_string(&head, name);
    if (subclass != NULL) {
        fsz_buffer_text(&head, ",\"Event-Subclass\":");
        fsz_encode_string(&head, subclass);
    }
    return fsz_buffer_give(&head);
}

static fsz_err kind_write_names(struct fsz_kind *kind, const char *name, const char *subclass)
{
    kind->name = strdup(name);
    kind->subclass = subclass ? strdup(subclass) : NULL;
    kind->label = kind_label(name, subclass);
    kind->json_head = kind_json_head(name, subclass);
    if (!kind->name || (subclass && !kind->subclass) || !kind->label || !kind->json_head) {
        return FSZ_ENOMEM;
    }
    return strlen(kind->label) > FSZ_KIND_LABEL_BYTES_MAX ? FSZ_ELIMIT : FSZ_OK;
}

static fsz_err kind_new(const char *name, const char *subclass, struct fsz_kind **ret_kind)
{
    struct fsz_kind *kind = calloc(1, sizeof(*kind));
    fsz_err          err = kind ? kind_write_names(kind, name, subclass) : FSZ_ENOMEM;
    if (err != FSZ_OK) {
        kind_free(kind);
        return err;
    }
    *ret_kind = kind;
    return FSZ_OK;
}

static fsz_err kinds_add_locked(struct fsz_kinds *kinds, const char *name, const char *subclass,
                                enum fsz_class class, const struct fsz_streamset *wanted,
                                struct fsz_kind **ret_kind)
{
    uint64_t         hash = kind_hash(name, subclass);
    struct fsz_kind *kind = NULL;
    uint32_t         slot = kinds_probe(kinds, hash, name, subclass, &kind);
    if (kind != NULL) {
        *ret_kind = kind;
        return FSZ_OK;
    }
    fsz_err err = kinds->count == kinds->max ? FSZ_ELIMIT : kind_new(name, subclass, &kind);
    if (err != FSZ_OK) {
        atomic_fetch_add(&kinds->overflowed, 1);
        return err;
    }
    kind->id = kinds->count;
    kind->hash = hash;
    kind->class = class;
    for (unsigned i = 0; i < FSZ_STREAMSET_WORDS; i++) {
        atomic_init(&kind->wanted.words[i], wanted->words[i]);
    }
    kinds->by_id[kind->id] = kind;
    atomic_store_explicit(&kinds->table[slot], kind, memory_order_release);
    atomic_store_explicit(&kinds->count, kind->id + 1, memory_order_release);
    *ret_kind = kind;
    return FSZ_OK;
}

fsz_err fsz_kinds_add(struct fsz_kinds *kinds, const char *name, const char *subclass,
                      enum fsz_class class, const struct fsz_streamset *wanted,
                      struct fsz_kind **ret_kind)
{
    pthread_mutex_lock(&kinds->lock);
    fsz_err err = kinds_add_locked(kinds, name, subclass, class, wanted, ret_kind);
    pthread_mutex_unlock(&kinds->lock);
    return err;
}

uint32_t fsz_kinds_count(const struct fsz_kinds *kinds)
{
    return atomic_load_explicit(&kinds->count, memory_order_acquire);
}

struct fsz_kind *fsz_kinds_at(const struct fsz_kinds *kinds, uint32_t id)
{
    return kinds->by_id[id];
}

uint32_t fsz_event_types_max(const struct fsz_kinds *kinds)
{
    return kinds->max;
}

uint64_t fsz_kinds_overflowed(const struct fsz_kinds *kinds)
{
    return kinds->overflowed;
}
