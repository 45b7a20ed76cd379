/* application.h - what can be executed on a channel of the simulated switch. With the lock held. */
#ifndef FSZ_APPLICATION_H
#define FSZ_APPLICATION_H

#include "sim/state.h"

#define FSZ_APPLICATION_LASTS UINT64_MAX /* until the call ends */

struct fsz_execution;

struct fsz_application {
    const char *name;
    const char *response; /* Application-Response when it ends by itself; NULL: none */
    /* Does what it does at once, and returns for how many milliseconds it lasts. */
    uint64_t (*run)(struct fsz_sim *sim, struct fsz_execution *execution);
    /* Those are over: for how many more? 0: it is done. NULL: it is. */
    uint64_t (*next)(struct fsz_sim *sim, struct fsz_execution *execution);
    /* A run has ended, however: gives back what it has in its state. May be NULL. */
    void (*ended)(struct fsz_sim *sim, struct fsz_execution *execution);
};

/* NULL: there is none of that name (letter case ignored). */
const struct fsz_application *fsz_application_find(const char *name);
/* How long a file plays, in milliseconds. */
uint64_t fsz_application_file_ms(const char *file);
/* A line in the switch's log about a channel. */
void fsz_application_log(struct fsz_sim *sim, const struct fsz_leg *leg, const char *text);
/* Sets a variable; when that fails the log says so. */
void fsz_application_set(struct fsz_sim *sim, struct fsz_leg *leg, const char *name,
                         const char *value);

#endif
