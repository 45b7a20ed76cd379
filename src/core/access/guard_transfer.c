/* Where calls go on: an extension and the dialplan that says what it is. */
#include "guard_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* `app:argument,app:argument`, or with `m:X:` before it, X between them. */
static fsz_err transfer_inline(struct guard *g, const char *extension)
{
    bool marked =
        extension[0] == 'm' && extension[1] == ':' && extension[2] != '\0' && extension[3] == ':';
    char delimiters[] = {marked ? extension[2] : ',', '\0'};
    if (strpbrk(extension, "'\\") != NULL || strncmp(extension + (marked ? 4 : 0), "^^", 2) == 0) {
        return guard_deny(g,
                          "an inline dialplan with quotes, a backslash or ^^ can't be looked into");
    }
    char *copy = strdup(extension + (marked ? 4 : 0));
    if (copy == NULL) {
        return guard_deny(g, "%s", fsz_err_text(FSZ_ENOMEM));
    }
    fsz_err err = FSZ_OK;
    char   *rest = copy;
    for (char *piece; err == FSZ_OK && (piece = strsep(&rest, delimiters)) != NULL;) {
        if (piece[strspn(piece, " ")] != '\0') {
            err = guard_application_line(g, piece, ":");
        }
    }
    free(copy);
    return err;
}

/* These read extensions from the switch's own configuration. With an argument (`XML:file`) they
 * would read something else. */
static bool transfer_is_configured(const char *dialplan)
{
    static const char *const names[] = {"", "XML", "directory", "undef"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcasecmp(names[i], dialplan) == 0) {
            return true;
        }
    }
    return false;
}

/* enum asks the DNS where to, and who asks for the name may own the answer: as the application. */
static fsz_err transfer_judge(struct guard *g, const char *extension, const char *dialplan)
{
    if (strcasecmp(dialplan, "inline") == 0) {
        return transfer_inline(g, extension);
    }
    if (strcasecmp(dialplan, "enum") == 0) {
        return guard_may_run(g, FSZ_RIGHT_APPLICATIONS, "enum", extension, true);
    }
    return transfer_is_configured(dialplan)
               ? FSZ_OK
               : guard_deny(g,
                            "dialplan \"%.60s\" is not looked into: XML, directory, inline and "
                            "enum are",
                            dialplan);
}

fsz_err guard_transfer(struct guard *g, const char *extension, const char *dialplan)
{
    if (guard_trusts(g)) {
        return FSZ_OK;
    }
    fsz_err err = guard_enter(g, extension);
    if (err == FSZ_OK) {
        err = guard_text(g, extension, NULL, NULL);
    }
    if (err == FSZ_OK) {
        err = transfer_judge(g, extension, dialplan);
    }
    guard_leave(g);
    return err;
}

fsz_err guard_transfer_words(struct guard *g, const char *arg, size_t skip, bool has_option)
{
    struct guard_words words;
    fsz_err            err = guard_words_split(g, arg, ' ', GUARD_WORDS_MAX, &words);
    if (err != FSZ_OK) {
        return err;
    }
    const char *first = guard_word(&words, skip);
    bool        is_option = strcasecmp(first, "-bleg") == 0 || strcasecmp(first, "-both") == 0;
    if (first[0] == '-' && !(has_option && is_option)) {
        err =
            guard_deny(g, "an extension can't begin with a -, and no option but -bleg and -both of "
                          "transfer and uuid_transfer is known");
    } else {
        skip += is_option;
        err = guard_transfer(g, guard_word(&words, skip), guard_word(&words, skip + 1));
    }
    guard_words_free(&words);
    return err;
}

static fsz_err transfer_slashes(struct guard *g, char *text)
{
    size_t length = strlen(text);
    bool   is_inline = length >= 7 && strcmp(text + length - 7, "/inline") == 0;
    char  *dialplan = is_inline ? text + length - 7 : strchr(text, '/');
    if (dialplan == NULL) {
        return guard_transfer(g, text, "");
    }
    *dialplan++ = '\0';
    dialplan[strcspn(dialplan, "/")] = '\0';
    return guard_transfer(g, text, dialplan);
}

fsz_err guard_transfer_both(struct guard *g, const char *arg)
{
    struct guard_words words;
    fsz_err            err = guard_words_split(g, arg, ' ', GUARD_WORDS_MAX, &words);
    if (err != FSZ_OK) {
        return err;
    }
    for (size_t i = 1; err == FSZ_OK && i < words.count; i++) {
        err = transfer_slashes(g, words.at[i]);
    }
    guard_words_free(&words);
    return err;
}

/* A transfer takes XML where the call has come by inline; this takes the call's own dialplan. */
fsz_err guard_extension(struct guard *g, const char *arg)
{
    struct guard_words words;
    fsz_err            err = guard_words_split(g, arg, ' ', GUARD_WORDS_MAX, &words);
    if (err != FSZ_OK) {
        return err;
    }
    const char *dialplan = guard_word(&words, 1);
    err = dialplan[0] != '\0'
              ? guard_transfer(g, guard_word(&words, 0), dialplan)
              : guard_deny(g, "execute_extension without a dialplan takes the call's, which may be "
                              "inline: name XML");
    guard_words_free(&words);
    return err;
}

/* A loopback's end goes on at `extension dialplan context`, as mod_loopback divides them. To
 * others it is an address, which has no blanks. */
fsz_err guard_deflect(struct guard *g, const char *arg)
{
    size_t length = strcspn(arg, " ");
    if (guard_has_unknown(arg)) {
        return guard_deny(g, "where a call is deflected to is not known before \"${…}\" is read");
    }
    char *extension = strndup(arg, length);
    char *dialplan = strdup(arg[length] == ' ' ? arg + length + 1 : "");
    if (extension != NULL && dialplan != NULL) {
        dialplan[strcspn(dialplan, " ")] = '\0';
    }
    fsz_err err = extension != NULL && dialplan != NULL
                      ? guard_transfer(g, extension, dialplan)
                      : guard_deny(g, "%s", fsz_err_text(FSZ_ENOMEM));
    free(extension);
    free(dialplan);
    return err;
}
