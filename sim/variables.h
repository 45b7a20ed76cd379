/* variables.h - variables of a channel as commands ask for them. With the lock held. */
#ifndef FSZ_VARIABLES_H
#define FSZ_VARIABLES_H

#include "host/host.h"
#include "sim/state.h"

/* A variable, or a field of the caller profile (destination_number, caller_id_name, …); NULL: not
 * set. Lives until the next look-up or event. */
const char *fsz_variable_get(struct fsz_sim *sim, const struct fsz_leg *leg, const char *name);
/* Each variable in turn; an array as ARRAY::a|:b. FSZ_ENOMEM. */
fsz_err fsz_variable_each(struct fsz_sim *sim, const struct fsz_leg *leg, fsz_variable_fn take,
                          void *argument);
/* NULL takes it away. FSZ_ENOMEM, FSZ_ELIMIT. */
fsz_err fsz_variable_set(struct fsz_leg *leg, const char *name, const char *value);
/* Sets a variable; writes a failure to the log. */
void fsz_variable_set_or_log(struct fsz_sim *sim, struct fsz_leg *leg, const char *name,
                             const char *value);

#endif
