/* dial.h - dial strings of the simulated switch: {name=value,...}loopback/extension.
 *
 * Parsing: any thread. */
#ifndef FSZ_DIAL_H
#define FSZ_DIAL_H

#include "sim/call.h"
#include "sim/words.h"

/* A dial string, taken apart. */
struct fsz_dial {
    char  bytes[FSZ_WORDS_BYTES];
    char *variables; /* "" without */
    char *endpoint, *extension;
};

/* Has the captured dialplan this extension? Static storage; any thread. */
bool fsz_dial_has_extension(const char *extension);
/* false: it is none. */
bool fsz_dial_parse(struct fsz_dial *dial, const char *text);
/* Why it can't be called; NULL: it can. */
const char *fsz_dial_refusal(const struct fsz_dial *dial);
/* Do the variables in braces say for how long it rings (`sim_ring_ms`)? */
bool fsz_dial_rings(const struct fsz_dial *dial);
/* Those in braces; once, the text is taken apart. FSZ_ENOMEM, FSZ_ELIMIT. */
FSZ_NODISCARD fsz_err fsz_dial_set_variables(struct fsz_dial *dial, struct fsz_leg *leg);

#endif
