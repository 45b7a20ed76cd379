/* SPDX-License-Identifier: MPL-2.0 */
#include "base/container_of.h"
#include "zmtp/zmtp_socket_private.h"

#include <stdlib.h>
#include <string.h>

/* The reference to the connection keeps the member and the socket's memory in place until the
 * decision comes, whatever has ended by then. */
struct admission {
    struct fsz_admission        request; /* first, so that the rest can be found from it */
    struct fsz_loop_task        task;
    struct fsz_conn            *conn; /* a reference */
    struct fsz_admission_answer answer;
};

static void admission_free(struct admission *admission)
{
    fsz_conn_unref(&admission->conn);
    sodium_memzero(admission, sizeof(*admission));
    free(admission);
}

/* On the loop's thread. */
static void admission_arrived(struct fsz_loop_task *task)
{
    struct admission *admission = FSZ_CONTAINER_OF(task, struct admission, task);
    if (!fsz_conn_has_ended(admission->conn)) {
        fsz_zmtp_socket_judge(fsz_conn_owner(admission->conn), admission->request.stage,
                              &admission->answer);
    }
    admission_free(admission);
}

fsz_err fsz_admission_ask(struct fsz_zmtp_member *member, enum fsz_admission_stage stage,
                          const struct fsz_mechanism_credentials *credentials)
{
    const struct fsz_zmtp_socket *socket = member->socket;
    const struct fsz_conn_facts  *facts = fsz_conn_facts(member->conn);
    struct admission             *admission = calloc(1, sizeof(*admission));
    if (admission == NULL) {
        return FSZ_ENOMEM;
    }
    admission->task.run = admission_arrived;
    admission->conn = fsz_conn_ref(member->conn);
    struct fsz_admission *request = &admission->request;
    request->stage = stage;
    request->connection = facts->id;
    memcpy(request->address, facts->address, sizeof(request->address));
    request->uid = facts->uid;
    request->pid = facts->pid;
    request->mechanism = socket->options.mechanism.name;
    if (credentials != NULL) {
        request->mechanism = facts->mechanism; /* the socket's may have changed */
        request->credentials = *credentials;
    }
    socket->gate->ask(socket->gate->self, request);
    return FSZ_OK;
}

/* A status that ZAP does not define is a failure on our side. */
static void admission_keep(struct admission *admission, const struct fsz_admission_answer *answer)
{
    static const char *const statuses[] = {"200", "300", "400"};
    admission->answer = *answer;
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if (memcmp(answer->status, statuses[i], sizeof(answer->status)) == 0) {
            return;
        }
    }
    memcpy(admission->answer.status, "500", sizeof(answer->status));
}

void fsz_admission_answer(struct fsz_admission             **admission,
                          const struct fsz_admission_answer *answer)
{
    struct admission       *asked = (struct admission *)*admission;
    struct fsz_zmtp_member *member = fsz_conn_owner(asked->conn);
    struct fsz_zmtp_socket *socket = member->socket;
    *admission = NULL;
    admission_keep(asked, answer);
    pthread_mutex_lock(&socket->lock);
    bool taken = socket->answers != NULL;
    if (taken) {
        fsz_loop_post(socket->answers, &asked->task);
    }
    pthread_mutex_unlock(&socket->lock);
    if (!taken) {
        admission_free(asked);
    }
}
