/* SPDX-License-Identifier: MPL-2.0 */
/* authorize_private.h - the parts of authorize.c. Each works for one request, on its thread. All
 * that return fsz_err return FSZ_OK, or FSZ_EDENIED with the reason in `why`. */
#ifndef FSZ_AUTHORIZE_PRIVATE_H
#define FSZ_AUTHORIZE_PRIVATE_H

#include "auth/authorize.h"
#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    AUTHORIZE_SLOTS_MAX = 12,
    AUTHORIZE_BYTES_MAX = 1 << 20, /* of text in one request; nested text counts again */
    AUTHORIZE_PIECES_MAX = 60,     /* of a text; the switch does not split after the 63rd */
};

struct authorize {
    const struct fsz_principal *p;
    char                       *why; /* FSZ_WHY_BYTES */
    unsigned                    depth;
    size_t                      bytes; /* of text read so far */
};

/* authorize.c */
fsz_err authorize_deny(struct authorize *a, const char *format, ...) FSZ_PRINTF(2, 3);
fsz_err authorize_no_memory(struct authorize *a);
/* Denies a text with more than AUTHORIZE_PIECES_MAX pieces. */
fsz_err authorize_too_many(struct authorize *a);
/* Are all commands and applications granted? Then nothing is parsed. */
bool authorize_trusts(const struct authorize *a);
/* Does a grant match? A pattern must be `*` or spell out the first `spelled` bytes. */
bool authorize_may(const struct authorize *a, enum fsz_right right, const char *what,
                   size_t spelled);
bool authorize_may_all(const struct authorize *a, enum fsz_right right);
/* The same; writes the reason if none matches. */
fsz_err authorize_need(struct authorize *a, enum fsz_right right, const char *what, size_t spelled);
/* Called before and after a nested text. */
fsz_err authorize_enter(struct authorize *a, const char *text);
void    authorize_leave(struct authorize *a);
/* Commands and applications. `arg` may be NULL. */
fsz_err authorize_api(struct authorize *a, const char *command, const char *arg);
fsz_err authorize_application(struct authorize *a, const char *app, const char *arg);

/* authorize_names.c, authorize_names.def */
enum authorize_slot {
    SLOT_REST,        /* the rest names nothing */
    SLOT_WORD,        /* a word that names nothing */
    SLOT_START,       /* `start`; after another word, the rest names nothing */
    SLOT_FILE,        /* a word: a file that is read */
    SLOT_WRITE,       /* a word: a file that is written */
    SLOT_SOUND,       /* the rest: a file that is played */
    SLOT_LOOPED,      /* the rest: the same after an optional `+N` */
    SLOT_MEDIA,       /* a word: a file, or `application::argument` */
    SLOT_MUSIC,       /* a word: the same, or a word for silence */
    SLOT_ACTION,      /* the rest: as MEDIA */
    SLOT_LIST,        /* the rest: words, or `+N` and lists of variables in braces */
    SLOT_LEG,         /* `-bleg`, `-both`, or nothing */
    SLOT_PLACE,       /* the rest: extension, dialplan, context */
    SLOT_EXTENSION,   /* the rest: as PLACE, but refused without a dialplan */
    SLOT_OVERFLOW,    /* the rest: as PLACE, or `!cause`, or nothing */
    SLOT_SLASHED,     /* a word: extension/dialplan/context */
    SLOT_DIAL,        /* a word: a dial string */
    SLOT_BRIDGE,      /* the rest: a dial string */
    SLOT_THEN,        /* the rest: `&application(argument)`, or as PLACE */
    SLOT_ADDRESS,     /* the rest: addresses to redirect a caller to */
    SLOT_TARGET,      /* the rest: an address, or as PLACE */
    SLOT_STATUS,      /* the rest: a SIP status and its text */
    SLOT_PHRASE,      /* the rest: a phrase macro and its arguments */
    SLOT_COMMAND,     /* the rest: a command, its argument */
    SLOT_PREFIXED,    /* the rest: the same after an optional `uuid:…` or `encoded` */
    SLOT_APPLICATION, /* the rest: an application, its argument */
    SLOT_SHELL,       /* the rest: a command line for a shell */
    SLOT_VALUE,       /* the rest: a variable, its value */
    SLOT_ASSIGN,      /* the rest: name=value */
    SLOT_ASSIGNS,     /* the rest: several, separated by blanks */
    SLOT_ASSIGNS2,    /* the rest: several, separated by semicolons */
    SLOT_UNSET,       /* the rest: names of variables */
    SLOT_FILLED,      /* a word: a variable whose value the switch sets */
    SLOT_TIME,        /* the rest: a variable, `=`, a time format */
    SLOT_JSON,        /* the rest: a request to the JSON API */
    SLOT_DIGITS,      /* the rest: an action of bind_digit_action */
};

struct authorize_name {
    const char         *name;
    bool                spelled; /* granted only by a pattern that spells out its name */
    bool                argued;  /* the switch crashes if it runs without an argument */
    enum authorize_slot slots[AUTHORIZE_SLOTS_MAX]; /* then SLOT_REST */
};
/* A name that is not in the table must be spelled out, and its argument names nothing. */
struct authorize_name authorize_api_name(const char *name);
struct authorize_name authorize_application_name(const char *name);
bool                  authorize_json_api_is_harmless(const char *name);
bool                  authorize_subclass_is_obeyed(const char *subclass);
/* Only letters, digits, `_`, `-` and `.`, like names of commands and applications? */
bool authorize_is_name(const char *name);

enum authorize_variable {
    AUTHORIZE_PLAIN,
    AUTHORIZE_RUNS_APPLICATION,       /* `app arg`, `app:arg`, `app::arg` */
    AUTHORIZE_RUNS_APPLICATION_COLON, /* `app:arg` */
    AUTHORIZE_RUNS_COMMAND,           /* `command arg` */
    AUTHORIZE_RUNS_COMMAND_COLON,     /* `command:arg` */
    AUTHORIZE_RUNS_SHELL,
    AUTHORIZE_NAMES_PLACE, /* `extension:dialplan:context` */
    AUTHORIZE_NAMES_MUSIC, /* a file, or `app::arg` */
    AUTHORIZE_NAMES_TONE,  /* a file, or tones */
    AUTHORIZE_STEERS,      /* changes the meaning of an endpoint, file or context */
    AUTHORIZE_PART,        /* part of something that is executed: cannot be checked alone */
};
enum authorize_variable authorize_variable_kind(const char *name);

/* authorize_text.c: texts as the switch reads them. */
/* Refuses control characters, quotes, and characters that the switch expands. With `quotes`, the
 * caller handles `'` and `^^`. */
fsz_err authorize_plain(struct authorize *a, const char *text, bool quotes);
/* Takes the next word from *text; empty at the end. The caller frees it. NULL: out of memory. */
char *authorize_word(const char **text);
/* Checks a command or application that is written as `name`, a separator, and its argument. With
 * the separators " :", as in execute_on_*, also `name::argument`. */
typedef fsz_err (*authorize_fn)(struct authorize *a, const char *name, const char *arg);
fsz_err authorize_line(struct authorize *a, const char *line, const char *separators,
                       authorize_fn judge);
fsz_err authorize_shell(struct authorize *a, const char *text);
/* Does a path have a segment `..`? */
bool authorize_climbs(const char *text);

/* authorize_slots.c: checks what an argument names, by the grammar of its command or application.
 */
fsz_err authorize_slots(struct authorize *a, const struct authorize_name *name, const char *arg);

/* authorize_file.c */
fsz_err authorize_file(struct authorize *a, const char *path, bool write);
/* A file that is read, or `application[!cause]::argument`. */
fsz_err authorize_media(struct authorize *a, const char *text);
/* The same, or a word for no music. */
fsz_err authorize_music(struct authorize *a, const char *text);

/* authorize_place.c: a place where a call continues. An empty text: not given. */
fsz_err authorize_place(struct authorize *a, const char *extension, const char *dialplan,
                        const char *context);

/* authorize_route.c: such a place as part of an argument. */
/* `extension dialplan context` */
fsz_err authorize_route(struct authorize *a, const char *text);
/* The same, but refused without a dialplan. */
fsz_err authorize_route_extension(struct authorize *a, const char *text);
/* The same, or `!cause`. */
fsz_err authorize_route_overflow(struct authorize *a, const char *text);
/* Addresses, separated by commas. */
fsz_err authorize_route_address(struct authorize *a, const char *text);
/* An address, or a place. */
fsz_err authorize_route_target(struct authorize *a, const char *text);
/* What originate does when the call is answered. */
fsz_err authorize_route_then(struct authorize *a, const char *text);
/* `extension/dialplan/context` */
fsz_err authorize_route_slashed(struct authorize *a, const char *word);

/* authorize_dial.c: dial strings. Moves *dial past the dial string, to a blank or the end. */
fsz_err authorize_dial(struct authorize *a, const char **dial);
/* The whole text is a dial string. Blanks may follow lists and separators. */
fsz_err authorize_bridge(struct authorize *a, const char *dial);
/* Lists `{name=value,…}` at the beginning of *text, which is moved past them. */
fsz_err authorize_lists(struct authorize *a, const char **text, const char *openers);
/* One address of a deflection or redirection, or one leg. */
fsz_err authorize_leg(struct authorize *a, const char *leg);

/* authorize_variable.c. `value` NULL: the variable is removed. */
fsz_err authorize_variable(struct authorize *a, const char *name, const char *value);
/* A variable whose value is not known yet. */
fsz_err authorize_filled(struct authorize *a, const char *name);
/* `name=value`; `name,value` if there is no `=`. */
fsz_err authorize_assign(struct authorize *a, const char *text);

/* authorize_json.c: a whole request; or a command and the `data` of its request. */
fsz_err authorize_json(struct authorize *a, const char *request);
fsz_err authorize_json_command(struct authorize *a, const char *command, const char *data);

#endif
