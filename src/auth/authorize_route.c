/* SPDX-License-Identifier: MPL-2.0 */
/* The part of an argument that says where a call continues. */
#include "auth/authorize_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

fsz_err authorize_route(struct authorize *a, const char *text)
{
    char   *extension = authorize_word(&text);
    char   *dialplan = authorize_word(&text);
    char   *context = authorize_word(&text);
    fsz_err err = extension && dialplan && context
                      ? authorize_place(a, extension[0] ? extension : "service", dialplan, context)
                      : authorize_no_memory(a);
    if (err == FSZ_OK && text[0] != '\0') {
        err = authorize_deny(
            a, "\"%.60s\" follows the context: the switch may take it as part of it", text);
    }
    free(extension);
    free(dialplan);
    free(context);
    return err;
}

/* Without a dialplan, a transfer of a call that came through inline uses XML, but
 * execute_extension uses the call's own dialplan. */
fsz_err authorize_route_extension(struct authorize *a, const char *text)
{
    text += strspn(text, " ");
    return text[strcspn(text, " ")] == '\0'
               ? authorize_deny(a, "execute_extension without a dialplan uses that of the call, "
                                   "which may be inline: name XML")
               : authorize_route(a, text);
}

/* A call beyond a limit goes to a place, or ends with a cause. */
fsz_err authorize_route_overflow(struct authorize *a, const char *text)
{
    return text[0] == '!' ? FSZ_OK : authorize_route(a, text);
}

static fsz_err route_address(struct authorize *a, char *text)
{
    text += strspn(text, " <");
    text[strcspn(text, ">")] = '\0';
    return authorize_leg(a, text);
}

/* Addresses to redirect a caller to. The switch takes those before the first blank. */
fsz_err authorize_route_address(struct authorize *a, const char *text)
{
    if (strchr(text, ' ') != NULL) {
        return authorize_deny(a, "an address ends at the first blank, but more text follows");
    }
    char   *copy = strdup(text);
    char   *rest = copy;
    fsz_err err = copy ? FSZ_OK : authorize_no_memory(a);
    for (char *piece; err == FSZ_OK && (piece = strsep(&rest, ",|")) != NULL;) {
        err = route_address(a, piece);
    }
    free(copy);
    return err;
}

static bool route_is_address(const char *text)
{
    static const char *const schemes[] = {"sip:", "sips:", "tel:"};
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (strncasecmp(text, schemes[i], strlen(schemes[i])) == 0) {
            return true;
        }
    }
    return strcspn(text, "@<>") < strcspn(text, " ");
}

/* For a loopback leg the words are a place; for other calls the first is an address. */
fsz_err authorize_route_target(struct authorize *a, const char *text)
{
    text += strspn(text, " ");
    return route_is_address(text) ? authorize_route_address(a, text) : authorize_route(a, text);
}

/* `&application(argument)`, up to the first `)` */
static fsz_err then_application(struct authorize *a, const char *text)
{
    char *call = authorize_word(&text);
    if (call == NULL) {
        return authorize_no_memory(a);
    }
    size_t  end = strcspn(call, ")");
    fsz_err err = call[end] != '\0' && call[end + 1] != '\0'
                      ? authorize_deny(a, "text follows the \")\" of \"%.60s\"", call)
                      : FSZ_OK;
    call[end] = '\0';
    err = err == FSZ_OK ? authorize_line(a, call + 1, "(", authorize_application) : err;
    free(call);
    return err;
}

/* Like originate, which takes XML and the context `default` unless the text names others. */
fsz_err authorize_route_then(struct authorize *a, const char *text)
{
    if (text[0] == '&') {
        return then_application(a, text);
    }
    char *words[3] = {authorize_word(&text), authorize_word(&text), authorize_word(&text)};
    bool  complete = words[0] != NULL && words[1] != NULL && words[2] != NULL;
    for (size_t i = 1; complete && i < 3; i++) {
        words[i][0] = (char)(strcasecmp(words[i], "undef") == 0 ? '\0' : words[i][0]);
    }
    fsz_err err = authorize_no_memory(a);
    if (complete && strcasecmp(words[0], "undef") == 0) {
        err = authorize_deny(a, "originate without an extension would crash the switch");
    } else if (complete) {
        err = authorize_place(a, words[0], words[1], words[2][0] ? words[2] : "default");
    }
    for (size_t i = 0; i < 3; i++) {
        free(words[i]);
    }
    return err;
}

fsz_err authorize_route_slashed(struct authorize *a, const char *word)
{
    static const char end[] = "/inline";
    char             *copy = strdup(word);
    if (copy == NULL) {
        return authorize_no_memory(a);
    }
    char       *found = strstr(copy, end); /* the first, in lower case only, as in the switch */
    bool        is_inline = found != NULL && found[strlen(end)] == '\0';
    char       *rest = is_inline ? found : copy + strcspn(copy, "/");
    const char *dialplan = "";
    if (*rest == '/') {
        *rest++ = '\0';
        dialplan = strsep(&rest, "/");
    } else {
        rest = NULL;
    }
    fsz_err err = authorize_place(a, copy, dialplan, rest ? rest : "");
    free(copy);
    return err;
}
