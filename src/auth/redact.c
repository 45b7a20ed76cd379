/* SPDX-License-Identifier: MPL-2.0 */
#include "auth/redact.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { REDACT_KEY_BYTES = 40 }; /* a CURVE key in Z85 (RFC 32) */

struct redact {
    const char *text;
    char       *out;
    size_t      room; /* without the NUL and the dots */
    size_t      size;
    bool        full;
};

static void redact_put(struct redact *r, const char *bytes, size_t count)
{
    if (count > r->room - r->size) {
        r->full = true;
        count = r->room - r->size;
    }
    memcpy(r->out + r->size, bytes, count);
    r->size += count;
}

static bool redact_is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool redact_in_name(char c)
{
    return redact_is_alnum(c) || c == '_' || c == '-';
}

static bool redact_contains(const char *name, size_t length, const char *part)
{
    size_t count = strlen(part);
    for (size_t i = 0; i + count <= length; i++) {
        if (strncasecmp(name + i, part, count) == 0) {
            return true;
        }
    }
    return false;
}

/* Is `part` one of the pieces of the name between `-` and `_`? */
static bool redact_has_piece(const char *name, size_t length, const char *part)
{
    size_t count = strlen(part);
    for (size_t i = 0; i + count <= length; i++) {
        bool starts = i == 0 || !redact_is_alnum(name[i - 1]);
        bool ends = i + count == length || !redact_is_alnum(name[i + count]);
        if (starts && ends && strncasecmp(name + i, part, count) == 0) {
            return true;
        }
    }
    return false;
}

static bool redact_is_secret_name(const char *name, size_t length)
{
    static const char *const anywhere[] = {"passw",   "passphrase", "passcode", "secret",
                                           "credent", "authoriz",   "token",    "apikey"};
    static const char *const pieces[] = {"pin", "pins", "key", "pass",
                                         "pwd", "psk",  "a1",  "cookie"};
    for (size_t i = 0; i < sizeof(anywhere) / sizeof(anywhere[0]); i++) {
        if (redact_contains(name, length, anywhere[i])) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        if (redact_has_piece(name, length, pieces[i])) {
            return true;
        }
    }
    return false;
}

/* Length of the separator between a name and its value: a quote, blanks, one of `=:,/`, blanks, all
 * optional. */
static size_t redact_separator(const char *text, char *ret_kind)
{
    size_t i = text[0] == '"' || text[0] == '\'';
    i += strspn(text + i, " \t");
    *ret_kind = i > 0 ? ' ' : '\0';
    if (text[i] != '\0' && strchr("=:,/", text[i]) != NULL) {
        *ret_kind = text[i++];
    }
    i += strspn(text + i, " \t");
    return i;
}

/* A value after a blank is the rest of the text, since values may have blanks. After another
 * separator, it ends as in lists, URLs and dial strings, unless these set their own separator
 * (`^^`) or have an escape. Headers like Authorization have several words with commas. */
static size_t redact_value_length(const struct redact *r, const char *name, size_t name_length,
                                  const char *value, char kind)
{
    bool whole = kind == ' ' || kind == ',' || strstr(r->text, "^^") != NULL ||
                 strchr(value, '\\') != NULL || redact_contains(name, name_length, "authoriz");
    if (whole) {
        return strlen(value);
    }
    if (value[0] == '"' || value[0] == '\'') {
        const char *end = strchr(value + 1, value[0]);
        return end ? (size_t)(end - value) + 1 : strlen(value);
    }
    return strcspn(value, kind == '/' ? "/" : ",;&]}>|\"'");
}

/* Copies the name at `at` and redacts its value if it is secret. Returns how many bytes it read. */
static size_t redact_name(struct redact *r, const char *at)
{
    size_t length = 0;
    while (redact_in_name(at[length])) {
        length++;
    }
    char   kind = '\0';
    size_t separator = redact_separator(at + length, &kind);
    redact_put(r, at, length);
    if (kind == '\0' || at[length + separator] == '\0' || !redact_is_secret_name(at, length)) {
        return length;
    }
    redact_put(r, at + length, separator);
    redact_put(r, "***", 3);
    const char *value = at + length + separator;
    return length + separator + redact_value_length(r, at, length, value, kind);
}

/* Length of a word that looks like a key (40 characters, with small and capital letters and digits)
 * or a hash (`$argon2`); otherwise 0. */
static size_t redact_key_length(const char *word)
{
    size_t length = strcspn(word, " \t\r\n\"',;");
    if (strncmp(word, "$argon2", 7) == 0) {
        return strcspn(word, " \t\r\n\"'");
    }
    bool small = false, capital = false, digit = false;
    for (size_t i = 0; i < length; i++) {
        small |= word[i] >= 'a' && word[i] <= 'z';
        capital |= word[i] >= 'A' && word[i] <= 'Z';
        digit |= word[i] >= '0' && word[i] <= '9';
    }
    return length == REDACT_KEY_BYTES && small && capital && digit ? length : 0;
}

/* Finds `user:password@` at the start of a word, perhaps after `sip:` or `http://`. Returns the
 * length up to the password; 0: there is none. */
static size_t redact_login(const char *word, size_t *ret_password)
{
    size_t      length = strcspn(word, " \t\r\n\"'<>{}[]|");
    const char *end = memrchr(word, '@', length);
    if (end == NULL) {
        return 0;
    }
    const char *start = memmem(word, (size_t)(end - word), "://", 3);
    if (start != NULL) {
        start += 3;
    } else {
        start = word;
        start += strncasecmp(start, "sip:", 4) == 0 ? 4 : 0;
        start += strncasecmp(start, "sips:", 5) == 0 ? 5 : 0;
    }
    const char *colon = memchr(start, ':', (size_t)(end - start));
    if (colon == NULL) {
        return 0;
    }
    *ret_password = (size_t)(end - colon) - 1;
    return (size_t)(colon - word) + 1;
}

/* Redacts a key, a hash or a password in the word at `at`. Returns how many bytes it read; 0: the
 * word has none of these. */
static size_t redact_word(struct redact *r, const char *at)
{
    size_t length = redact_key_length(at);
    if (length > 0) {
        redact_put(r, "***", 3);
        return length;
    }
    size_t password = 0;
    length = redact_login(at, &password);
    if (length > 0) {
        redact_put(r, at, length);
        redact_put(r, "***", 3);
    }
    return length + (length > 0 ? password : 0);
}

/* Ends a text that was cut, without half a character. */
static void redact_end(struct redact *r)
{
    if (r->full) {
        while (r->size > 0 && ((unsigned char)r->out[r->size - 1] & 0xc0) == 0x80) {
            r->size--;
        }
        r->size -= r->size > 0 && (unsigned char)r->out[r->size - 1] >= 0xc0;
        memcpy(r->out + r->size, "...", 3);
        r->size += 3;
    }
    r->out[r->size] = '\0';
}

void fsz_redact(const char *text, char *ret_text, size_t bytes)
{
    struct redact r = {.text = text, .out = ret_text, .room = bytes - sizeof("...")};
    bool          word_starts = true;
    for (const char *at = text; *at != '\0' && !r.full;) {
        size_t step = word_starts ? redact_word(&r, at) : 0;
        word_starts = step > 0 || strchr(" \t\r\n\"'=,;<({[|", *at) != NULL;
        if (step == 0 && redact_in_name(*at)) {
            step = redact_name(&r, at);
        } else if (step == 0) {
            char c = (unsigned char)*at < 0x20 || *at == 0x7f ? ' ' : *at;
            redact_put(&r, &c, 1);
            step = 1;
        }
        at += step;
    }
    redact_end(&r);
}
