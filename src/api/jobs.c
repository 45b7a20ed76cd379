/* SPDX-License-Identifier: MPL-2.0 */
#include "api/jobs.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/thread.h"
#include "rpc/rpc.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1 /* uthash ends the process otherwise */
#include <uthash.h>

struct job {
    UT_hash_handle hh;     /* by id */
    struct job    *next;   /* the one that finished after it */
    char          *result; /* JSON text; NULL while it runs. Not a tree, because two threads
                            * may not share jansson's reference counts */
    size_t  bytes;
    int64_t finished_ms;
    char   *owner; /* after the id, in the same allocation */
    char    id[];
};

/* `lock` guards the other members. */
struct fsz_jobs {
    pthread_mutex_t          lock;
    struct fsz_jobs_limits   limits;
    struct fsz_jobs_counters counters;
    struct job              *by_id;
    struct job              *oldest, *newest; /* of finished jobs */
};

fsz_err fsz_jobs_new(const struct fsz_jobs_limits *limits, struct fsz_jobs **ret_jobs)
{
    struct fsz_jobs *jobs = calloc(1, sizeof(*jobs));
    if (jobs == NULL) {
        return FSZ_ENOMEM;
    }
    pthread_mutex_init(&jobs->lock, NULL);
    jobs->limits = *limits;
    *ret_jobs = jobs;
    return FSZ_OK;
}

static void job_free(struct job *job)
{
    free(job->result);
    free(job);
}

void fsz_jobs_free(struct fsz_jobs **jobs)
{
    if (*jobs == NULL) {
        return;
    }
    struct job *each = NULL, *next = NULL;
    HASH_ITER(hh, (*jobs)->by_id, each, next)
    {
        HASH_DEL((*jobs)->by_id, each);
        job_free(each);
    }
    pthread_mutex_destroy(&(*jobs)->lock);
    free(*jobs);
    *jobs = NULL;
}

static void jobs_drop_oldest_locked(struct fsz_jobs *jobs)
{
    struct job *job = jobs->oldest;
    jobs->oldest = job->next;
    jobs->newest = job->next != NULL ? jobs->newest : NULL;
    if (jobs->by_id != NULL) { /* always true; the analyzer cannot know it */
        HASH_DEL(jobs->by_id, job);
    }
    jobs->counters.dropped++;
    jobs->counters.kept--;
    jobs->counters.bytes -= job->bytes;
    job_free(job);
}

/* Drops results that are too old, then the oldest ones while there are too many jobs or bytes. */
static void jobs_expire_locked(struct fsz_jobs *jobs)
{
    const struct fsz_jobs_counters *c = &jobs->counters;
    int64_t                         too_old_ms = fsz_clock_monotonic_ms() - jobs->limits.keep_ms;
    while (jobs->oldest != NULL && (jobs->oldest->finished_ms <= too_old_ms ||
                                    c->kept + c->running > (uint64_t)jobs->limits.count ||
                                    c->bytes > (uint64_t)jobs->limits.bytes)) {
        jobs_drop_oldest_locked(jobs);
    }
}

void fsz_jobs_limit(struct fsz_jobs *jobs, const struct fsz_jobs_limits *limits)
{
    fsz_thread_lock(&jobs->lock);
    jobs->limits = *limits;
    jobs_expire_locked(jobs);
    pthread_mutex_unlock(&jobs->lock);
}

static struct job *jobs_find_locked(struct fsz_jobs *jobs, const char *id)
{
    struct job *job = NULL;
    HASH_FIND_STR(jobs->by_id, id, job);
    return job;
}

static struct job *job_new(const char *id, const char *owner)
{
    size_t      id_bytes = strlen(id) + 1, owner_bytes = strlen(owner) + 1;
    struct job *job = calloc(1, sizeof(*job) + id_bytes + owner_bytes);
    if (job != NULL) {
        job->owner = job->id + id_bytes;
        memcpy(job->id, id, id_bytes);
        memcpy(job->owner, owner, owner_bytes);
    }
    return job;
}

static fsz_err jobs_begin_locked(struct fsz_jobs *jobs, const char *id, const char *owner)
{
    if (jobs_find_locked(jobs, id) != NULL) {
        return FSZ_EBUSY;
    }
    if (jobs->counters.running >= (uint64_t)jobs->limits.count) {
        jobs->counters.refused++;
        return FSZ_EFULL;
    }
    struct job *job = job_new(id, owner);
    if (job == NULL) {
        return FSZ_ENOMEM;
    }
    HASH_ADD_STR(jobs->by_id, id, job);
    if (job->hh.tbl == NULL) {
        job_free(job);
        return FSZ_ENOMEM;
    }
    jobs->counters.begun++;
    jobs->counters.running++;
    jobs_expire_locked(jobs);
    return FSZ_OK;
}

fsz_err fsz_jobs_begin(struct fsz_jobs *jobs, const char *id, const char *owner)
{
    fsz_thread_lock(&jobs->lock);
    jobs_expire_locked(jobs);
    fsz_err err = jobs_begin_locked(jobs, id, owner);
    pthread_mutex_unlock(&jobs->lock);
    return err;
}

/* NULL also for a finished job. */
static struct job *jobs_find_running_locked(struct fsz_jobs *jobs, const char *id)
{
    struct job *job = jobs_find_locked(jobs, id);
    return job != NULL && job->result == NULL ? job : NULL;
}

void fsz_jobs_cancel(struct fsz_jobs *jobs, const char *id)
{
    fsz_thread_lock(&jobs->lock);
    struct job *job = jobs_find_running_locked(jobs, id);
    if (job != NULL) {
        HASH_DEL(jobs->by_id, job);
        jobs->counters.running--;
        job_free(job);
    }
    pthread_mutex_unlock(&jobs->lock);
}

/* Takes ownership of the text. */
static void job_finish_locked(struct fsz_jobs *jobs, struct job *job, struct fsz_buffer *text)
{
    job->bytes = text->size;
    job->result = fsz_buffer_give(text);
    job->finished_ms = fsz_clock_monotonic_ms();
    if (jobs->newest != NULL) {
        jobs->newest->next = job;
    } else {
        jobs->oldest = job;
    }
    jobs->newest = job;
    jobs->counters.running--;
    jobs->counters.finished++;
    jobs->counters.kept++;
    jobs->counters.bytes += job->bytes;
    jobs_expire_locked(jobs);
}

void fsz_jobs_finish(struct fsz_jobs *jobs, const char *id, json_t *result)
{
    struct fsz_buffer text;
    fsz_buffer_init(&text, SIZE_MAX);
    bool written =
        result != NULL && fsz_rpc_write_json(&text, result) == FSZ_OK &&
        fsz_buffer_reserve(&text, 1) == FSZ_OK; /* so that fsz_buffer_give() cannot fail */
    json_decref(result);
    if (!written) {
        fsz_buffer_fini(&text);
        fsz_jobs_cancel(jobs, id);
        return;
    }
    fsz_thread_lock(&jobs->lock);
    struct job *job = jobs_find_running_locked(jobs, id);
    if (job != NULL) {
        job_finish_locked(jobs, job, &text);
    }
    pthread_mutex_unlock(&jobs->lock);
    fsz_buffer_fini(&text);
}

/* NULL also for another owner's job. */
static struct job *jobs_find_of_locked(struct fsz_jobs *jobs, const char *id, const char *owner)
{
    struct job *job = jobs_find_locked(jobs, id);
    return job != NULL && strcmp(job->owner, owner) == 0 ? job : NULL;
}

static fsz_err jobs_result_locked(struct fsz_jobs *jobs, const char *id, const char *owner,
                                  json_t **ret_result)
{
    const struct job *job = jobs_find_of_locked(jobs, id, owner);
    if (job == NULL) {
        return FSZ_ENOTFOUND;
    }
    if (job->result == NULL) {
        return FSZ_EBUSY;
    }
    json_t *result = json_loadb(job->result, job->bytes, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
    if (result == NULL) {
        return FSZ_ENOMEM; /* the only reason: the text is valid */
    }
    *ret_result = result;
    return FSZ_OK;
}

fsz_err fsz_jobs_result(struct fsz_jobs *jobs, const char *id, const char *owner,
                        json_t **ret_result)
{
    fsz_thread_lock(&jobs->lock);
    jobs_expire_locked(jobs);
    fsz_err err = jobs_result_locked(jobs, id, owner, ret_result);
    pthread_mutex_unlock(&jobs->lock);
    return err;
}

size_t fsz_jobs_result_bytes(struct fsz_jobs *jobs, const char *id, const char *owner)
{
    fsz_thread_lock(&jobs->lock);
    jobs_expire_locked(jobs);
    const struct job *job = jobs_find_of_locked(jobs, id, owner);
    size_t            bytes = job != NULL ? job->bytes : 0;
    pthread_mutex_unlock(&jobs->lock);
    return bytes;
}

struct fsz_jobs_counters fsz_jobs_counters(struct fsz_jobs *jobs)
{
    fsz_thread_lock(&jobs->lock);
    jobs_expire_locked(jobs);
    struct fsz_jobs_counters counters = jobs->counters;
    pthread_mutex_unlock(&jobs->lock);
    return counters;
}
