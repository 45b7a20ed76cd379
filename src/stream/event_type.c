/* SPDX-License-Identifier: MPL-2.0 */
#include "stream/event_type.h"

#include "base/buffer.h"
#include "event/encode.h"
#include "stream/topic.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* An open-addressed table of pointers, at most half full. Entries are only added, so a reader that
 * finds a pointer finds a complete type. */
struct fsz_event_types {
    pthread_mutex_t                  lock; /* held to add a type */
    uint32_t                         max;
    uint32_t                         slots; /* a power of two */
    _Atomic uint32_t                 count;
    _Atomic uint64_t                 overflowed;
    struct fsz_event_type          **by_id; /* max entries; [id] is set before count passes it */
    _Atomic(struct fsz_event_type *) table[];
};

fsz_err fsz_event_types_new(struct fsz_event_types **ret_types, uint32_t max)
{
    uint32_t slots = 16;
    while (slots < max * 2) {
        slots *= 2;
    }
    struct fsz_event_types *types = calloc(1, sizeof(*types) + slots * sizeof(types->table[0]));
    if (types == NULL) {
        return FSZ_ENOMEM;
    }
    types->by_id = calloc(max, sizeof(struct fsz_event_type *));
    if (types->by_id == NULL) {
        free(types);
        return FSZ_ENOMEM;
    }
    types->max = max;
    types->slots = slots;
    pthread_mutex_init(&types->lock, NULL);
    *ret_types = types;
    return FSZ_OK;
}

static void type_free(struct fsz_event_type *type)
{
    if (type != NULL) {
        free(type->name);
        free(type->subclass);
        free(type->label);
        free(type->json_head);
        free(type);
    }
}

void fsz_event_types_free(struct fsz_event_types **types)
{
    if (*types == NULL) {
        return;
    }
    for (uint32_t id = 0; id < (*types)->count; id++) {
        type_free((*types)->by_id[id]);
    }
    pthread_mutex_destroy(&(*types)->lock);
    free((*types)->by_id);
    free(*types);
    *types = NULL;
}

/* FNV-1a (draft-eastlake-fnv) of `name/subclass`. */
static uint64_t type_hash(const char *name, const char *subclass)
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

static bool type_is(const struct fsz_event_type *type, uint64_t hash, const char *name,
                    const char *subclass)
{
    return type->hash == hash && strcmp(type->name, name) == 0 &&
           strcmp(type->subclass ? type->subclass : "", subclass ? subclass : "") == 0;
}

/* The slot of the type, or the empty slot where it would be added. */
static uint32_t types_probe(const struct fsz_event_types *types, uint64_t hash, const char *name,
                            const char *subclass, struct fsz_event_type **ret_type)
{
    uint32_t slot = (uint32_t)hash & (types->slots - 1);
    for (;; slot = (slot + 1) & (types->slots - 1)) {
        struct fsz_event_type *type =
            atomic_load_explicit(&types->table[slot], memory_order_acquire);
        if (type == NULL || type_is(type, hash, name, subclass)) {
            *ret_type = type;
            return slot;
        }
    }
}

struct fsz_event_type *fsz_event_types_find(struct fsz_event_types *types, const char *name,
                                            const char *subclass)
{
    struct fsz_event_type *type = NULL;
    types_probe(types, type_hash(name, subclass), name, subclass, &type);
    return type;
}

static char *type_label(const char *name, const char *subclass)
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

static char *type_json_head(const char *name, const char *subclass)
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

static fsz_err type_write_names(struct fsz_event_type *type, const char *name, const char *subclass)
{
    type->name = strdup(name);
    type->subclass = subclass ? strdup(subclass) : NULL;
    type->label = type_label(name, subclass);
    type->json_head = type_json_head(name, subclass);
    if (!type->name || (subclass && !type->subclass) || !type->label || !type->json_head) {
        return FSZ_ENOMEM;
    }
    return strlen(type->label) > FSZ_EVENT_TYPE_LABEL_BYTES_MAX ? FSZ_ELIMIT : FSZ_OK;
}

static fsz_err type_new(const char *name, const char *subclass, struct fsz_event_type **ret_type)
{
    struct fsz_event_type *type = calloc(1, sizeof(*type));
    fsz_err                err = type ? type_write_names(type, name, subclass) : FSZ_ENOMEM;
    if (err != FSZ_OK) {
        type_free(type);
        return err;
    }
    *ret_type = type;
    return FSZ_OK;
}

static fsz_err types_add_locked(struct fsz_event_types *types, const char *name,
                                const char *subclass, enum fsz_priority priority,
                                const struct fsz_streamset *wanted,
                                struct fsz_event_type     **ret_type)
{
    uint64_t               hash = type_hash(name, subclass);
    struct fsz_event_type *type = NULL;
    uint32_t               slot = types_probe(types, hash, name, subclass, &type);
    if (type != NULL) {
        *ret_type = type;
        return FSZ_OK;
    }
    fsz_err err = types->count == types->max ? FSZ_ELIMIT : type_new(name, subclass, &type);
    if (err != FSZ_OK) {
        atomic_fetch_add(&types->overflowed, 1);
        return err;
    }
    type->id = types->count;
    type->hash = hash;
    type->priority = priority;
    for (unsigned i = 0; i < FSZ_STREAMSET_WORDS; i++) {
        atomic_init(&type->wanted.words[i], wanted->words[i]);
    }
    types->by_id[type->id] = type;
    atomic_store_explicit(&types->table[slot], type, memory_order_release);
    atomic_store_explicit(&types->count, type->id + 1, memory_order_release);
    *ret_type = type;
    return FSZ_OK;
}

fsz_err fsz_event_types_add(struct fsz_event_types *types, const char *name, const char *subclass,
                            enum fsz_priority priority, const struct fsz_streamset *wanted,
                            struct fsz_event_type **ret_type)
{
    pthread_mutex_lock(&types->lock);
    fsz_err err = types_add_locked(types, name, subclass, priority, wanted, ret_type);
    pthread_mutex_unlock(&types->lock);
    return err;
}

uint32_t fsz_event_types_count(const struct fsz_event_types *types)
{
    return atomic_load_explicit(&types->count, memory_order_acquire);
}

struct fsz_event_type *fsz_event_types_at(const struct fsz_event_types *types, uint32_t id)
{
    return types->by_id[id];
}

uint32_t fsz_event_types_max(const struct fsz_event_types *types)
{
    return types->max;
}

uint64_t fsz_event_types_overflowed(const struct fsz_event_types *types)
{
    return types->overflowed;
}
