/* SPDX-License-Identifier: MPL-2.0 */
/* pretty.h - formats an event as one readable line: time, name, call, parties and the most
 * important headers.
 *
 * All text that a peer sent is escaped (text.h). */
#ifndef FSZ_PRETTY_H
#define FSZ_PRETTY_H

#include "cli/cli_options.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct fsz_pretty {
    bool                          colour;
    bool                          utf8;   /* the terminal can show UTF-8 */
    const struct fsz_option_list *fields; /* headers to show instead of the details; or NULL */
};

/* Writes the line with its newline. Times are local. */
void fsz_pretty_event(const struct fsz_pretty *pretty, FILE *out, const json_t *event);
/* Writes the stream's name and the numbers of a meta frame, as a prefix of the event's line. */
void fsz_pretty_meta(const struct fsz_pretty *pretty, FILE *out, const json_t *meta);

#endif
