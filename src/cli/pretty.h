/* pretty.h - an event as one line for people: when, what, which call, who to whom, and what matters
 * in it.
 *
 * Everything that came from a peer goes through text.h. */
#ifndef FSZ_PRETTY_H
#define FSZ_PRETTY_H

#include "cli/cli_options.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct fsz_pretty {
    bool                          colour;
    bool                          utf8;   /* the terminal shows more than ASCII */
    const struct fsz_option_list *fields; /* these headers instead of the details; may be NULL */
};

/* Writes the line with its newline. Times are local. */
void fsz_pretty_event(const struct fsz_pretty *pretty, FILE *out, const json_t *event);
/* Writes the stream's name and the numbers of a meta frame, to stand before an event's line. */
void fsz_pretty_meta(const struct fsz_pretty *pretty, FILE *out, const json_t *meta);

#endif
