/* SPDX-License-Identifier: MPL-2.0 */
/* mechanismrun.h - a script of arbitrary bytes for one side of a handshake. */
#ifndef FSZ_MECHANISMRUN_H
#define FSZ_MECHANISMRUN_H

#include "zmtp/mechanism.h"

/* The first byte selects the side and the socket type. Each further byte is a step: a command of
 * arbitrary bytes, the next command of an honest peer (unchanged or altered), our next command, a
 * decision on credentials, or a refusal. Aborts if a state changes against the rules of
 * mechanism.h, or if afterwards two honest sides do not become READY. */
void mechanismrun(enum fsz_zmtp_mechanism_name name, const uint8_t *data, size_t size);

#endif
