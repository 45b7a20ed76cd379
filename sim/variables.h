/* SPDX-License-Identifier: MPL-2.0 */
/* variables.h - variables of a channel, for commands. With the lock held. */
#ifndef FSZ_VARIABLES_H
#define FSZ_VARIABLES_H

#include "host/host.h"
#include "sim/state.h"

/* A variable, or a field of the caller profile (destination_number, caller_id_name, …); NULL: not
 * set. Valid until the next lookup or event. */
const char *fsz_variable_get(struct fsz_sim *sim, const struct fsz_leg *leg, const char *name);
/* Passes each variable to `take`; an array as ARRAY::a|:b. FSZ_ENOMEM. */
fsz_err fsz_variable_each(struct fsz_sim *sim, const struct fsz_leg *leg, fsz_variable_fn take,
                          void *argument);
/* NULL removes it. FSZ_ENOMEM, FSZ_ELIMIT. */
fsz_err fsz_variable_set(struct fsz_leg *leg, const char *name, const char *value);
/* Sets a variable; writes a failure to the log. */
void fsz_variable_set_or_log(struct fsz_sim *sim, struct fsz_leg *leg, const char *name,
                             const char *value);

#endif
