/* SPDX-License-Identifier: MPL-2.0 */
/* dial.h - dial strings of the simulated switch: {name=value,...}loopback/extension.
 *
 * Parsing: any thread. */
#ifndef FSZ_DIAL_H
#define FSZ_DIAL_H

#include "sim/call.h"
#include "sim/words.h"

/* A parsed dial string. */
struct fsz_dial {
    char  bytes[FSZ_WORDS_BYTES];
    char *variables; /* "" without */
    char *endpoint, *extension;
};

/* Does the captured dialplan have this extension? Any thread. */
bool fsz_dial_has_extension(const char *extension);
/* false: not a dial string. */
bool fsz_dial_parse(struct fsz_dial *dial, const char *text);
/* The hangup cause if it cannot be called; NULL: it can. Static storage. */
const char *fsz_dial_refusal(const struct fsz_dial *dial);
/* Do the variables in braces have `sim_ring_ms`? */
bool fsz_dial_rings(const struct fsz_dial *dial);
/* Sets the variables in braces; only once, since it splits the text. FSZ_ENOMEM, FSZ_ELIMIT. */
FSZ_NODISCARD fsz_err fsz_dial_set_variables(struct fsz_dial *dial, struct fsz_leg *leg);

#endif
