/* show.h - events onto standard output, in the form the user asked for. One thread. */
#ifndef FSZ_SHOW_H
#define FSZ_SHOW_H

#include "cli/cli_message.h"
#include "cli/pretty.h"

struct fsz_show {
    struct fsz_pretty      pretty;
    struct fsz_option_list fields;
    char                  *fields_text; /* what `fields` points into */
    bool                   json;        /* whole JSON, one event a line */
    bool                   envelope;    /* with stream, seq and type_seq */
    bool                   terminal;    /* standard output is one */
};

/* Takes "a,b,c". Returns 0, or -1 when it has too many names or memory is short. */
int  fsz_show_fields(struct fsz_show *show, const char *list);
void fsz_show_fini(struct fsz_show *show);

/* `event` is the message's event, parsed; `meta` its meta frame, or NULL. */
void fsz_show_event(const struct fsz_show *show, FILE *out, struct fsz_message *message,
                    const json_t *event, json_t *meta);

#endif
