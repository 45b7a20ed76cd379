/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/sim_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

void fsz_ran_free(struct fsz_ran *ran)
{
    free(ran->app);
    free(ran->arg);
    free(ran);
}

struct fsz_sim_session *fsz_sim_session_new(struct fsz_sim *sim, struct fsz_call *call)
{
    struct fsz_sim_session *session = calloc(1, sizeof *session);
    if (session == NULL) {
        return NULL;
    }
    session->sim = sim;
    session->leg = &call->legs[0];
    session->line = call->line;
    call->line = NULL;
    snprintf(session->uuid, sizeof session->uuid, "%s", session->leg->uuid);
    pthread_cond_init(&session->changed, NULL);
    session->session = *sim->session_operations;
    session->session.self = session;
    session->session.call = session->uuid;
    return session;
}

void fsz_sim_session_free(struct fsz_sim_session *session)
{
    struct fsz_ran *ran = NULL, *next = NULL;
    LL_FOREACH_SAFE(session->ran, ran, next)
    {
        fsz_ran_free(ran);
    }
    pthread_cond_destroy(&session->changed);
    free(session->got);
    free(session->line);
    free(session);
}

static struct fsz_sim_session *session_of(const struct fsz_leg *leg)
{
    struct fsz_sim_session *session = leg->call->session;
    return session == NULL || session->leg != leg ? NULL : session;
}

void fsz_sim_session_poke(const struct fsz_leg *leg)
{
    struct fsz_sim_session *session = session_of(leg);
    if (session == NULL) {
        return;
    }
    pthread_mutex_lock(&session->sim->sessions_lock);
    session->changes++;
    pthread_cond_signal(&session->changed);
    pthread_mutex_unlock(&session->sim->sessions_lock);
}

void fsz_sim_wake(struct fsz_sim *sim, const char *call, bool stop)
{
    struct fsz_sim_session *session = NULL;
    pthread_mutex_lock(&sim->sessions_lock);
    HASH_FIND(hh, sim->sessions, call, strlen(call), session);
    if (session != NULL) {
        session->stop |= stop;
        session->changes++;
        pthread_cond_signal(&session->changed);
    }
    pthread_mutex_unlock(&sim->sessions_lock);
}

void fsz_sim_session_ran(const struct fsz_leg *leg, const char *app, const char *arg)
{
    struct fsz_sim_session *session = session_of(leg);
    struct fsz_ran         *ran = session == NULL ? NULL : calloc(1, sizeof *ran);
    if (ran != NULL) { /* without memory the next controller does not learn of it */
        ran->app = strdup(app);
        ran->arg = strdup(arg);
        LL_APPEND(session->ran, ran);
    }
}

bool fsz_sim_session_lets_run(const struct fsz_leg *leg)
{
    const struct fsz_sim_session *session = session_of(leg);
    return session == NULL || session->controls;
}
