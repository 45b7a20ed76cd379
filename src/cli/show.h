/* SPDX-License-Identifier: MPL-2.0 */
/* show.h - writes events to standard output in the form that the user chose. One thread. */
#ifndef FSZ_SHOW_H
#define FSZ_SHOW_H

#include "cli/cli_message.h"
#include "cli/pretty.h"

struct fsz_show {
    struct fsz_pretty      pretty;
    struct fsz_option_list fields;
    char                  *fields_text; /* the text that `fields` points into */
    bool                   json;        /* as JSON, one event per line */
    bool                   envelope;    /* with stream, seq and type_seq */
    bool                   terminal;    /* standard output is a terminal */
};

/* Takes "a,b,c". Returns 0, or -1: too many names, or out of memory. */
int  fsz_show_fields(struct fsz_show *show, const char *list);
void fsz_show_fini(struct fsz_show *show);

/* `event` is the parsed event of the message; `meta` is its meta frame, or NULL. */
void fsz_show_event(const struct fsz_show *show, FILE *out, struct fsz_message *message,
                    const json_t *event, json_t *meta);

#endif
