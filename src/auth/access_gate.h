/* SPDX-License-Identifier: MPL-2.0 */
/* access_gate.h - asks access control (access.h) about the peers of one socket over tcp and ipc.
 *
 * Stage ADDRESS checks the lists, then failures-per-minute, before any cryptography. Stage
 * CREDENTIALS repeats this, because a reload may have happened, and then checks the password or
 * key. The access thread decides both. With security `none` only the address is checked, on the
 * calling thread if no list must be asked. The tag of an answer is the proof (peer.h). */
#ifndef FSZ_ACCESS_GATE_H
#define FSZ_ACCESS_GATE_H

#include "auth/access.h"
#include "zmtp/admission.h"

struct fsz_access_gate;

/* Peers of one gate that may wait for the access thread. Further peers are told to try again later
 * and count as deferred. A connection that ends counts until its turn comes. */
enum { FSZ_ACCESS_GATE_WAITING_MAX = 4096 };

/* Copies `owner` (of struct fsz_socket_config). FSZ_ENOMEM. Any thread. */
FSZ_NODISCARD fsz_err fsz_access_gate_new(struct fsz_access *access, const char *owner,
                                          struct fsz_access_gate **ret_gate);
/* For a socket; valid as long as the gate. */
const struct fsz_gate *fsz_access_gate_of_socket(const struct fsz_access_gate *gate);
/* Call it once the socket is gone. Peers that still wait get the status "300". May be freed before
 * or after access control, but must not be used after it. Accepts NULL in *gate. Any thread. */
void fsz_access_gate_free(struct fsz_access_gate **gate);

#endif
