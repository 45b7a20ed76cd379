/* guard_private.h - the parts of the guard. Each works for one question, on the asker's thread.
 *
 * A text is judged as it stands. Where the switch would first put something into it (a variable's
 * value, a command's output), what comes out is not known: it is written as GUARD_UNKNOWN, which no
 * pattern but a `*` can match, and which nothing that is looked into may contain. All return FSZ_OK
 * or FSZ_EDENIED with the reason written. */
#ifndef FSZ_GUARD_PRIVATE_H
#define FSZ_GUARD_PRIVATE_H

#include "buffer.h"
#include "guard.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GUARD_UNKNOWN = '\x01',
    GUARD_WORDS_MAX = 8,
    GUARD_BYTES_MAX =
        1 << 20, /* of text looked at for one question, what is inside counted again */
};

struct guard {
    const struct fsz_principal *p;
    char                       *why; /* FSZ_GUARD_WHY_BYTES */
    unsigned                    depth;
    size_t                      bytes; /* looked at so far */
};

/* guard.c */
fsz_err guard_deny(struct guard *g, const char *format, ...) FSZ_PRINTF(2, 3);
/* Is everything allowed anyway? Then nothing is looked into. */
bool guard_trusts(const struct guard *g);
/* Only by patterns that spell out the first `spelled` bytes of `what`, or `*`. */
bool guard_may(const struct guard *g, enum fsz_right right, const char *what, size_t spelled);
/* Before something inside is looked at, and after. */
fsz_err guard_enter(struct guard *g, const char *text);
void    guard_leave(struct guard *g);
/* May `name` be run with `arg` (may be empty), as that right's patterns have it? */
fsz_err guard_may_run(struct guard *g, enum fsz_right right, const char *name, const char *arg,
                      bool must_be_spelled);

/* guard_names.c: what is known of names. */
enum guard_shape {
    GUARD_OTHER,        /* not known, or it runs anything: must be spelled out */
    GUARD_HARMLESS,     /* runs nothing that its argument says */
    GUARD_COMMAND,      /* behind `skip` words: a command */
    GUARD_EXPAND,       /* the same, its argument expanded first */
    GUARD_EVAL,         /* only expanded */
    GUARD_SETVAR,       /* behind `skip` words: a variable, its value */
    GUARD_ASSIGN,       /* `name=value` */
    GUARD_MULTISET,     /* several of these */
    GUARD_UNSET,        /* names of variables */
    GUARD_BROADCAST,    /* behind `skip` words: a file, or application::argument */
    GUARD_TRANSFER,     /* behind `skip` words: extension, dialplan, context */
    GUARD_TRANSFER_LEG, /* the same behind an option, or none */
    GUARD_EXTENSION,    /* the same, where the call's own dialplan is meant if none is named */
    GUARD_DEFLECT,      /* behind `skip` words: the same, for a loopback's end */
    GUARD_TRANSFERS,    /* extension/dialplan/context, twice */
    GUARD_ORIGINATE,
    GUARD_DIAL, /* a dial string */
    GUARD_JSON, /* a request to json_api */
    GUARD_BIND, /* behind `skip` words: application::argument */
    GUARD_DIGITS,
    GUARD_READ,        /* behind `skip` words: a variable that gets what is read */
    GUARD_STRFTIME,    /* a variable, `=`, a format of time */
    GUARD_PLAY,        /* a file; of `phrase:`, what is said is expanded again */
    GUARD_RECORD,      /* behind `skip` words: a file, variables */
    GUARD_SOFT_HOLD,   /* a key, music, music */
    GUARD_APPLICATION, /* behind `skip` words: an application, its argument */
};

struct guard_name {
    const char      *name;
    enum guard_shape shape;
    size_t           skip;
};

/* GUARD_OTHER if it is not in the table. */
struct guard_name guard_api_name(const char *name);
struct guard_name guard_application_name(const char *name);
bool              guard_json_api_is_harmless(const char *name);
bool              guard_subclass_is_obeyed(const char *subclass);
/* A name as commands and applications have it, so that it can't hide anything. */
bool guard_is_name(const char *name);

enum guard_variable {
    GUARD_VARIABLE_PLAIN,
    GUARD_VARIABLE_APPLICATION, /* `app arg`, `app:arg`, `app::arg` */
    GUARD_VARIABLE_COMMAND,     /* `command arg` */
    GUARD_VARIABLE_COMMAND_COLON,
    GUARD_VARIABLE_TRANSFER, /* `extension:dialplan:context` */
    GUARD_VARIABLE_SYSTEM,   /* a program and its arguments */
    GUARD_VARIABLE_MUSIC,    /* a file, or `app::arg` */
    GUARD_VARIABLE_PART,     /* part of something that is run: can't be judged alone */
};
enum guard_variable guard_variable_kind(const char *name, size_t length);

/* guard_text.c: what is in a text, whatever it is for. Appends it to `seen` (unless NULL) as it may
 * come out, and adds to *calls (unless NULL) the commands called for it. */
fsz_err guard_text(struct guard *g, const char *text, struct fsz_buffer *seen, size_t *calls);
/* How often a variable that runs something seems to be set in there. */
size_t guard_variables_count(const char *text);
bool   guard_has_unknown(const char *text);

/* guard_words.c: words as the switch divides them: at spaces, with '…' around what has some. The
 * last of `max` takes the rest. What has the switch's other means (a backslash, ^^) is denied. */
struct guard_words {
    char  *copy;
    char  *at[GUARD_WORDS_MAX];
    size_t count;
};
fsz_err guard_words_split(struct guard *g, const char *text, char delimiter, size_t max,
                          struct guard_words *ret_words);
/* Bytes of the first word as it stands. */
size_t guard_words_first(const char *text);
void   guard_words_free(struct guard_words *words);
/* "" for one that is not there. */
const char *guard_word(const struct guard_words *words, size_t index);

/* guard_api.c, guard_application.c: commands and applications. `arg` may be NULL. */
fsz_err guard_api(struct guard *g, const char *command, const char *arg);
/* A command and its argument, with that between them. `expands`: the argument is expanded first. */
fsz_err guard_command_line(struct guard *g, const char *line, char separator, bool expands);
fsz_err guard_application(struct guard *g, const char *app, const char *arg);
/* The same for applications, with one of these between them. */
fsz_err guard_application_line(struct guard *g, const char *line, const char *separators);

/* guard_look.c: looks into what a command or application of that shape was given. */
fsz_err guard_look(struct guard *g, struct guard_name name, const char *arg);
/* What stands behind `count` words, divided at single spaces. */
const char *guard_skip(const char *text, size_t count);

/* guard_variable.c. `value` may be NULL: it is taken away. */
fsz_err guard_variable(struct guard *g, const char *name, const char *value);
/* One that gets a value which nobody knows: it must not run it. */
fsz_err guard_variable_filled(struct guard *g, const char *name);
/* `name=value`, or without an `=` also `name,value`. */
fsz_err guard_assignment(struct guard *g, const char *text);
/* Several with that between them (`,`: in a dial string), or what a leading ^^ says. Adds to
 * *running how many of them run something. */
fsz_err guard_assignments(struct guard *g, const char *text, char delimiter, size_t *running);

/* guard_media.c: `path`, which is played, or `app::arg`. */
fsz_err guard_broadcast(struct guard *g, const char *path);
/* The same of a variable, which the switch expands. */
fsz_err guard_music(struct guard *g, const char *path);
/* "silence", for example. */
bool    guard_is_no_music(const char *path);
fsz_err guard_soft_hold(struct guard *g, const char *arg);
fsz_err guard_record(struct guard *g, const char *arg);

/* guard_dial.c: where calls go. */
/* The bracket that closes the one at `open` ({, [ or <), or NULL. */
const char *guard_closing(const char *open);
/* Lists of variables in a text: `{a=b,c=d}` of all legs, `[…]` of one, `<…>` of all of an
 * enterprise. `running` is that of guard_assignments(). */
fsz_err guard_lists(struct guard *g, const char *text, const char *openers, size_t *running);
fsz_err guard_dial(struct guard *g, const char *dial);
fsz_err guard_originate(struct guard *g, const char *arg);

/* guard_transfer.c */
fsz_err guard_transfer(struct guard *g, const char *extension, const char *dialplan);
/* `extension`, `dialplan` and `context` behind `skip` words and perhaps an option. */
fsz_err guard_transfer_words(struct guard *g, const char *arg, size_t skip, bool has_option);
fsz_err guard_extension(struct guard *g, const char *arg);
fsz_err guard_deflect(struct guard *g, const char *arg);
/* `uuid extension/dialplan/context extension/dialplan/context` */
fsz_err guard_transfer_both(struct guard *g, const char *arg);

/* guard_legs.c: may each leg of the dial string, the first bytes of an argument, be had alone? */
fsz_err guard_legs(struct guard *g, enum fsz_right right, const char *name, const char *dial,
                   size_t dial_length);

/* guard_json.c: `request` is a whole one, or with a command the `data` of one. */
fsz_err guard_json(struct guard *g, const char *request);
fsz_err guard_json_command(struct guard *g, const char *command, const char *data);

#endif
