/* SPDX-License-Identifier: MPL-2.0 */
/* Files that are played and recorded. Some name an application instead. */
#include "auth/authorize_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FILE_KIND_MAX = 60 };

/* Plays a program's output, or runs commands from a server. */
static bool file_runs(const char *path)
{
    return strcasestr(path, "shell_stream") != NULL || strcasestr(path, "httapi") != NULL;
}

/* Tones that are read from another file. */
static bool file_has_another(const char *path)
{
    return strcasestr(path, "tone_stream://path=") != NULL;
}

/* Some formats decode `%2e` before they open. */
static bool file_is_encoded(const char *path)
{
    for (const char *at = strchr(path, '%'); at != NULL; at = strchr(at + 1, '%')) {
        if (isxdigit((unsigned char)at[1]) && isxdigit((unsigned char)at[2])) {
            return true;
        }
    }
    return false;
}

/* Length of `kind://`, which is not a folder. The switch copies the text before the first `://`
 * into 128 bytes. */
static size_t file_kind(const char *path)
{
    size_t length = 0;
    while (isalnum((unsigned char)path[length]) || path[length] == '_' || path[length] == '-') {
        length++;
    }
    return length > 0 && length < FILE_KIND_MAX && strncmp(path + length, "://", 3) == 0
               ? length + 3
               : 0;
}

static bool file_segment_is(const char *at, size_t length, const char *segment)
{
    return length == strlen(segment) && strncmp(at, segment, length) == 0;
}

/* Writes the path without `.`, `..` and empty segments. False: `..` leads above its first folder.
 */
static bool file_resolve(const char *path, char *to)
{
    if (*path == '/') {
        *to++ = '/';
    }
    char *first = to;
    while (*path != '\0') {
        size_t length = strcspn(path, "/");
        if (file_segment_is(path, length, "..")) {
            if (to == first) {
                return false;
            }
            for (to--; to > first && to[-1] != '/'; to--) {
            }
        } else if (length > 0 && !file_segment_is(path, length, ".")) {
            memcpy(to, path, length);
            to += length;
            *to++ = '/';
        }
        path += length;
        path += *path == '/';
    }
    to -= to > first; /* the last slash */
    *to = '\0';
    return true;
}

/* `say:` and `phrase:`, whose text is not a path either. */
static bool file_is_spoken(const char *path)
{
    size_t colon = strcspn(path, ":/");
    return path[colon] == ':' && path[colon + 1] != '/';
}

static fsz_err file_judge(struct authorize *a, const char *path, bool write)
{
    static const char modes[2][8] = {"read:", "write:"};
    size_t            kind = file_kind(path);
    if ((kind == 0 && strstr(path, "://") != NULL) || strpbrk(path, "{}") != NULL) {
        return authorize_deny(a, "file \"%.100s\" has \"://\" or a brace where it is not allowed",
                              path);
    }
    char *what = malloc(sizeof(modes[0]) + strlen(path) + 2);
    if (what == NULL) {
        return authorize_no_memory(a);
    }
    char *end = stpcpy(what, modes[write]);
    bool  stays = true;
    if (kind > 0 || file_is_spoken(path)) { /* not resolved: only its kind knows what `..` means */
        memcpy(end, path, strlen(path) + 1);
        stays = !authorize_climbs(path);
    } else {
        stays = file_resolve(path, end);
    }
    fsz_err err = stays ? authorize_need(a, FSZ_RIGHT_FILES, what, 0)
                        : authorize_deny(a, "file \"%.100s\" leaves its folder", path);
    free(what);
    return err;
}

/* Removes blanks at the end, since `.. ` may mean `..`. */
static fsz_err file_piece(struct authorize *a, char *piece, bool write)
{
    size_t length = strlen(piece);
    while (length > 0 && piece[length - 1] == ' ') {
        piece[--length] = '\0';
    }
    return file_judge(a, piece, write);
}

/* `file_string://a!b` plays one after the other. */
static fsz_err file_each(struct authorize *a, const char *path, size_t length, bool write)
{
    static const char string[] = "file_string://";
    char             *copy = strndup(path, length);
    if (copy == NULL) {
        return authorize_no_memory(a);
    }
    char    *rest = copy + (strncasecmp(copy, string, strlen(string)) == 0 ? strlen(string) : 0);
    fsz_err  err = FSZ_OK;
    unsigned count = 0;
    for (char *piece; err == FSZ_OK && (piece = strsep(&rest, "!")) != NULL;) {
        err = ++count > AUTHORIZE_PIECES_MAX ? authorize_too_many(a) : file_piece(a, piece, write);
    }
    free(copy);
    return err;
}

/* Length of the path without `@@samples`, which says where to begin. */
static size_t file_length(const char *path)
{
    const char *at = strchr(path, '@');
    bool        begins = at != NULL && at[1] == '@' && at[2 + strspn(at + 2, "0123456789")] == '\0';
    return begins ? (size_t)(at - path) : strlen(path);
}

fsz_err authorize_file(struct authorize *a, const char *path, bool write)
{
    if (path[0] == '\0') {
        return FSZ_OK;
    }
    fsz_err err = authorize_lists(a, &path, "{");
    size_t  length = file_length(path);
    if (err == FSZ_OK && file_runs(path)) {
        err = authorize_deny(a, "file \"%.100s\" runs a program or commands from a server", path);
    } else if (err == FSZ_OK && file_is_encoded(path)) {
        err = authorize_deny(a, "file \"%.100s\" has a %%XX, which the switch decodes", path);
    } else if (err == FSZ_OK && file_has_another(path)) {
        err = authorize_deny(a, "file \"%.100s\" reads its tones from another file", path);
    } else if (err == FSZ_OK && path[length] == '\0' && strstr(path, "@@") != NULL) {
        err = authorize_deny(a, "file \"%.100s\" has an @@ without a number of samples", path);
    } else if (err == FSZ_OK) {
        err = file_each(a, path, length, write);
    }
    return err;
}

/* Splits at the first colon, like switch_ivr_broadcast(). `!cause` may follow the application. */
fsz_err authorize_media(struct authorize *a, const char *text)
{
    size_t length = strcspn(text, ":");
    if (strncmp(text + length, "::", 2) != 0) {
        return authorize_application(a, "playback", text);
    }
    char *app = strndup(text, strcspn(text, ":!"));
    if (app == NULL) {
        return authorize_no_memory(a);
    }
    fsz_err err = authorize_application(a, app, text + length + 2);
    free(app);
    return err;
}

/* For a transferred call (mod_sofia, mod_verto, mod_valet_parking), the switch writes the music
 * into an inline dialplan, whose quotes and commas it must not end. */
fsz_err authorize_music(struct authorize *a, const char *text)
{
    bool silent = strcasecmp(text, "silence") == 0 || strcasecmp(text, "indicate_hold") == 0;
    if (silent || text[0] == '\0') {
        return FSZ_OK;
    }
    return strpbrk(text, "\",") != NULL
               ? authorize_deny(a, "music must not contain a quote or a comma")
               : authorize_media(a, text);
}
