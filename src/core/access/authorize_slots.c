#include "authorize_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A slot takes what it needs off *text, and leaves it empty where it takes the rest. */
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
    return word[0] == '\0' ? authorize_deny(a, "blanks are no file to write")
                           : authorize_file(a, word, true);
}

/* The switch decodes it first. */
static fsz_err word_option(struct authorize *a, const char *word)
{
    if (strchr(word, '%') != NULL) {
        return authorize_deny(a, "a recording's option has a %%, which the switch decodes");
    }
    const char *list = word;
    fsz_err     err = authorize_lists(a, &list, "{");
    return err == FSZ_OK && strchr(list, '{') != NULL
               ? authorize_deny(a, "a recording's variables must begin its option")
               : err;
}

static fsz_err word_slashed(struct authorize *a, const char *word)
{
    static const char end[] = "/inline";
    char             *copy = strdup(word);
    if (copy == NULL) {
        return authorize_no_memory(a);
    }
    char       *found = strstr(copy, end); /* the first, in lower case, as the switch looks */
    bool        is_inline = found != NULL && found[strlen(end)] == '\0';
    char       *rest = is_inline ? found : copy + strcspn(copy, "/");
    const char *dialplan = "";
    if (*rest == '/') {
        *rest++ = '\0';
        dialplan = strsep(&rest, "/");
    } else {
        rest = NULL;
    }
    fsz_err err = authorize_place(a, copy, dialplan, rest ? rest : "");
    free(copy);
    return err;
}

/* ---- the rest -------------------------------------------------------------------------------- */

static fsz_err rest_looped(struct authorize *a, const char *text)
{
    text += text[0] == '+' ? strcspn(text, " ") : 0;
    return authorize_file(a, text + strspn(text, " "), false);
}

static fsz_err rest_place(struct authorize *a, const char *text)
{
    char   *extension = authorize_word(&text);
    char   *dialplan = authorize_word(&text);
    char   *context = authorize_word(&text);
    fsz_err err = extension && dialplan && context
                      ? authorize_place(a, extension, dialplan, context)
                      : authorize_no_memory(a);
    if (err == FSZ_OK && text[0] != '\0') {
        err = authorize_deny(a, "\"%.60s\" follows the context: the switch may take it for a part",
                             text);
    }
    free(extension);
    free(dialplan);
    free(context);
    return err;
}

/* A transfer takes XML where the call has come by inline; this takes the call's own dialplan. */
static fsz_err rest_extension(struct authorize *a, const char *text)
{
    return text[strcspn(text, " ")] == '\0'
               ? authorize_deny(a, "execute_extension without a dialplan takes the call's, which "
                                   "may be inline: name XML")
               : rest_place(a, text);
}

/* Addresses to send a caller to; to a loopback's end the words are a place. */
static fsz_err rest_target(struct authorize *a, const char *text)
{
    static const char *const schemes[] = {"sip:", "sips:", "tel:"};
    bool                     is_address = false;
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        is_address |= strncasecmp(text, schemes[i], strlen(schemes[i])) == 0;
    }
    if (!is_address || strchr(text, ' ') != NULL) {
        return rest_place(a, text);
    }
    char   *copy = strdup(text);
    char   *rest = copy;
    fsz_err err = copy ? FSZ_OK : authorize_no_memory(a);
    for (char *piece; err == FSZ_OK && (piece = strsep(&rest, ",|")) != NULL;) {
        err = authorize_leg(a, piece);
    }
    free(copy);
    return err;
}

static fsz_err rest_bridge(struct authorize *a, const char *text)
{
    text += strspn(text, " ");
    fsz_err err = authorize_dial(a, &text);
    return err == FSZ_OK && text[strspn(text, " ")] != '\0'
               ? authorize_deny(a, "a blank ends a dial string, and more follows")
               : err;
}

/* `&application(argument)`, up to the first `)` */
static fsz_err then_application(struct authorize *a, const char *text)
{
    char *call = authorize_word(&text);
    if (call == NULL) {
        return authorize_no_memory(a);
    }
    size_t  end = strcspn(call, ")");
    fsz_err err = call[end] != '\0' && call[end + 1] != '\0'
                      ? authorize_deny(a, "more follows the \")\" of \"%.60s\"", call)
                      : FSZ_OK;
    call[end] = '\0';
    err = err == FSZ_OK ? authorize_line(a, call + 1, "(", authorize_application) : err;
    free(call);
    return err;
}

/* As originate reads it: XML and the context default where it names none. */
static fsz_err rest_then(struct authorize *a, const char *text)
{
    if (text[0] == '&') {
        return then_application(a, text);
    }
    char *words[3] = {authorize_word(&text), authorize_word(&text), authorize_word(&text)};
    bool  complete = words[0] != NULL && words[1] != NULL && words[2] != NULL;
    for (size_t i = 1; complete && i < 3; i++) {
        words[i][0] = (char)(strcasecmp(words[i], "undef") == 0 ? '\0' : words[i][0]);
    }
    fsz_err err = authorize_no_memory(a);
    if (complete && strcasecmp(words[0], "undef") == 0) {
        err = authorize_deny(a, "originate without an extension would end the switch");
    } else if (complete) {
        err = authorize_place(a, words[0], words[1], words[2][0] ? words[2] : "default");
    }
    for (size_t i = 0; i < 3; i++) {
        free(words[i]);
    }
    return err;
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
    char   *copy = strdup(text);
    char   *rest = copy;
    fsz_err err = copy ? FSZ_OK : authorize_no_memory(a);
    for (char *piece; err == FSZ_OK && (piece = strsep(&rest, separator)) != NULL;) {
        err = piece[strspn(piece, " ")] == '\0' ? FSZ_OK : judge(a, piece);
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
 * for the call itself. */
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
    const char *arg = rest ? strsep(&rest, ",") : NULL; /* then whose digits, and for whom */
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
    [SLOT_OPTION] = {.word = word_option},
    [SLOT_PLACE] = {.rest = rest_place},
    [SLOT_EXTENSION] = {.rest = rest_extension},
    [SLOT_SLASHED] = {.word = word_slashed},
    [SLOT_DIAL] = {.walk = authorize_dial},
    [SLOT_BRIDGE] = {.rest = rest_bridge},
    [SLOT_THEN] = {.rest = rest_then},
    [SLOT_TARGET] = {.rest = rest_target},
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

/* `start`: what follows names something. An option: it is skipped. */
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
    /* What is missing here, the switch takes from the call: the slot judges that too. */
    if (err == FSZ_OK && *slot == SLOT_EXTENSION) {
        return rest_extension(a, arg);
    }
    bool leg_only = *slot == SLOT_PLACE && slot > name->slots && slot[-1] == SLOT_LEG;
    return err == FSZ_OK && leg_only ? rest_place(a, arg) : err;
}
