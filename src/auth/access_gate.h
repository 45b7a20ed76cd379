/* access_gate.h - asks access control (access.h) about the peers of one socket of our own wire.
 *
 * By address: the lists, then failures-per-minute, before any cryptography. By credentials: all
 * that again, because a reload may have been in between, and then the password or key. Both are
 * decided on the control thread. With security `none` the address decides alone, and where no list
 * has to be asked, on the thread that asks. The tag of an answer is the proof (peer.h). */
#ifndef FSZ_ACCESS_GATE_H
#define FSZ_ACCESS_GATE_H

#include "auth/access.h"
#include "zmtp/admission.h"

struct fsz_access_gate;

/* Questions of one gate that wait for the control thread. A peer that comes when as many wait is
 * asked to come again, counted as deferred. Connections that have ended count until it is their
 * turn. */
enum { FSZ_ACCESS_GATE_WAITING_MAX = 4096 };

/* `owner`: fsz_socket_config's, copied. FSZ_ENOMEM. Any thread. */
FSZ_NODISCARD fsz_err fsz_access_gate_new(struct fsz_access *access, const char *owner,
                                          struct fsz_access_gate **ret_gate);
/* For a socket; stays in place as long as the gate. */
const struct fsz_gate *fsz_access_gate_of_socket(const struct fsz_access_gate *gate);
/* After its socket is gone. What still waits is answered with "300". May be freed before access or
 * after it; nobody asks once access is freed. Accepts NULL in *gate. Any thread. */
void fsz_access_gate_free(struct fsz_access_gate **gate);

#endif
