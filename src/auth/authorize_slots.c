/* SPDX-License-Identifier: MPL-2.0 */
#include "auth/authorize_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A slot takes its part of *text; a slot that takes the rest leaves *text empty. */
typedef fsz_err (*slot_fn)(struct authorize *a, const char **text);

typedef fsz_err (*slot_word_fn)(struct authorize *a, const char *word);

/* ---- how a slot takes its text --------------------------------------------------------------- */

static fsz_err slot_with_word(struct authorize *a, const char **text, slot_word_fn judge)
{
    char   *word = authorize_word(text);
    fsz_err err = word ? judge(a, word) : authorize_no_memory(a);
    free(word);
    return err;
}

static fsz_err slot_with_rest(struct authorize *a, const char **text, slot_word_fn judge)
{
    fsz_err err = judge(a, *text);
    *text = "";
    return err;
}

/* ---- words ----------------------------------------------------------------------------------- */

static fsz_err word_any(struct authorize *a, const char *word)
{
    (void)a;
    (void)word;
    return FSZ_OK;
}

static fsz_err word_read(struct authorize *a, const char *word)
{
    return authorize_file(a, word, false);
}

static fsz_err word_write(struct authorize *a, const char *word)
{
    return word[0] == '\0' ? authorize_deny(a, "the file to write is missing")
                           : authorize_file(a, word, true);
}

/* ---- the rest -------------------------------------------------------------------------------- */

/* Words, or `+N` and lists. The switch decodes lists first, and reads too much of them if more text
 * follows. */
static fsz_err rest_list(struct authorize *a, const char *text)
{
    if (strchr(text, '{') == NULL && strchr(text, '%') == NULL) {
        return FSZ_OK;
    }
    text += text[0] == '+' ? strcspn(text, " ") : 0;
    text += strspn(text, " ");
    fsz_err err =
        strchr(text, '%') != NULL
            ? authorize_deny(a, "a recording's options have a %%, which the switch decodes")
            : authorize_lists(a, &text, "{");
    return err == FSZ_OK && text[0] != '\0'
               ? authorize_deny(
                     a,
                     "a recording's options with a brace may have only +N and lists of variables")
               : err;
}

/* A status that redirects would carry an address. */
static fsz_err rest_status(struct authorize *a, const char *text)
{
    size_t digits = strspn(text, "0123456789");
    bool   plain = text[digits] == '\0' || text[digits] == ' ';
    return plain && text[0] != '3' ? FSZ_OK
                                   : authorize_deny(a, "a status must be a number and not 3xx: "
                                                       "use the application redirect");
}

/* `macro,arguments`: the switch's configuration says what the macro does with them. */
static fsz_err rest_phrase(struct authorize *a, const char *text)
{
    struct fsz_buffer what;
    fsz_buffer_init(&what, SIZE_MAX);
    fsz_buffer_printf(&what, "read:phrase:%s", text);
    fsz_err err = what.failed != FSZ_OK
                      ? authorize_no_memory(a)
                      : authorize_need(a, FSZ_RIGHT_FILES, fsz_buffer_string(&what), 0);
    fsz_buffer_fini(&what);
    return err;
}

static fsz_err rest_looped(struct authorize *a, const char *text)
{
    text += text[0] == '+' ? strcspn(text, " ") : 0;
    return authorize_file(a, text + strspn(text, " "), false);
}

static fsz_err rest_command(struct authorize *a, const char *text)
{
    return authorize_line(a, text, " ", authorize_api);
}

static fsz_err rest_prefixed(struct authorize *a, const char *text)
{
    bool prefixed = strncasecmp(text, "uuid:", 5) == 0 || strncasecmp(text, "encoded ", 8) == 0;
    text += prefixed ? strcspn(text, " ") : 0;
    return rest_command(a, text);
}

static fsz_err rest_application(struct authorize *a, const char *text)
{
    return authorize_line(a, text, " ", authorize_application);
}

static fsz_err rest_value(struct authorize *a, const char *text)
{
    char   *name = authorize_word(&text);
    fsz_err err = name ? authorize_variable(a, name, text) : authorize_no_memory(a);
    free(name);
    return err;
}

static fsz_err rest_each(struct authorize *a, const char *text, const char *separator,
                         slot_word_fn judge)
{
    char    *copy = strdup(text);
    char    *rest = copy;
    fsz_err  err = copy ? FSZ_OK : authorize_no_memory(a);
    unsigned count = 0;
    for (char *piece; err == FSZ_OK && (piece = strsep(&rest, separator)) != NULL;) {
        err = ++count > AUTHORIZE_PIECES_MAX      ? authorize_too_many(a)
              : piece[strspn(piece, " ")] == '\0' ? FSZ_OK
                                                  : judge(a, piece);
    }
    free(copy);
    return err;
}

static fsz_err rest_assigns(struct authorize *a, const char *text)
{
    return rest_each(a, text, " ", authorize_assign);
}

static fsz_err rest_assigns2(struct authorize *a, const char *text)
{
    return rest_each(a, text, ";", authorize_assign);
}

static fsz_err unset_one(struct authorize *a, const char *name)
{
    return authorize_variable(a, name, NULL);
}

static fsz_err rest_unset(struct authorize *a, const char *text)
{
    return rest_each(a, text, " ", unset_one);
}

static fsz_err rest_time(struct authorize *a, const char *text)
{
    char *name = strndup(text, strcspn(text, "="));
    if (name == NULL) {
        return authorize_no_memory(a);
    }
    fsz_err err = authorize_filled(a, name);
    free(name);
    return err;
}

/* `realm,digits,exec:app,argument`, `exec[flags]:app,…`, `api:command,…`, or headers of an event
 * for this call. */
static fsz_err rest_digits(struct authorize *a, const char *text)
{
    for (int i = 0; i < 2; i++) {
        text += strcspn(text, ",");
        text += *text == ',';
    }
    text += strspn(text, " ");
    bool runs_command = strncasecmp(text, "api:", 4) == 0;
    if (!runs_command && strncasecmp(text, "exec", 4) != 0) {
        return FSZ_OK;
    }
    char *action = strdup(text + strcspn(text, ":") + (text[strcspn(text, ":")] == ':'));
    if (action == NULL) {
        return authorize_no_memory(a);
    }
    char       *rest = action;
    const char *name = strsep(&rest, ",");
    const char *arg = rest ? strsep(&rest, ",") : NULL; /* then the targets of digits and action */
    fsz_err err = runs_command ? authorize_api(a, name, arg) : authorize_application(a, name, arg);
    free(action);
    return err;
}

/* ---- the walk -------------------------------------------------------------------------------- */

static const struct {
    slot_word_fn word; /* takes a word, or */
    slot_word_fn rest; /* takes the rest */
    slot_fn      walk; /* moves *text itself */
} slot_table[] = {
    [SLOT_WORD] = {.word = word_any},
    [SLOT_FILE] = {.word = word_read},
    [SLOT_WRITE] = {.word = word_write},
    [SLOT_SOUND] = {.rest = word_read},
    [SLOT_LOOPED] = {.rest = rest_looped},
    [SLOT_MEDIA] = {.word = authorize_media},
    [SLOT_MUSIC] = {.word = authorize_music},
    [SLOT_ACTION] = {.rest = authorize_media},
    [SLOT_LIST] = {.rest = rest_list},
    [SLOT_PLACE] = {.rest = authorize_route},
    [SLOT_EXTENSION] = {.rest = authorize_route_extension},
    [SLOT_SLASHED] = {.word = authorize_route_slashed},
    [SLOT_DIAL] = {.walk = authorize_dial},
    [SLOT_BRIDGE] = {.rest = authorize_bridge},
    [SLOT_THEN] = {.rest = authorize_route_then},
    [SLOT_OVERFLOW] = {.rest = authorize_route_overflow},
    [SLOT_ADDRESS] = {.rest = authorize_route_address},
    [SLOT_TARGET] = {.rest = authorize_route_target},
    [SLOT_STATUS] = {.rest = rest_status},
    [SLOT_PHRASE] = {.rest = rest_phrase},
    [SLOT_COMMAND] = {.rest = rest_command},
    [SLOT_PREFIXED] = {.rest = rest_prefixed},
    [SLOT_APPLICATION] = {.rest = rest_application},
    [SLOT_SHELL] = {.rest = authorize_shell},
    [SLOT_VALUE] = {.rest = rest_value},
    [SLOT_ASSIGN] = {.rest = authorize_assign},
    [SLOT_ASSIGNS] = {.rest = rest_assigns},
    [SLOT_ASSIGNS2] = {.rest = rest_assigns2},
    [SLOT_UNSET] = {.rest = rest_unset},
    [SLOT_FILLED] = {.word = authorize_filled},
    [SLOT_TIME] = {.rest = rest_time},
    [SLOT_JSON] = {.rest = authorize_json},
    [SLOT_DIGITS] = {.rest = rest_digits},
};

static fsz_err slots_take(struct authorize *a, enum authorize_slot slot, const char **text)
{
    if (slot_table[slot].walk != NULL) {
        return slot_table[slot].walk(a, text);
    }
    return slot_table[slot].word != NULL ? slot_with_word(a, text, slot_table[slot].word)
                                         : slot_with_rest(a, text, slot_table[slot].rest);
}

/* Handles START and LEG. Without `start`, nothing that follows names anything. */
static bool slots_skip(enum authorize_slot slot, const char **text)
{
    size_t length = strcspn(*text, " ");
    if (slot == SLOT_START && (length != 5 || strncasecmp(*text, "start", 5) != 0)) {
        *text = "";
    }
    bool option =
        length == 5 && (strncasecmp(*text, "-bleg", 5) == 0 || strncasecmp(*text, "-both", 5) == 0);
    if (slot == SLOT_START || (slot == SLOT_LEG && option)) {
        length = strcspn(*text, " ");
        *text += length + strspn(*text + length, " ");
    }
    return slot == SLOT_START || slot == SLOT_LEG;
}

fsz_err authorize_slots(struct authorize *a, const struct authorize_name *name, const char *arg)
{
    const enum authorize_slot *slot = name->slots;
    bool                       dials = *slot == SLOT_DIAL || *slot == SLOT_BRIDGE;
    fsz_err                    err = authorize_plain(a, arg, dials);
    if (err == FSZ_OK && name->spelled && authorize_climbs(arg)) {
        return authorize_deny(a, "the argument of \"%.60s\" has a path with \"..\"", name->name);
    }
    for (; err == FSZ_OK && *slot != SLOT_REST && arg[0] != '\0'; slot++) {
        if (!slots_skip(*slot, &arg)) {
            err = slots_take(a, *slot, &arg);
            arg += strspn(arg, " ");
        }
        if (err == FSZ_OK && *slot == SLOT_DIAL) {
            err = authorize_plain(a, arg, false);
        }
    }
    /* The switch takes a missing place from the call, so the slot checks an empty one too. */
    bool judges_nothing = *slot == SLOT_EXTENSION || (*slot == SLOT_PLACE && name->slots != slot);
    return err == FSZ_OK && judges_nothing ? slots_take(a, *slot, &arg) : err;
}
