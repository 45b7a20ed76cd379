/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/cli_account_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SETTINGS_LINE_BYTES = 2048 };

struct settings_file {
    const char         *program, *path;
    struct fsz_setting *settings;
    int                 line;
    bool private; /* only its owner may read it */
};

void fsz_settings_path(char *ret_path, size_t bytes)
{
    const char *base = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    if (base != NULL && base[0] == '/') {
        snprintf(ret_path, bytes, "%s/fszmq.conf", base);
    } else {
        snprintf(ret_path, bytes, "%s/.config/fszmq.conf", home ? home : "");
    }
}

static struct fsz_setting *settings_find(struct fsz_setting *settings, const char *name)
{
    while (settings->name != NULL && strcmp(settings->name, name) != 0) {
        settings++;
    }
    return settings->name == NULL ? NULL : settings;
}

static bool settings_complain(const struct settings_file *file, const char *what, const char *name)
{
    fprintf(stderr, "%s: %s:%d: %s%s\n", file->program, file->path, file->line, what, name);
    return false;
}

static void settings_complain_unknown(const struct settings_file *file, const char *name)
{
    settings_complain(file, "no such setting: ", name);
    fputs("  known:", stderr);
    for (const struct fsz_setting *each = file->settings; each->name != NULL; each++) {
        fprintf(stderr, " %s", each->name);
    }
    fputc('\n', stderr);
}

static char *settings_trim(char *text)
{
    char *end = text + strlen(text);
    while (end > text && isspace((unsigned char)end[-1])) {
        *--end = '\0';
    }
    return text + strspn(text, " \t");
}

static bool settings_take(const struct settings_file *file, char *name, char *value)
{
    struct fsz_setting *setting = settings_find(file->settings, name);
    if (setting == NULL) {
        settings_complain_unknown(file, name);
        return false;
    }
    if (strcmp(name, "password") == 0 && !file->private) {
        return settings_complain(
            file, "a file with a password must not be readable by others: chmod 600 ", file->path);
    }
    if (strlen(value) >= sizeof setting->value) {
        return settings_complain(file, "too long: ", name);
    }
    if (setting->value[0] == '\0') {
        snprintf(setting->value, sizeof setting->value, "%s", value);
    }
    return true;
}

static bool settings_line(const struct settings_file *file, char *text)
{
    char *name = settings_trim(text);
    char *equals = strchr(name, '=');
    if (name[0] == '\0' || name[0] == '#') {
        return true;
    }
    if (equals == NULL) {
        return settings_complain(file, "not of the form NAME = VALUE: ", name);
    }
    *equals = '\0';
    return settings_take(file, settings_trim(name), settings_trim(equals + 1));
}

static bool settings_lines(struct settings_file *file, FILE *stream)
{
    char        text[SETTINGS_LINE_BYTES];
    struct stat status;
    bool        good = true;
    file->private = fstat(fileno(stream), &status) == 0 && (status.st_mode & 077) == 0;
    while (good && fgets(text, sizeof text, stream) != NULL) {
        file->line++;
        good = settings_line(file, text);
    }
    explicit_bzero(text, sizeof text);
    if (good && ferror(stream)) {
        fprintf(stderr, "%s: %s: %s\n", file->program, file->path, strerror(errno));
    }
    return good && !ferror(stream);
}

static bool settings_from_environment(struct fsz_setting *settings, const char *program)
{
    for (; settings->name != NULL; settings++) {
        const char *value = settings->value[0] == '\0' ? getenv(settings->variable) : NULL;
        if (value != NULL && strlen(value) >= sizeof settings->value) {
            fprintf(stderr, "%s: %s: longer than %zu bytes\n", program, settings->variable,
                    sizeof settings->value - 1);
            return false;
        }
        if (value != NULL) {
            snprintf(settings->value, sizeof settings->value, "%s", value);
        }
    }
    return true;
}

bool fsz_settings_read(struct fsz_setting *settings, const char *program)
{
    char                 path[4096];
    struct settings_file file = {.program = program, .path = path, .settings = settings};
    char buffer[SETTINGS_LINE_BYTES]; /* our own, so that a password in it can be wiped */
    if (!settings_from_environment(settings, program)) {
        return false;
    }
    fsz_settings_path(path, sizeof path);
    FILE *stream = fopen(path, "re");
    if (stream == NULL && errno == ENOENT) {
        return true;
    }
    if (stream == NULL) {
        fprintf(stderr, "%s: %s: %s\n", program, path, strerror(errno));
        return false;
    }
    setvbuf(stream, buffer, _IOFBF, sizeof buffer);
    bool good = settings_lines(&file, stream);
    fclose(stream);
    explicit_bzero(buffer, sizeof buffer);
    return good;
}
