/* SPDX-License-Identifier: MPL-2.0 */
/* access_gate_rig.h - a gate that is asked as by a socket. The test plays the connections:
 * fsz_admission_answer() is wrapped. */
#ifndef FSZ_TEST_ACCESS_GATE_RIG_H
#define FSZ_TEST_ACCESS_GATE_RIG_H

#include "access_rig.h"

#include "auth/access_gate.h"

enum { CONNECTIONS = FSZ_ACCESS_GATE_WAITING_MAX + 64, FIRST = 1000 };

/* The gate's answers, by the connection's id minus FIRST. */
struct answered {
    struct fsz_admission_answer answer;
    unsigned                    turn; /* which answer it was; 0: none yet */
    pthread_t                   thread;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t  came;
    struct answered answers[CONNECTIONS];
    unsigned        count, repeated;
} service_client = {.lock = PTHREAD_MUTEX_INITIALIZER, .came = PTHREAD_COND_INITIALIZER};

void __wrap_fsz_admission_answer(struct fsz_admission             **admission,
                                 const struct fsz_admission_answer *answer);
void __wrap_fsz_admission_answer(struct fsz_admission             **admission,
                                 const struct fsz_admission_answer *answer)
{
    struct answered *to = &service_client.answers[(*admission)->connection - FIRST];
    pthread_mutex_lock(&service_client.lock);
    service_client.repeated += to->turn != 0;
    to->answer = *answer;
    to->turn = ++service_client.count;
    to->thread = pthread_self();
    pthread_cond_broadcast(&service_client.came);
    pthread_mutex_unlock(&service_client.lock);
    free(*admission);
    *admission = NULL;
}

/* ---- the asker ------------------------------------------------------------------------------- */

struct asker {
    struct rig             *rig;
    struct fsz_access_gate *gate; /* of stream `s` */
    uint64_t                last; /* connection */
};

/* Starts the ids again; nothing may be waiting for an answer. */
static inline void service_client_clear(struct asker *asker)
{
    pthread_mutex_lock(&service_client.lock);
    memset(service_client.answers, 0,
           (asker->last + 1 - FIRST) * sizeof(service_client.answers[0]));
    pthread_mutex_unlock(&service_client.lock);
    asker->last = FIRST;
}

static inline int asker_setup(void **state)
{
    struct asker *asker = calloc(1, sizeof(*asker));
    memset(service_client.answers, 0, sizeof(service_client.answers));
    service_client.count = service_client.repeated = 0;
    asker->rig = rig_new();
    asker->last = FIRST;
    assert_int_equal(fsz_access_gate_new(asker->rig->access, DOMAIN, &asker->gate), FSZ_OK);
    *state = asker;
    return 0;
}

static inline int asker_teardown(void **state)
{
    struct asker *asker = *state;
    fsz_access_gate_free(&asker->gate);
    assert_null(asker->gate);
    assert_int_equal(service_client.repeated, 0);
    rig_free(asker->rig);
    free(asker);
    return 0;
}

static inline struct fsz_admission *question(struct asker *asker, enum fsz_admission_stage stage,
                                             enum fsz_zmtp_mechanism_name mechanism,
                                             const char                  *address)
{
    struct fsz_admission *admission = calloc(1, sizeof(*admission));
    assert_non_null(admission);
    admission->stage = stage;
    admission->mechanism = mechanism;
    admission->connection = ++asker->last;
    admission->uid = admission->pid = -1;
    snprintf(admission->address, sizeof(admission->address), "%s", address);
    return admission;
}

static inline uint64_t put(struct fsz_access_gate *gate, struct fsz_admission *admission)
{
    const struct fsz_gate *to = fsz_access_gate_of_socket(gate);
    uint64_t               id = admission->connection;
    to->ask(to->self, admission);
    return id;
}

static inline bool is_answered(uint64_t id)
{
    pthread_mutex_lock(&service_client.lock);
    bool is = service_client.answers[id - FIRST].turn != 0;
    pthread_mutex_unlock(&service_client.lock);
    return is;
}

static inline const struct answered *wait_for(uint64_t id)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    pthread_mutex_lock(&service_client.lock);
    int error = 0;
    while (error == 0 && service_client.answers[id - FIRST].turn == 0) {
        error = pthread_cond_timedwait(&service_client.came, &service_client.lock, &until);
    }
    pthread_mutex_unlock(&service_client.lock);
    assert_int_equal(error, 0);
    return &service_client.answers[id - FIRST];
}

static inline int status_of(uint64_t id)
{
    return (int)strtol(wait_for(id)->answer.status, NULL, 10);
}

static inline const struct answered *last_answer(const struct asker *asker)
{
    return &service_client.answers[asker->last - FIRST];
}

static inline struct fsz_access_counters counters(const struct asker *asker)
{
    return fsz_access_counters(asker->rig->access);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

#endif
