/* What is played and recorded: files, some of which are applications, and lists of variables. */
#include "guard_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* As switch_ivr_broadcast() reads it, at the first colon. `!cause` may stand behind the
 * application. */
fsz_err guard_broadcast(struct guard *g, const char *path)
{
    size_t length = strcspn(path, ":");
    if (strncmp(path + length, "::", 2) != 0) {
        return guard_application(g, "playback", path);
    }
    char *app = strndup(path, strcspn(path, ":!"));
    if (app == NULL) {
        return guard_deny(g, "%s", fsz_err_text(FSZ_ENOMEM));
    }
    fsz_err err = guard_application(g, app, path + length + 2);
    free(app);
    return err;
}

/* Words that stand for no file. */
bool guard_is_no_music(const char *path)
{
    return path[0] == '\0' || strcasecmp(path, "silence") == 0 ||
           strcasecmp(path, "indicate_hold") == 0;
}

/* Where a transferred call hears it (mod_sofia, mod_verto, mod_valet_parking), the switch writes
 * the music into an inline dialplan: it must not end what stands around it there. */
fsz_err guard_music(struct guard *g, const char *path)
{
    if (guard_is_no_music(path)) {
        return FSZ_OK;
    }
    if (strpbrk(path, "'\"\\,") != NULL || strncmp(path, "^^", 2) == 0) {
        return guard_deny(g, "music with a quote, a backslash, a comma or ^^ can't be looked into");
    }
    struct fsz_buffer seen;
    fsz_buffer_init(&seen, SIZE_MAX);
    fsz_err err = guard_text(g, path, &seen, NULL);
    if (err == FSZ_OK && guard_has_unknown(fsz_buffer_string(&seen))) {
        err =
            guard_deny(g, "what \"${…}\" makes of music is not known: it could be an application");
    }
    fsz_buffer_fini(&seen);
    return err == FSZ_OK ? guard_broadcast(g, path) : err;
}

fsz_err guard_soft_hold(struct guard *g, const char *arg)
{
    struct guard_words words;
    fsz_err            err = guard_words_split(g, arg, ' ', GUARD_WORDS_MAX, &words);
    if (err != FSZ_OK) {
        return err;
    }
    for (size_t i = 1; err == FSZ_OK && i <= 2; i++) {
        const char *path = guard_word(&words, i);
        err = guard_is_no_music(path) ? FSZ_OK : guard_broadcast(g, path);
    }
    guard_words_free(&words);
    return err;
}

/* A file and its `{name=value}`, in which the switch decodes %XX first: there could be anything. */
fsz_err guard_record(struct guard *g, const char *arg)
{
    size_t running = 0;
    if (guard_has_unknown(arg)) {
        return guard_deny(g,
                          "what \"${…}\" makes of a recording is not known: it could be variables");
    }
    if (strchr(arg, '%') != NULL) {
        return guard_deny(g, "a recording with a %% can't be looked into: the switch decodes it");
    }
    fsz_err err = guard_lists(g, arg, "{", &running);
    if (err == FSZ_OK && guard_variables_count(arg) > running) {
        err = guard_deny(g, "a variable that runs what its value says can't be set there");
    }
    return err;
}
