/* SPDX-License-Identifier: MPL-2.0 */
/* Dial strings. The grammar is a part of the switch's:
 *
 *   dial  = part *( ":_:" part )
 *   part  = *( "<" list ">" ) *( "{" list "}" ) leg *( ( "," / "|" ) leg )
 *   leg   = *( "[" list "]" ) kind "/" address
 *   list  = [ name "=" value *( "," name "=" value ) ]
 *   value = *plain / "'" *( plain / blank ) "'"
 *
 * A blank ends it. Other forms that the switch takes (nested brackets, quotes elsewhere, `^^`,
 * commas in values) are refused: call.originate takes such variables in JSON. */
#include "auth/authorize_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool dial_divides(const char *at)
{
    return *at == ',' || *at == '|' || strncmp(at, ":_:", 3) == 0;
}

static fsz_err dial_unexpected(struct authorize *a, const char *at)
{
    return *at == '\0' ? authorize_deny(a, "a dial string or a list of variables is incomplete")
                       : authorize_deny(a,
                                        "\"%.3s\" is not allowed at that place in a dial string or "
                                        "a list of variables",
                                        at);
}

/* Length of a value, up to the end of the pair or the closing quote. */
static size_t dial_value(const char *at, bool quoted)
{
    size_t length = 0;
    while (at[length] != '\0' && strchr("',{}[]<>|", at[length]) == NULL &&
           (quoted || at[length] != ' ') && strncmp(at + length, ":_:", 3) != 0) {
        length++;
    }
    return length;
}

/* `name=value`; moves *text to the comma or bracket after it. */
static fsz_err dial_pair(struct authorize *a, const char **text, const char *closer)
{
    const char *name = *text;
    size_t      name_length = strcspn(name, "=,'{}[]<>| ");
    if (name[name_length] != '=') {
        return dial_unexpected(a, name + name_length);
    }
    const char *value = name + name_length + 1;
    bool        quoted = *value == '\'';
    size_t      length = dial_value(value + quoted, quoted);
    const char *end = value + quoted + length;
    if (quoted && *end++ != '\'') {
        return dial_unexpected(a, end - 1);
    }
    if (*end != ',' && *end != *closer) {
        return dial_unexpected(a, end);
    }
    char   *variable = strndup(name, name_length);
    char   *content = strndup(value + quoted, length);
    fsz_err err = variable == NULL || content == NULL ? authorize_no_memory(a)
                                                      : authorize_variable(a, variable, content);
    free(variable);
    free(content);
    *text = end;
    return err;
}

static fsz_err dial_list(struct authorize *a, const char **text)
{
    static const char openers[] = "{[<", closers[] = "}]>";
    const char       *closer = closers + (strchr(openers, **text) - openers);
    fsz_err           err = FSZ_OK;
    unsigned          count = 0;
    for (++*text; err == FSZ_OK && **text != *closer; *text += **text == ',') {
        err = ++count > AUTHORIZE_PIECES_MAX ? authorize_too_many(a) : dial_pair(a, text, closer);
    }
    *text += err == FSZ_OK;
    return err;
}

fsz_err authorize_lists(struct authorize *a, const char **text, const char *openers)
{
    fsz_err err = FSZ_OK;
    while (err == FSZ_OK && **text != '\0' && strchr(openers, **text) != NULL) {
        err = dial_list(a, text);
    }
    return err;
}

/* `loopback/app=name:argument` runs an application; `loopback/extension/context/dialplan` enters a
 * dialplan. */
static fsz_err dial_loopback(struct authorize *a, char *target)
{
    if (strncasecmp(target, "app=", 4) == 0) {
        return authorize_line(a, target + 4, ":", authorize_application);
    }
    const char *extension = strsep(&target, "/");
    const char *context = target ? strsep(&target, "/") : "";
    return authorize_place(a, extension, target ? target : "", context);
}

fsz_err authorize_leg(struct authorize *a, const char *leg)
{
    static const char loopback[] = "loopback";
    size_t            kind = strcspn(leg, "/");
    fsz_err           err = authorize_need(a, FSZ_RIGHT_ENDPOINTS, leg, 0);
    if (err != FSZ_OK || strncasecmp(leg, loopback, strlen(loopback)) != 0 || leg[kind] == '\0') {
        return err;
    }
    char *target = strdup(leg + kind + 1);
    err = target ? dial_loopback(a, target) : authorize_no_memory(a);
    free(target);
    return err;
}

/* Length of an IPv6 address in brackets, or 0. */
static size_t dial_ipv6(const char *at)
{
    size_t length = 1 + strspn(at + 1, "0123456789abcdefABCDEF:.");
    return at[0] == '[' && at[length] == ']' ? length + 1 : 0;
}

static fsz_err dial_leg(struct authorize *a, const char **dial)
{
    fsz_err err = authorize_lists(a, dial, "[");
    if (err != FSZ_OK) {
        return err;
    }
    const char *at = *dial;
    while (*at != '\0' && *at != ' ' && !dial_divides(at)) {
        size_t skip = *at == '[' ? dial_ipv6(at) : strchr("'{}<>]", *at) == NULL;
        if (skip == 0 || strncmp(at, "^^", 2) == 0) {
            return dial_unexpected(a, at);
        }
        at += skip;
    }
    size_t length = (size_t)(at - *dial);
    size_t kind = strcspn(*dial, "/");
    char  *leg = strndup(*dial, length);
    if (leg == NULL) {
        return authorize_no_memory(a);
    }
    err = kind == 0 || kind >= length
              ? authorize_deny(
                    a, "\"%.100s\" is not an endpoint: it must begin with a type and a slash", leg)
              : authorize_leg(a, leg);
    free(leg);
    *dial = at;
    return err;
}

/* Skips blanks after a list or a separator, but not between two lists, where the switch does not
 * skip them. */
static void dial_skip(const char **dial)
{
    size_t blanks = strspn(*dial, " ");
    *dial += strchr("{<[", (*dial)[blanks]) == NULL ? blanks : 0;
}

static fsz_err dial_parse(struct authorize *a, const char **dial, bool blanks)
{
    fsz_err err = FSZ_OK;
    bool    more = true;
    bool    begins = true; /* at the start of a part, where lists for all its legs may be */
    for (unsigned count = 0; err == FSZ_OK && more; count++) {
        err = count == AUTHORIZE_PIECES_MAX ? authorize_too_many(a) : FSZ_OK;
        err = err == FSZ_OK && begins ? authorize_lists(a, dial, "<") : err;
        err = err == FSZ_OK && begins ? authorize_lists(a, dial, "{") : err;
        if (err == FSZ_OK && blanks) {
            dial_skip(dial);
        }
        err = err == FSZ_OK ? dial_leg(a, dial) : err;
        more = err == FSZ_OK && dial_divides(*dial);
        begins = more && **dial == ':';
        *dial += !more ? 0 : begins ? 3 : 1;
    }
    return err;
}

fsz_err authorize_dial(struct authorize *a, const char **dial)
{
    return dial_parse(a, dial, false);
}

fsz_err authorize_bridge(struct authorize *a, const char *dial)
{
    dial += strspn(dial, " ");
    fsz_err err = dial_parse(a, &dial, true);
    return err == FSZ_OK && dial[strspn(dial, " ")] != '\0'
               ? authorize_deny(a, "a dial string ends at the first blank, but more text follows")
               : err;
}
