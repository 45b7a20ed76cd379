/* SPDX-License-Identifier: MPL-2.0 */
/* application.h - the applications that the simulated switch has. With the lock held. */
#ifndef FSZ_APPLICATION_H
#define FSZ_APPLICATION_H

#include "sim/execute.h"

/* fsz_execute() of the application that execute->app names (letter case ignored). FSZ_EREFUSED also
 * when there is none of that name. */
fsz_err fsz_application_execute(struct fsz_sim *sim, struct fsz_leg *leg,
                                const struct fsz_execute *execute, bool direct,
                                struct fsz_buffer *words);

#endif
