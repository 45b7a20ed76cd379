/* guard.h - may this principal have the switch do that, on whichever road it is asked?
 *
 * Pure: looks at texts and grants, asks no switch. Commands that run other commands (`bgapi`,
 * `expand`, `sched_api`, …), applications and variables that do, and `${…}` in what the switch
 * expands are looked into: what is inside needs its own grant. docs/access.md has the table. */
#ifndef FSZ_GUARD_H
#define FSZ_GUARD_H

#include "event.h"
#include "policy.h"

enum { FSZ_GUARD_WHY_BYTES = 256, FSZ_GUARD_DEPTH_MAX = 8 };

/* All: FSZ_OK, or FSZ_EDENIED with what is missing in ret_why ("api \"system\" is not granted"),
 * fit for the peer. */
typedef char fsz_guard_why[FSZ_GUARD_WHY_BYTES];

fsz_err fsz_guard_method(const struct fsz_principal *p, const char *method, fsz_guard_why ret_why);
/* `arg` may be NULL. */
fsz_err fsz_guard_api(const struct fsz_principal *p, const char *command, const char *arg,
                      fsz_guard_why ret_why);
fsz_err fsz_guard_application(const struct fsz_principal *p, const char *app, const char *arg,
                              fsz_guard_why ret_why);
fsz_err fsz_guard_variable(const struct fsz_principal *p, const char *name, const char *value,
                           fsz_guard_why ret_why);
/* `data` is the request's member of that name, as JSON text; NULL: none. */
fsz_err fsz_guard_json_api(const struct fsz_principal *p, const char *command, const char *data,
                           fsz_guard_why ret_why);
fsz_err fsz_guard_send_event(const struct fsz_principal *p, const struct fsz_event *event,
                             fsz_guard_why ret_why);
/* Where a transferred call goes on: the inline dialplan runs applications. */
fsz_err fsz_guard_transfer(const struct fsz_principal *p, const char *extension,
                           const char *dialplan, const char *context, fsz_guard_why ret_why);

#endif
