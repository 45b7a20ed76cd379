/* SPDX-License-Identifier: MPL-2.0 */
/* event_type.h - the event types seen so far (Event-Name and Event-Subclass), each with a number.
 *
 * The switch thread that first sees a type adds it. A type stays until the table is freed, so
 * pointers to it stay valid. Lookups take no lock. */
#ifndef FSZ_EVENT_TYPE_H
#define FSZ_EVENT_TYPE_H

#include "base/err.h"
#include "stream/streamset.h"

#include <stddef.h>
#include <stdint.h>

/* What is lost first under overload; docs/protocol/events.md, "Drop priorities". */
enum fsz_priority { FSZ_PRIORITY_LOW, FSZ_PRIORITY_NORMAL, FSZ_PRIORITY_HIGH, FSZ_PRIORITIES };

struct fsz_event_type {
    uint32_t        id; /* 0, 1, 2 … in the order of arrival */
    uint64_t        hash;
    char           *name;
    char           *subclass;  /* NULL: none */
    char           *label;     /* as in meta, a JSON string: "CUSTOM/sofia::register" */
    char           *json_head; /* the beginning of its JSON, up to the quote after the last name */
    _Atomic uint8_t priority;  /* fsz_priority; set at creation and by a reload */
    struct fsz_streamset_shared wanted; /* streams that select it and have a subscriber for it */
};

enum { FSZ_EVENT_TYPE_LABEL_BYTES_MAX = 512 };

struct fsz_event_types;

FSZ_NODISCARD fsz_err fsz_event_types_new(struct fsz_event_types **ret_types, uint32_t max);
void                  fsz_event_types_free(struct fsz_event_types **types);

/* Any thread; takes no lock. NULL: not seen yet. */
struct fsz_event_type *fsz_event_types_find(struct fsz_event_types *types, const char *name,
                                            const char *subclass);
/* Adds a type, or returns the one that another thread has just added. Any thread; takes a lock that
 * is held for a few instructions. FSZ_ELIMIT, which is counted: the table is full, or the label is
 * longer than FSZ_EVENT_TYPE_LABEL_BYTES_MAX. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_event_types_add(struct fsz_event_types *types, const char *name,
                                          const char *subclass, enum fsz_priority priority,
                                          const struct fsz_streamset *wanted,
                                          struct fsz_event_type     **ret_type);
/* The number of types. Ids below it are valid for fsz_event_types_at(). */
uint32_t               fsz_event_types_count(const struct fsz_event_types *types);
struct fsz_event_type *fsz_event_types_at(const struct fsz_event_types *types, uint32_t id);
uint32_t               fsz_event_types_max(const struct fsz_event_types *types);
/* Events whose type could not be added. */
uint64_t fsz_event_types_overflowed(const struct fsz_event_types *types);

#endif
