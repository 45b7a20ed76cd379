/* jobs.h - results of background jobs, kept for a while for clients that come back for them.
 *
 * Bounded in age, number and bytes; the oldest goes first. What is too old goes at the next call of
 * anything. Any thread; blocks for a few instructions, and while results that go are freed. */
#ifndef FSZ_JOBS_H
#define FSZ_JOBS_H

#include "base/err.h"

#include <jansson.h>
#include <stdint.h>

struct fsz_jobs;

struct fsz_jobs_limits {
    int64_t keep_ms, count, bytes; /* of finished jobs; running ones count in `count` too;
                                    * bytes of their results as compact JSON */
};

FSZ_NODISCARD fsz_err fsz_jobs_new(const struct fsz_jobs_limits *limits,
                                   struct fsz_jobs             **ret_jobs);
void                  fsz_jobs_free(struct fsz_jobs **jobs);
void                  fsz_jobs_limit(struct fsz_jobs *jobs, const struct fsz_jobs_limits *limits);

/* A job begins. FSZ_EBUSY: there is one of that id. FSZ_EFULL: as many run as may be kept. */
FSZ_NODISCARD fsz_err fsz_jobs_begin(struct fsz_jobs *jobs, const char *id, const char *owner);
/* Takes `result` (an object) over; one of NULL, or that there is no memory to keep, is as to
 * cancel. A job that does not run is left as it is. */
void fsz_jobs_finish(struct fsz_jobs *jobs, const char *id, json_t *result);
/* It was never run. */
void fsz_jobs_cancel(struct fsz_jobs *jobs, const char *id);
/* FSZ_OK: the result, a tree of the caller's own. FSZ_EBUSY: it still runs. FSZ_ENOTFOUND: there is
 * none, it is too old, or another owner's. FSZ_ENOMEM. */
FSZ_NODISCARD fsz_err fsz_jobs_result(struct fsz_jobs *jobs, const char *id, const char *owner,
                                      json_t **ret_result);

/* The length of that result as JSON; 0: there is none. */
size_t fsz_jobs_result_bytes(struct fsz_jobs *jobs, const char *id, const char *owner);

struct fsz_jobs_counters {
#define FSZ_COUNTERS_JOBS(member, unit, meaning) uint64_t member;
#include "counters/counters.def"
};
struct fsz_jobs_counters fsz_jobs_counters(struct fsz_jobs *jobs);

#endif
