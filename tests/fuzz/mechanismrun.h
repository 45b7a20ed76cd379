/* mechanismrun.h - a script of arbitrary bytes for one side of a handshake. */
#ifndef FSZ_MECHANISMRUN_H
#define FSZ_MECHANISMRUN_H

#include "zmtp/mechanism.h"

/* The first byte says which side and what socket type; each step after it is a byte that says what
 * happens: a command of arbitrary bytes comes, the next command of an honest peer comes, as it is
 * or altered, ours is fetched, credentials are judged, the handshake is refused. Aborts when a
 * state moves otherwise than mechanism.h has it, or when two honest sides do not get READY after
 * all that. */
void mechanismrun(enum fsz_zmtp_mechanism_name name, const uint8_t *data, size_t size);

#endif
