/* What a command or application was given, looked into as its shape says. */
#include "guard_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* `exec:app,argument`, `exec[flags]:app,argument`, `api:command,argument`, or headers of an event
 * for the call itself. */
static fsz_err look_at_digits(struct guard *g, const char *arg)
{
    struct guard_words words;
    fsz_err            err = guard_words_split(g, arg, ',', 6, &words);
    if (err != FSZ_OK) {
        return err;
    }
    const char *action = guard_word(&words, 2);
    const char *value = guard_word(&words, 3);
    const char *colon = strchr(action, ':');
    if (strncasecmp(action, "api:", 4) == 0) {
        err = guard_api(g, action + 4, value);
    } else if (strncasecmp(action, "exec", 4) == 0) {
        err = guard_application(g, colon ? colon + 1 : "", value);
    }
    guard_words_free(&words);
    return err;
}

/* A word that says what is run. */
static fsz_err look_at_word(struct guard *g, struct guard_name name, const char *arg)
{
    struct guard_words words;
    bool               takes_rest = name.shape != GUARD_BROADCAST;
    size_t             max = name.skip + (name.shape == GUARD_APPLICATION ? 2 : 1) + !takes_rest;
    fsz_err            err = guard_words_split(g, arg, ' ', max, &words);
    if (err != FSZ_OK) {
        return err;
    }
    const char *word = guard_word(&words, name.skip);
    if (name.shape == GUARD_BROADCAST || name.shape == GUARD_BIND) {
        err = guard_broadcast(g, word);
    } else {
        err = guard_application(g, word, guard_word(&words, name.skip + 1));
    }
    guard_words_free(&words);
    return err;
}

/* `name` or several: they are taken away. */
static fsz_err look_at_unset(struct guard *g, const char *arg)
{
    struct guard_words words;
    fsz_err            err = guard_words_split(g, arg, ' ', GUARD_WORDS_MAX, &words);
    if (err != FSZ_OK) {
        return err;
    }
    for (size_t i = 0; err == FSZ_OK && i < words.count; i++) {
        err = guard_variable(g, words.at[i], NULL);
    }
    guard_words_free(&words);
    return err;
}

static fsz_err look_at_setvar(struct guard *g, const char *arg, size_t skip)
{
    struct guard_words words;
    fsz_err            err = guard_words_split(g, arg, ' ', skip + 2, &words);
    if (err != FSZ_OK) {
        return err;
    }
    bool has_value = words.count > skip + 1;
    err = guard_variable(g, guard_word(&words, skip), has_value ? words.at[skip + 1] : NULL);
    guard_words_free(&words);
    return err;
}

static fsz_err look_at_filled(struct guard *g, const char *arg, char delimiter, size_t index)
{
    struct guard_words words;
    fsz_err            err = guard_words_split(g, arg, delimiter, GUARD_WORDS_MAX, &words);
    if (err != FSZ_OK) {
        return err;
    }
    if (delimiter == '=' && strchr(guard_word(&words, index + 1), '$') != NULL) {
        err = guard_deny(g, "a format of time with a \"$\" can't be looked into");
    } else if (guard_word(&words, index)[0] != '\0') {
        err = guard_variable_filled(g, guard_word(&words, index));
    }
    guard_words_free(&words);
    return err;
}

/* `uuid:…` before the command, as bgapi and expand have it, `encoded` as xml_wrap. */
static const char *look_behind_prefix(const char *text)
{
    bool prefixed = strncasecmp(text, "uuid:", 5) == 0 || strncasecmp(text, "encoded ", 8) == 0;
    return prefixed ? guard_skip(text, 1) : text;
}

const char *guard_skip(const char *text, size_t count)
{
    for (; count > 0; count--) {
        text += strcspn(text, " ");
        text += *text == ' ';
    }
    return text;
}

fsz_err guard_look(struct guard *g, struct guard_name name, const char *arg)
{
    size_t  running = 0;
    fsz_err err = FSZ_OK;
    switch (name.shape) {
    case GUARD_COMMAND:
    case GUARD_EXPAND:
        arg = name.skip == 0 ? look_behind_prefix(arg) : guard_skip(arg, name.skip);
        return guard_command_line(g, arg, ' ', name.shape == GUARD_EXPAND);
    case GUARD_SETVAR:
        return look_at_setvar(g, arg, name.skip);
    case GUARD_ASSIGN:
        return guard_assignment(g, arg);
    case GUARD_MULTISET:
        return guard_assignments(g, guard_skip(arg, name.skip), name.skip > 0 ? ';' : ' ',
                                 &running);
    case GUARD_UNSET:
        return look_at_unset(g, arg);
    case GUARD_TRANSFER:
    case GUARD_TRANSFER_LEG:
        return guard_transfer_words(g, arg, name.skip, name.shape == GUARD_TRANSFER_LEG);
    case GUARD_TRANSFERS:
        return guard_transfer_both(g, arg);
    case GUARD_EXTENSION:
        return guard_extension(g, arg);
    case GUARD_DEFLECT:
        return guard_deflect(g, guard_skip(arg, name.skip));
    case GUARD_ORIGINATE:
        err = guard_legs(g, FSZ_RIGHT_API, name.name, arg, guard_words_first(arg));
        return err == FSZ_OK ? guard_originate(g, arg) : err;
    case GUARD_DIAL:
        err = guard_legs(g, FSZ_RIGHT_APPLICATIONS, name.name, arg, strlen(arg));
        return err == FSZ_OK ? guard_dial(g, arg) : err;
    case GUARD_READ:
        return look_at_filled(g, arg, ' ', name.skip);
    case GUARD_STRFTIME:
        return look_at_filled(g, arg, '=', 0);
    case GUARD_RECORD:
        return guard_record(g, guard_skip(arg, name.skip));
    case GUARD_SOFT_HOLD:
        return guard_soft_hold(g, arg);
    case GUARD_JSON:
        return guard_json(g, arg);
    case GUARD_DIGITS:
        return look_at_digits(g, arg);
    case GUARD_BROADCAST:
    case GUARD_BIND:
    case GUARD_APPLICATION:
        return look_at_word(g, name, arg);
    default:
        return guard_variables_count(arg) == 0
                   ? FSZ_OK
                   : guard_deny(g, "a variable that runs what its value says can't be set there");
    }
}
