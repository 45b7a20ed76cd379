#include "guard_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *guard_closing(const char *open)
{
    static const char openers[] = "{[<", closers[] = "}]>";
    char              opener = *open;
    char              closer = closers[strchr(openers, opener) - openers];
    size_t            depth = 0;
    for (const char *at = open; *at != '\0'; at++) {
        depth += *at == opener;
        if (*at == closer && --depth == 0) {
            return at;
        }
    }
    return NULL;
}

/* Wherever they stand, also in one another: that finds more than the switch does. */
fsz_err guard_lists(struct guard *g, const char *text, const char *openers, size_t *running)
{
    fsz_err err = FSZ_OK;
    for (const char *at = text; err == FSZ_OK && (at = strpbrk(at, openers)) != NULL;) {
        const char *end = guard_closing(at);
        if (end == NULL) {
            return guard_deny(g, "\"%c\" without its end around variables", *at);
        }
        char *list = strndup(at + 1, (size_t)(end - at) - 1);
        err = list ? guard_assignments(g, list, ',', running)
                   : guard_deny(g, "%s", fsz_err_text(FSZ_ENOMEM));
        free(list);
        at++;
    }
    return err;
}

/* `loopback/app=name:argument` runs it; `loopback/extension/context/dialplan` goes to a dialplan.
 */
static fsz_err dial_loopback(struct guard *g, const char *target)
{
    const char *enterprise = strstr(target, ":_:");
    size_t      length = strcspn(target, ",|");
    if (enterprise != NULL && (size_t)(enterprise - target) < length) {
        length = (size_t)(enterprise - target);
    }
    char *leg = strndup(target, length);
    if (leg == NULL) {
        return guard_deny(g, "%s", fsz_err_text(FSZ_ENOMEM));
    }
    fsz_err err = FSZ_OK;
    if (strncasecmp(leg, "app=", 4) == 0) {
        err = guard_application_line(g, leg + 4, ":");
    } else {
        char *dialplan = strchr(leg, '/');
        dialplan = dialplan ? strchr(dialplan + 1, '/') : NULL;
        leg[strcspn(leg, "/")] = '\0';
        err = guard_transfer(g, leg, dialplan ? dialplan + 1 : "");
    }
    free(leg);
    return err;
}

static fsz_err dial_loopbacks(struct guard *g, const char *dial)
{
    static const char loopback[] = "loopback";
    fsz_err           err = FSZ_OK;
    for (const char *at = dial; err == FSZ_OK && (at = strcasestr(at, loopback)) != NULL;) {
        at += strlen(loopback);
        at += at[0] == '-' ? 2 : 0; /* loopback-a and -b are its ends */
        if (*at == '/') {
            err = dial_loopback(g, at + 1);
        }
    }
    return err;
}

/* Of the text outside of lists. What the switch takes away, or divides legs by, hides nothing where
 * it is not. */
static bool dial_is_plain(const char *dial)
{
    for (const char *at = dial; *at != '\0'; at++) {
        const char *end = strchr("{[<", *at) ? guard_closing(at) : NULL;
        if (*at == '\'' || *at == '\\' || strncmp(at, "^^", 2) == 0) {
            return false;
        }
        at = end ? end : at;
    }
    return true;
}

/* Quotes in lists: the switch divides some of these too, as if they were legs. */
static fsz_err dial_unquoted(struct guard *g, const char *dial)
{
    char *copy = strdup(dial);
    if (copy == NULL) {
        return guard_deny(g, "%s", fsz_err_text(FSZ_ENOMEM));
    }
    char *to = copy;
    for (const char *from = dial; *from != '\0'; from++) {
        *to = *from;
        to += *from != '\'' && *from != '\\';
    }
    *to = '\0';
    fsz_err err = dial_loopbacks(g, copy);
    free(copy);
    return err;
}

fsz_err guard_dial(struct guard *g, const char *dial)
{
    size_t running = 0;
    if (guard_has_unknown(dial)) {
        return guard_deny(g, "where a call goes to is not known before \"${…}\" is read");
    }
    if (!dial_is_plain(dial)) {
        return guard_deny(g,
                          "a dial string with a quote, a backslash or ^^ outside of {…}, […] and "
                          "<…> can't be looked into");
    }
    fsz_err err = guard_lists(g, dial, "{[<", &running);
    if (err == FSZ_OK) {
        err = dial_loopbacks(g, dial);
    }
    if (err == FSZ_OK && strpbrk(dial, "'\\") != NULL) {
        err = dial_unquoted(g, dial);
    }
    if (err == FSZ_OK && guard_variables_count(dial) > running) {
        err = guard_deny(g, "a variable that runs what its value says can't be set there");
    }
    return err;
}

fsz_err guard_originate(struct guard *g, const char *arg)
{
    struct guard_words words;
    fsz_err            err = guard_words_split(g, arg, ' ', GUARD_WORDS_MAX, &words);
    if (err != FSZ_OK) {
        return err;
    }
    const char *extension = guard_word(&words, 1);
    err = guard_dial(g, guard_word(&words, 0));
    if (err == FSZ_OK && strcasecmp(extension, "undef") == 0) {
        err = guard_deny(g, "originate without an extension would end the switch");
    } else if (err == FSZ_OK && extension[0] == '&') {
        char *application = words.at[1] + 1;
        application[strcspn(application, ")")] = '\0';
        err = guard_application_line(g, application, "(");
    } else if (err == FSZ_OK) {
        err = guard_transfer(g, extension, guard_word(&words, 2));
    }
    guard_words_free(&words);
    return err;
}
