/* admission.h - one question to whoever decides on access: may this peer connect?
 *
 * A peer is asked about when it is accepted, by its address alone and before a byte of it is read;
 * and again once it has shown credentials, so never with NULL. The answer may come at once or
 * later, from any thread, so that a check of passwords does not hold up the loop. Statuses are
 * those of ZAP (RFC 27).
 *
 * An answer may come when the connection, its socket and the loop are gone: once a socket is closed
 * (fsz_zmtp_socket_close()), answers to its questions only free them. Each question has to be
 * answered, or its memory stays. */
#ifndef FSZ_ZMTP_ADMISSION_H
#define FSZ_ZMTP_ADMISSION_H

#include "zmtp/address.h"
#include "zmtp/mechanism.h"

enum fsz_admission_stage { FSZ_ADMISSION_ADDRESS, FSZ_ADMISSION_CREDENTIALS };

enum { FSZ_ADMISSION_USER_BYTES = 256 };

struct fsz_admission {
    enum fsz_admission_stage         stage;
    uint64_t                         connection; /* its id, as in fsz_conn_facts */
    char                             address[FSZ_ADDRESS_HOST_BYTES]; /* a number; empty: ipc */
    int64_t                          uid, pid;                        /* ipc; else -1 */
    enum fsz_zmtp_mechanism_name     mechanism;                       /* the socket's */
    struct fsz_mechanism_credentials credentials;                     /* in stage CREDENTIALS */
    void                            *link; /* the asked one's, such as a list's */
};

/* Who is asked. NULL in `ask`: everyone is admitted. Loop thread; never waits. */
struct fsz_gate {
    void (*ask)(void *self, struct fsz_admission *admission); /* which is the callee's now */
    void *self;
};

/* What is decided. `status`: "200" admits; "300" ends the connection without a word, so that the
 * peer comes again; "400" refuses for good; "500" is our own failure. `user` and `tag` are kept
 * with the connection (fsz_zmtp_socket_identity()); an answer to stage ADDRESS keeps none. */
struct fsz_admission_answer {
    char     status[4];
    char     user[FSZ_ADMISSION_USER_BYTES]; /* empty: nobody */
    uint64_t tag;
};

/* Answers and frees; wipes the credentials. Another status than those four counts as "500". Any
 * thread, also from within `ask`. */
void fsz_admission_answer(struct fsz_admission             **admission,
                          const struct fsz_admission_answer *answer);

#endif
