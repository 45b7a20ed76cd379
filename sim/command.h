/* SPDX-License-Identifier: MPL-2.0 */
/* command.h - one API command of the simulated switch, for the table in commands.c. With the lock
 * held, except where noted. */
#ifndef FSZ_COMMAND_H
#define FSZ_COMMAND_H

#include "sim/state.h"
#include "sim/words.h"

struct fsz_command {
    const char *name;
    size_t      words_min, words_max; /* fewer: the reply is the usage; the last word is the rest */
    const char *usage;
    void (*run)(struct fsz_sim *sim, const struct fsz_words *words, struct fsz_buffer *output);
    /* Instead of `run`, for a command that blocks: runs without the lock and without the switch,
     * which may end meanwhile. */
    void (*run_apart)(const struct fsz_sim_options *options, const struct fsz_words *words,
                      struct fsz_buffer *output);
};

/* NULL: no such channel; `output` says so. */
struct fsz_leg *fsz_command_leg(struct fsz_sim *sim, const char *uuid, struct fsz_buffer *output);

void fsz_command_show(struct fsz_sim *sim, const struct fsz_words *words,
                      struct fsz_buffer *output);
void fsz_command_dump(struct fsz_sim *sim, const struct fsz_words *words,
                      struct fsz_buffer *output);
void fsz_command_locate(const struct fsz_sim_options *options, const struct fsz_words *words,
                        struct fsz_buffer *output);
#define FSZ_ORIGINATE_USAGE                                                                        \
    "<call url> <exten>|&<application_name>(<app_args>) [<dialplan>] [<context>] [<cid_name>] "    \
    "[<cid_num>] [<timeout_sec>]"
void fsz_command_originate(struct fsz_sim *sim, const struct fsz_words *words,
                           struct fsz_buffer *output);

#endif
