/* SPDX-License-Identifier: MPL-2.0 */
#include "auth/access_gate.h"

#include "auth/access_private.h"
#include "base/container_of.h"
#include "base/ref.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fsz_access_gate {
    struct fsz_gate     gate;
    struct fsz_access  *access;
    struct fsz_mailbox *mailbox;
    struct fsz_mail     mail;       /* in the mailbox while `is_posted` */
    struct fsz_ref      references; /* one of the owner, and one of the mail while it is posted */

    pthread_mutex_t       lock; /* of all below; not held during a check */
    struct fsz_admission *first, *last;
    size_t                waiting;
    bool                  is_posted;

    char owner[];
};

static void gate_unref(struct fsz_access_gate *gate)
{
    if (fsz_ref_drop(&gate->references)) {
        fsz_mailbox_unref(&gate->mailbox);
        pthread_mutex_destroy(&gate->lock);
        free(gate);
    }
}

/* ---- a check and its answer ------------------------------------------------------------------ */

enum { GATE_UID_BYTES = 24 };

/* The texts that a check points to, besides those of its admission. */
struct gate_texts {
    char uid[GATE_UID_BYTES];
    char key[FSZ_KEY_BYTES];
};

static struct access_check gate_check(const struct fsz_access_gate *gate,
                                      const struct fsz_admission   *admission,
                                      struct gate_texts            *texts)
{
    bool is_ipc = admission->address[0] == '\0';
    snprintf(texts->uid, sizeof(texts->uid), ":%" PRId64, admission->uid);
    fsz_key_text(admission->credentials.key, texts->key);
    return (struct access_check){
        .owner = gate->owner,
        .address = admission->address,
        .origin = is_ipc ? texts->uid : admission->address,
        .stage = admission->stage,
        .shown = {admission->mechanism, admission->credentials.user,
                  admission->credentials.password, texts->key},
        .connection = admission->connection,
    };
}

static void gate_answer(struct fsz_admission *admission, const struct access_verdict *verdict)
{
    struct fsz_admission_answer answer = {.tag = verdict->peer.proof};
    _Static_assert(sizeof(answer.user) >= sizeof(verdict->peer.user), "a whole name");
    snprintf(answer.status, sizeof(answer.status), "%s", verdict->status);
    memcpy(answer.user, verdict->peer.user, sizeof(verdict->peer.user));
    fsz_admission_answer(&admission, &answer);
}

static void gate_judge(struct fsz_access_gate *gate, struct fsz_admission *admission)
{
    struct gate_texts     texts;
    struct access_check   check = gate_check(gate, admission, &texts);
    struct access_verdict verdict;
    fsz_access_judge(gate->access, &check, &verdict);
    gate_answer(admission, &verdict);
}

static void gate_defer(struct fsz_admission *admission)
{
    const struct fsz_admission_answer later = {.status = "300"};
    fsz_admission_answer(&admission, &later);
}

/* ---- waiting admissions ---------------------------------------------------------------------- */

/* NULL: nothing waits, and the next admission posts the mail. */
static struct fsz_admission *gate_take(struct fsz_access_gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    struct fsz_admission *admission = gate->first;
    if (admission != NULL) {
        gate->first = admission->link;
        gate->waiting--;
    } else {
        gate->is_posted = false;
    }
    pthread_mutex_unlock(&gate->lock);
    return admission;
}

/* Checks one peer of this gate, then lets the other gates take their turn, so that a busy socket
 * does not delay the others. Without a reader, the access thread has ended. */
static void gate_open(struct fsz_mail *mail, void *reader)
{
    struct fsz_access_gate *gate = FSZ_CONTAINER_OF(mail, struct fsz_access_gate, mail);
    struct fsz_admission   *admission = gate_take(gate);
    if (admission != NULL && reader != NULL) {
        gate_judge(gate, admission);
        fsz_mailbox_post(gate->mailbox, mail);
        return;
    }
    for (; admission != NULL; admission = gate_take(gate)) {
        gate_defer(admission);
    }
    gate_unref(gate);
}

/* False: too many wait. */
static bool gate_append(struct fsz_access_gate *gate, struct fsz_admission *admission,
                        bool *ret_post)
{
    pthread_mutex_lock(&gate->lock);
    bool has_room = gate->waiting < FSZ_ACCESS_GATE_WAITING_MAX;
    if (has_room) {
        admission->link = NULL;
        if (gate->first == NULL) {
            gate->first = admission;
        } else {
            gate->last->link = admission;
        }
        gate->last = admission;
        gate->waiting++;
        *ret_post = !gate->is_posted;
        gate->is_posted = true;
        if (*ret_post) {
            fsz_ref_take(&gate->references);
        }
    }
    pthread_mutex_unlock(&gate->lock);
    return has_room;
}

static void gate_ask(void *self, struct fsz_admission *admission)
{
    struct fsz_access_gate *gate = self;
    struct gate_texts       texts;
    struct access_check     check = gate_check(gate, admission, &texts);
    struct access_verdict   verdict;
    bool                    post = false;
    if (fsz_access_admit_at_once(gate->access, &check, &verdict)) {
        gate_answer(admission, &verdict);
    } else if (!gate_append(gate, admission, &post)) {
        gate->access->deferred++;
        gate_defer(admission);
    } else if (post) {
        fsz_mailbox_post(gate->mailbox, &gate->mail);
    }
}

/* ---- its life -------------------------------------------------------------------------------- */

fsz_err fsz_access_gate_new(struct fsz_access *access, const char *owner,
                            struct fsz_access_gate **ret_gate)
{
    size_t                  size = strlen(owner) + 1;
    struct fsz_access_gate *gate = calloc(1, sizeof(*gate) + size);
    if (gate == NULL) {
        return FSZ_ENOMEM;
    }
    memcpy(gate->owner, owner, size);
    gate->gate = (struct fsz_gate){.ask = gate_ask, .self = gate};
    gate->access = access;
    gate->mailbox = fsz_mailbox_ref(access->mailbox);
    gate->mail.open = gate_open;
    fsz_ref_init(&gate->references, 1);
    pthread_mutex_init(&gate->lock, NULL);
    *ret_gate = gate;
    return FSZ_OK;
}

const struct fsz_gate *fsz_access_gate_of_socket(const struct fsz_access_gate *gate)
{
    return &gate->gate;
}

static struct fsz_admission *gate_take_all(struct fsz_access_gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    struct fsz_admission *all = gate->first;
    gate->first = gate->last = NULL;
    gate->waiting = 0;
    pthread_mutex_unlock(&gate->lock);
    return all;
}

void fsz_access_gate_free(struct fsz_access_gate **gate)
{
    if (*gate == NULL) {
        return;
    }
    for (struct fsz_admission *admission = gate_take_all(*gate), *next; admission != NULL;
         admission = next) {
        next = admission->link;
        gate_defer(admission);
    }
    gate_unref(*gate);
    *gate = NULL;
}
