/* SPDX-License-Identifier: MPL-2.0 */
/* jobs.h - results of background jobs, kept for a while for clients that ask for them later.
 *
 * Limited in age, number and bytes; the oldest result is dropped first. Each call drops results
 * that are too old. Any thread; blocks for a few instructions, and while dropped results are freed.
 */
#ifndef FSZ_JOBS_H
#define FSZ_JOBS_H

#include "base/err.h"

#include <jansson.h>
#include <stdint.h>

struct fsz_jobs;

struct fsz_jobs_limits {
    int64_t keep_ms; /* of finished jobs */
    int64_t count;   /* of finished and running jobs */
    int64_t bytes;   /* of results, as compact JSON */
};

FSZ_NODISCARD fsz_err fsz_jobs_new(const struct fsz_jobs_limits *limits,
                                   struct fsz_jobs             **ret_jobs);
void                  fsz_jobs_free(struct fsz_jobs **jobs);
void                  fsz_jobs_limit(struct fsz_jobs *jobs, const struct fsz_jobs_limits *limits);

/* A job begins. FSZ_EBUSY: the id is in use. FSZ_EFULL: as many jobs run as may be kept. */
FSZ_NODISCARD fsz_err fsz_jobs_begin(struct fsz_jobs *jobs, const char *id, const char *owner);
/* Keeps the result of a running job; takes `result` (an object) over. If it is NULL, or there is no
 * memory to keep it, the job is cancelled. No effect on a job that does not run. */
void fsz_jobs_finish(struct fsz_jobs *jobs, const char *id, json_t *result);
/* Forgets a job that was never run. */
void fsz_jobs_cancel(struct fsz_jobs *jobs, const char *id);
/* FSZ_OK: the result, a new tree. FSZ_EBUSY: the job still runs. FSZ_ENOTFOUND: no such job of this
 * owner, or its result was dropped. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_jobs_result(struct fsz_jobs *jobs, const char *id, const char *owner,
                                      json_t **ret_result);

/* The length of that result as JSON; 0: no result. */
size_t fsz_jobs_result_bytes(struct fsz_jobs *jobs, const char *id, const char *owner);

struct fsz_jobs_counters {
#define FSZ_COUNTERS_JOBS(member, unit, meaning) uint64_t member;
#include "counters/counters.def"
};
struct fsz_jobs_counters fsz_jobs_counters(struct fsz_jobs *jobs);

#endif
