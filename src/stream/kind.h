/* kind.h - the kinds of events seen so far: Event-Name and Event-Subclass, each with a number.
 *
 * Kinds are added by the switch thread that first sees one and stay until the table is freed, so a
 * pointer to one is good for as long. Looking one up takes no lock. */
#ifndef FSZ_KIND_H
#define FSZ_KIND_H

#include "base/err.h"
#include "stream/streamset.h"

#include <stddef.h>
#include <stdint.h>

/* What is lost first under overload; docs/protocol/events.md, "Drop classes". */
enum fsz_class { FSZ_CLASS_NOISE, FSZ_CLASS_NORMAL, FSZ_CLASS_VITAL, FSZ_CLASSES };
extern const char *const fsz_class_names[FSZ_CLASSES];

struct fsz_kind {
    uint32_t id; /* 0, 1, 2 … in the order of arrival */
    uint64_t hash;
    char    *name;
    char    *subclass;      /* NULL: none */
    char    *label;         /* as meta tells it, a JSON string: "CUSTOM/sofia::register" */
    char    *json_head;     /* what its JSON begins with, up to the quote of the last name */
    _Atomic  uint8_t class; /* fsz_class; written at creation and by a reload */
    struct fsz_streamset_shared wanted; /* streams that select it and have a subscriber for it */
};

enum { FSZ_KIND_LABEL_BYTES_MAX = 512 };

struct fsz_kinds;

FSZ_NODISCARD fsz_err fsz_kinds_new(struct fsz_kinds **ret_kinds, uint32_t max);
void                  fsz_kinds_free(struct fsz_kinds **kinds);

/* Any thread, lock-free; NULL: not seen yet. */
struct fsz_kind *fsz_kinds_find(struct fsz_kinds *kinds, const char *name, const char *subclass);
/* Adds a kind (or returns the one that another thread has just added). Any thread; takes a lock
 * that is held for a few instructions. FSZ_ELIMIT: the table is full or the label longer than
 * FSZ_KIND_LABEL_BYTES_MAX (counted); FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_kinds_add(struct fsz_kinds *kinds, const char *name, const char *subclass,
                                    enum fsz_class class, const struct fsz_streamset *wanted,
                                    struct fsz_kind **ret_kind);
/* How many there are: ids below it can be read with fsz_kinds_at(). */
uint32_t         fsz_kinds_count(const struct fsz_kinds *kinds);
struct fsz_kind *fsz_kinds_at(const struct fsz_kinds *kinds, uint32_t id);
uint32_t         fsz_event_types_max(const struct fsz_kinds *kinds);
/* Events of kinds that could not be added. */
uint64_t fsz_kinds_overflowed(const struct fsz_kinds *kinds);

#endif
