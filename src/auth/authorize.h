/* SPDX-License-Identifier: MPL-2.0 */
/* authorize.h - may this principal have the switch do this?
 *
 * Pure: reads texts and grants, asks no switch. Any thread. A command or application needs a grant
 * for its name, and one for each endpoint, file, context, variable, command and application that
 * its argument names. authorize_names.def has the grammar of each argument. An argument with quotes
 * or with characters that the switch expands is refused. docs/access.md has the rules and the
 * table. */
#ifndef FSZ_AUTHORIZE_H
#define FSZ_AUTHORIZE_H

#include "auth/policy.h"
#include "event/event.h"

enum { FSZ_WHY_BYTES = 256, FSZ_AUTHORIZE_DEPTH_MAX = 8 };

/* All functions return FSZ_OK, or FSZ_EDENIED with the reason in ret_why ("api \"system\" is not
 * granted"), which may be shown to the peer. */
typedef char fsz_why[FSZ_WHY_BYTES];

fsz_err fsz_authorize_method(const struct fsz_principal *p, const char *method, fsz_why ret_why);
/* `arg` may be NULL. */
fsz_err fsz_authorize_api(const struct fsz_principal *p, const char *command, const char *arg,
                          fsz_why ret_why);
fsz_err fsz_authorize_application(const struct fsz_principal *p, const char *app, const char *arg,
                                  fsz_why ret_why);
/* A variable that is set directly, not as part of a text that the switch splits: its value may have
 * quotes. NULL or empty: the variable is removed. */
fsz_err fsz_authorize_variable(const struct fsz_principal *p, const char *name, const char *value,
                               fsz_why ret_why);
/* A dial string with any number of legs and lists of variables. */
fsz_err fsz_authorize_endpoint(const struct fsz_principal *p, const char *dial, fsz_why ret_why);
/* `data` is the request's member of that name, as JSON text; NULL: none. */
fsz_err fsz_authorize_json_api(const struct fsz_principal *p, const char *command, const char *data,
                               fsz_why ret_why);
fsz_err fsz_authorize_send_event(const struct fsz_principal *p, const struct fsz_event *event,
                                 fsz_why ret_why);
/* A place where a call continues. `dialplan` and `context` may be NULL. */
fsz_err fsz_authorize_transfer(const struct fsz_principal *p, const char *extension,
                               const char *dialplan, const char *context, fsz_why ret_why);

#endif
