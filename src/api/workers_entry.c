/* SPDX-License-Identifier: MPL-2.0 */
/* Tasks that wait and run: all by ticket, ready ones by owner, the others behind their key. */
#include "api/workers_private.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* Adds a member to the group of that name; NULL: out of memory. */
static struct workers_group *group_join(struct workers_group **groups, const char *name)
{
    struct workers_group *group = NULL;
    size_t                length = strnlen(name, FSZ_TASK_NAME_BYTES - 1);
    HASH_FIND(hh, *groups, name, length, group);
    if (group != NULL) {
        group->count++;
        return group;
    }
    group = calloc(1, sizeof(*group) + length + 1);
    if (group == NULL) {
        return NULL;
    }
    memcpy(group->name, name, length);
    group->count = 1;
    HASH_ADD(hh, *groups, name, length, group);
    if (group->hh.tbl == NULL) {
        free(group);
        return NULL;
    }
    return group;
}

static void group_leave(struct workers_group **groups, struct workers_group *group)
{
    if (group != NULL && --group->count == 0) {
        HASH_DEL(*groups, group);
        free(group);
    }
}

/* ---- turns of owners ------------------------------------------------------------------------- */

/* What one owner may use; a quarter, rounded down, is kept for others. */
static uint32_t owner_part(uint64_t threads)
{
    return (uint32_t)(threads - threads / 4);
}

/* May the owner use another thread? Stuck ones count only against the number with replacements. */
static bool owner_may_run(const struct fsz_workers *pool, const struct workers_group *owner)
{
    uint64_t threads = pool->limits.threads > 0 ? pool->limits.threads : 1;
    return owner->running < owner_part(threads) &&
           owner->running + owner->stuck < owner_part(threads + pool->limits.stuck);
}

/* Puts the owner in `turns` if it has a task that may run, and removes it otherwise. */
static void owner_settle(struct fsz_workers *pool, struct workers_group *owner)
{
    bool wants = owner->ready != NULL && owner_may_run(pool, owner);
    if (wants && !owner->in_turns) {
        DL_APPEND(pool->turns, owner);
    } else if (!wants && owner->in_turns) {
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): it is in the list */
        DL_DELETE(pool->turns, owner);
    }
    owner->in_turns = wants;
}

void fsz_workers_resettle(struct fsz_workers *pool)
{
    struct workers_group *owner = NULL, *next = NULL;
    HASH_ITER(hh, pool->owners, owner, next)
    {
        owner_settle(pool, owner);
    }
}

static void entry_make_ready(struct fsz_workers *pool, struct workers_entry *entry)
{
    entry->state = ENTRY_READY;
    entry->ready_us = fsz_clock_monotonic_us();
    DL_APPEND(entry->owner->ready, entry);
    owner_settle(pool, entry->owner);
}

/* ---- tasks ----------------------------------------------------------------------------------- */

static void entry_forget(struct fsz_workers *pool, struct workers_entry *entry)
{
    if (entry->hh.tbl != NULL) {
        HASH_DEL(pool->by_ticket, entry);
    }
    group_leave(&pool->keys, entry->key);
    group_leave(&pool->owners, entry->owner);
}

static fsz_err entry_join_groups(struct fsz_workers *pool, struct workers_entry *entry)
{
    entry->owner = group_join(&pool->owners, entry->task->owner);
    if (entry->owner == NULL) {
        return FSZ_ENOMEM;
    }
    if (entry->task->key[0] != '\0') {
        entry->key = group_join(&pool->keys, entry->task->key);
        if (entry->key == NULL) {
            return FSZ_ENOMEM;
        }
    }
    return FSZ_OK;
}

fsz_err fsz_workers_enter(struct fsz_workers *pool, struct workers_entry *entry)
{
    fsz_err err = entry_join_groups(pool, entry);
    if (err == FSZ_OK) {
        entry->ticket = pool->last_ticket + 1;
        HASH_ADD(hh, pool->by_ticket, ticket, sizeof(entry->ticket), entry);
        err = entry->hh.tbl == NULL ? FSZ_ENOMEM : FSZ_OK;
    }
    if (err != FSZ_OK) {
        entry_forget(pool, entry);
        return err;
    }
    pool->last_ticket = entry->ticket;
    if (entry->key != NULL && entry->key->count > 1) {
        entry->state = ENTRY_BEHIND;
        DL_APPEND(entry->key->behind, entry);
    } else {
        entry_make_ready(pool, entry);
    }
    struct fsz_workers_counters *c = &pool->counters;
    c->waiting++;
    c->waiting_peak = c->waiting > c->waiting_peak ? c->waiting : c->waiting_peak;
    return FSZ_OK;
}

static void key_advance(struct fsz_workers *pool, struct workers_group *key)
{
    if (key != NULL && key->behind != NULL) {
        struct workers_entry *next = key->behind;
        DL_DELETE(key->behind, next);
        entry_make_ready(pool, next);
    }
}

struct fsz_task *fsz_workers_withdraw(struct fsz_workers *pool, struct workers_entry *entry)
{
    struct fsz_task *task = entry->task;
    if (entry->state == ENTRY_READY) {
        DL_DELETE(entry->owner->ready, entry);
        owner_settle(pool, entry->owner);
        key_advance(pool, entry->key);
    } else {
        DL_DELETE(entry->key->behind, entry);
    }
    pool->counters.waiting--;
    entry_forget(pool, entry);
    free(entry);
    return task;
}

struct workers_entry *fsz_workers_next(const struct fsz_workers *pool)
{
    return pool->turns != NULL ? pool->turns->ready : NULL;
}

struct workers_entry *fsz_workers_begin(struct fsz_workers *pool)
{
    struct workers_group *owner = pool->turns;
    struct workers_entry *entry = owner->ready;
    DL_DELETE(pool->turns, owner);
    DL_DELETE(owner->ready, entry);
    owner->in_turns = false;
    owner->running++;
    owner_settle(pool, owner); /* behind the others */
    entry->state = ENTRY_RUNS;
    pool->counters.waiting--;
    pool->counters.busy++;
    return entry;
}

void fsz_workers_stick(struct fsz_workers *pool, struct workers_entry *entry)
{
    entry->state = ENTRY_STUCK;
    entry->owner->running--;
    entry->owner->stuck++;
    owner_settle(pool, entry->owner);
    pool->counters.busy--;
    pool->counters.stuck++;
}

void fsz_workers_end(struct fsz_workers *pool, struct workers_entry *entry)
{
    bool stuck = entry->state == ENTRY_STUCK;
    --*(stuck ? &pool->counters.stuck : &pool->counters.busy);
    --*(stuck ? &entry->owner->stuck : &entry->owner->running);
    pool->counters.run++;
    key_advance(pool, entry->key);
    owner_settle(pool, entry->owner);
    entry_forget(pool, entry);
    free(entry);
}

uint32_t fsz_workers_of_owner(const struct fsz_workers *pool, const char *owner)
{
    struct workers_group *group = NULL;
    HASH_FIND(hh, pool->owners, owner, strnlen(owner, FSZ_TASK_NAME_BYTES - 1), group);
    return group != NULL ? group->count : 0;
}
