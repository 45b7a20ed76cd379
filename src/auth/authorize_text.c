/* SPDX-License-Identifier: MPL-2.0 */
/* Splits texts as the switch does, and refuses texts where that is not clear. */
#include "auth/authorize_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* `$` before a letter, a digit or a blank is plain text. Otherwise it may begin an expansion, which
 * may even end in text that the switch appends. */
static bool text_expands(const char *at)
{
    unsigned char next = (unsigned char)at[1];
    return *at == '$' && !isalnum(next) && next != ' ';
}

/* `%[name=value]`, perhaps with another separator: variables while one application runs. */
static bool text_is_scoped(const char *at)
{
    return *at == '%' && (at[1] == '[' || (at[1] != '\0' && at[2] == '['));
}

fsz_err authorize_plain(struct authorize *a, const char *text, bool quotes)
{
    for (const char *at = text; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;
        if (c < 0x20 || c == 0x7f) {
            return authorize_deny(a, "the text has the control character 0x%02x", c);
        }
        if (text_expands(at)) {
            return authorize_deny(a, "the text has \"%.2s\", which the switch expands", at);
        }
        if (text_is_scoped(at)) {
            return authorize_deny(a, "the text has \"%.3s\", which sets variables", at);
        }
        if (c == '\\' || c == '`') {
            return authorize_deny(a, "the text has the quoting character \"%.1s\"", at);
        }
        if (!quotes && (c == '\'' || strncmp(at, "^^", 2) == 0)) {
            return authorize_deny(a,
                                  "the text has the quoting character \"%.1s\": only variables of "
                                  "call.set and call.originate may have it",
                                  at);
        }
    }
    return strcasestr(text, "shell_stream") == NULL
               ? FSZ_OK
               : authorize_deny(a, "the text names shell_stream, which runs a program");
}

char *authorize_word(const char **text)
{
    const char *at = *text + strspn(*text, " ");
    size_t      length = strcspn(at, " ");
    *text = at + length + strspn(at + length, " ");
    return strndup(at, length);
}

fsz_err authorize_line(struct authorize *a, const char *line, const char *separators,
                       authorize_fn judge)
{
    line += strspn(line, " ");
    size_t length = strcspn(line, separators);
    char  *name = strndup(line, length);
    if (name == NULL) {
        return authorize_no_memory(a);
    }
    const char *arg = line + length;
    arg += *arg != '\0';
    arg += strcmp(separators, " :") == 0 && line[length] == ':' && *arg == ':';
    fsz_err err = judge(a, name, arg);
    free(name);
    return err;
}

/* Refuses characters that have a meaning to a shell. */
fsz_err authorize_shell(struct authorize *a, const char *text)
{
    const char *at = strpbrk(text, ";|&<>()$*?[]{}~#!\"'\\`");
    return at == NULL ? FSZ_OK
                      : authorize_deny(
                            a, "a program's argument has \"%.1s\", which a shell interprets", at);
}

bool authorize_climbs(const char *text)
{
    for (const char *at = strstr(text, ".."); at != NULL; at = strstr(at + 2, "..")) {
        bool begins = at == text || strchr("/ =:,", at[-1]) != NULL;
        if (begins && (at[2] == '\0' || strchr("/ ,", at[2]) != NULL)) {
            return true;
        }
    }
    return false;
}
