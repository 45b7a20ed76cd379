/* authorize.h - may this principal have the switch do that?
 *
 * Pure: reads texts and grants, asks no switch. Any thread. A command or application is judged by
 * its name and by what its argument names: endpoints, files, contexts, variables, and other
 * commands and applications each need a grant of their own. authorize_names.def has the grammar of
 * each argument. An argument with characters that the switch expands or that quote is refused as
 * such. docs/access.md has the rules and the table. */
#ifndef FSZ_AUTHORIZE_H
#define FSZ_AUTHORIZE_H

#include "auth/policy.h"
#include "event/event.h"

enum { FSZ_WHY_BYTES = 256, FSZ_AUTHORIZE_DEPTH_MAX = 8 };

/* All: FSZ_OK, or FSZ_EDENIED with the reason in ret_why ("api \"system\" is not granted"), fit for
 * the peer. */
typedef char fsz_why[FSZ_WHY_BYTES];

fsz_err fsz_authorize_method(const struct fsz_principal *p, const char *method, fsz_why ret_why);
/* `arg` may be NULL. */
fsz_err fsz_authorize_api(const struct fsz_principal *p, const char *command, const char *arg,
                          fsz_why ret_why);
fsz_err fsz_authorize_application(const struct fsz_principal *p, const char *app, const char *arg,
                                  fsz_why ret_why);
/* A variable that is set as it is, without the switch dividing a text: its value may have quotes.
 * A NULL or empty value: it is removed. */
fsz_err fsz_authorize_variable(const struct fsz_principal *p, const char *name, const char *value,
                               fsz_why ret_why);
/* A dial string, with any number of legs and lists of variables. */
fsz_err fsz_authorize_endpoint(const struct fsz_principal *p, const char *dial, fsz_why ret_why);
/* `data` is the request's member of that name, as JSON text; NULL: none. */
fsz_err fsz_authorize_json_api(const struct fsz_principal *p, const char *command, const char *data,
                               fsz_why ret_why);
fsz_err fsz_authorize_send_event(const struct fsz_principal *p, const struct fsz_event *event,
                                 fsz_why ret_why);
/* Where a call goes on. `dialplan` and `context` may be NULL. */
fsz_err fsz_authorize_transfer(const struct fsz_principal *p, const char *extension,
                               const char *dialplan, const char *context, fsz_why ret_why);

#endif
