/* SPDX-License-Identifier: MPL-2.0 */
#include "keys/zpl.h"

#include <stdbool.h>
#include <string.h>

static const char zpl_blanks[] = " \t";
static const char zpl_name_bytes[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789$-_@.&+/";

static bool zpl_is_end(char c)
{
    return c == '\0' || c == '\n' || c == '\r';
}

static void zpl_copy(char *to, const char *from, size_t size)
{
    memcpy(to, from, size);
    to[size] = '\0';
}

/* A quoted value ends at its quote; any other ends with the line or at a `#` after a blank, because
 * keys contain `#`. */
static bool zpl_measure_value(const char **value, size_t *ret_size, const char **ret_why)
{
    const char *from = *value;
    size_t      line_size = strcspn(from, "\r\n"), size = 0;
    if (*from == '"' || *from == '\'') {
        const char *end = memchr(from + 1, *from, line_size - 1);
        if (end == NULL) {
            *ret_why = "unclosed quote";
            return false;
        }
        *value = from + 1;
        *ret_size = (size_t)(end - from - 1);
        return true;
    }
    while (size < line_size &&
           !(from[size] == '#' && (size == 0 || strchr(zpl_blanks, from[size - 1])))) {
        size++;
    }
    while (size > 0 && strchr(zpl_blanks, from[size - 1]) != NULL) {
        size--;
    }
    *ret_size = size;
    return true;
}

static bool zpl_read_value(const char *at, struct fsz_zpl_property *property, const char **ret_why)
{
    size_t size = 0;
    at += strspn(at, zpl_blanks);
    if (zpl_is_end(*at) || *at == '#') {
        return true;
    }
    if (*at != '=') {
        *ret_why = "no = after the name";
        return false;
    }
    at += 1 + strspn(at + 1, zpl_blanks);
    if (!zpl_measure_value(&at, &size, ret_why)) {
        return false;
    }
    if (size < FSZ_ZPL_VALUE_BYTES) { /* no caller uses a longer value */
        zpl_copy(property->value, at, size);
    }
    return true;
}

static bool zpl_read_line(struct fsz_zpl *zpl, const char *line, struct fsz_zpl_property *property,
                          const char **ret_why)
{
    size_t indent = strspn(line, zpl_blanks);
    size_t name_size = strspn(line + indent, zpl_name_bytes);
    if (name_size == 0 || name_size >= FSZ_ZPL_NAME_BYTES) {
        *ret_why = "not a property name (letters, digits, $-_@.&+/; at most 63)";
        return false;
    }
    *property = (struct fsz_zpl_property){0};
    zpl_copy(property->name, line + indent, name_size);
    if (indent == 0) {
        memcpy(zpl->section, property->name, sizeof(zpl->section));
    } else {
        memcpy(property->section, zpl->section, sizeof(property->section));
    }
    return zpl_read_value(line + indent + name_size, property, ret_why);
}

fsz_err fsz_zpl_next(struct fsz_zpl *zpl, struct fsz_zpl_property *ret_property,
                     const char **ret_why)
{
    while (*zpl->next != '\0') {
        const char *line = zpl->next;
        zpl->next += strcspn(line, "\n");
        zpl->next += *zpl->next == '\n';
        zpl->line++;
        const char *first = line + strspn(line, zpl_blanks);
        if (zpl_is_end(*first) || *first == '#') {
            continue;
        }
        struct fsz_zpl_property property;
        if (!zpl_read_line(zpl, line, &property, ret_why)) {
            return FSZ_EINVALID;
        }
        *ret_property = property;
        return FSZ_OK;
    }
    return FSZ_ENOTFOUND;
}
