/* SPDX-License-Identifier: MPL-2.0 */
/* admission.h - asks the gate whether a peer may connect.
 *
 * A peer is judged twice: when it is accepted, by its address alone and before any of its bytes are
 * read; and again when it has shown credentials, which a peer with mechanism NULL never does. The
 * decision may come at once or later, from any thread, so that checking a password does not block
 * the loop. Statuses are those of ZAP (RFC 27).
 *
 * The decision may come after the connection, its socket and the loop are gone. After
 * fsz_zmtp_socket_close() it only frees the request. Each request must be answered, or its memory
 * leaks. */
#ifndef FSZ_ZMTP_ADMISSION_H
#define FSZ_ZMTP_ADMISSION_H

#include "zmtp/address.h"
#include "zmtp/mechanism.h"

enum fsz_admission_stage { FSZ_ADMISSION_ADDRESS, FSZ_ADMISSION_CREDENTIALS };

enum { FSZ_ADMISSION_USER_BYTES = 256 };

struct fsz_admission {
    enum fsz_admission_stage         stage;
    uint64_t                         connection; /* its id, as in fsz_conn_facts */
    char                             address[FSZ_ADDRESS_HOST_BYTES]; /* a number; empty for ipc */
    int64_t                          uid, pid;                        /* ipc; otherwise -1 */
    enum fsz_zmtp_mechanism_name     mechanism;                       /* the socket's */
    struct fsz_mechanism_credentials credentials; /* in stage CREDENTIALS only */
    void                            *link;        /* for the gate's use, such as a list */
};

/* Decides on access. `ask` NULL: everyone is admitted. Called on the loop's thread; must not wait.
 */
struct fsz_gate {
    void (*ask)(void *self, struct fsz_admission *admission); /* the callee owns the admission */
    void *self;
};

/* A decision. `status`: "200" admits the peer; "300" closes the connection without an ERROR, so
 * that the peer connects again; "400" refuses it for good; "500" is a failure on our side. `user`
 * and `tag` are kept with the connection (fsz_zmtp_socket_identity()), except in stage ADDRESS. */
struct fsz_admission_answer {
    char     status[4];
    char     user[FSZ_ADMISSION_USER_BYTES]; /* empty: no user */
    uint64_t tag;
};

/* Delivers the decision, wipes the credentials and frees the admission. Any status other than those
 * four counts as "500". Any thread, also from within `ask`. */
void fsz_admission_answer(struct fsz_admission             **admission,
                          const struct fsz_admission_answer *answer);

#endif
