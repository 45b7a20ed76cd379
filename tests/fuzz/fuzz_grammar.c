/* SPDX-License-Identifier: MPL-2.0 */
/* A text that a user with few grants may use must name nothing outside these grants, as FreeSWITCH
 * reads it. The first byte of the input selects the command or application. */
#include "auth/authorize.h"
#include "switchtext.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The limits of FreeSWITCH. */
enum { ORIGINATE_WORDS = 10, ORIGINATE_WORDS_MAX = 7, TRANSFER_WORDS = 4, RECORD_WORDS = 4 };
enum { LEGS_MAX = 128, FILES_MAX = 128, INLINE_MAX = 128, SEGMENTS_MAX = 4096 };
enum { COMMA_QUOTED = 1, COMMA = 2 };

static const struct {
    enum fsz_right right;
    const char    *pattern;
} granted[] = {
    {FSZ_RIGHT_API, "originate *"},       {FSZ_RIGHT_APPLICATIONS, "park"},
    {FSZ_RIGHT_APPLICATIONS, "bridge *"}, {FSZ_RIGHT_APPLICATIONS, "playback *"},
    {FSZ_RIGHT_APPLICATIONS, "record *"}, {FSZ_RIGHT_APPLICATIONS, "transfer *"},
    {FSZ_RIGHT_VARIABLES, "acme_*"},      {FSZ_RIGHT_ENDPOINTS, "sofia/gateway/g/*"},
    {FSZ_RIGHT_CONTEXTS, "out"},          {FSZ_RIGHT_FILES, "/srv/r/*"},
};

/* A macro, so that a static analyser knows that the condition is true afterwards. */
#define require(condition) ((condition) ? (void)0 : abort())

static char *copy(const char *text)
{
    char *made = strdup(text);
    require(made != NULL);
    return made;
}

/* ---- names ----------------------------------------------------------------------------------- */

static void reads_application(const char *name, const char *arg);

static void reads_variable(const char *name, const char *value)
{
    require(strncasecmp(name, "acme_", 5) == 0);
    require(strstr(value, "${") == NULL);
}

static void reads_place(const char *extension, const char *dialplan, const char *context)
{
    char *applications[INLINE_MAX] = {NULL};
    require(extension != NULL && dialplan != NULL);
    if (strcasecmp(dialplan, "inline") != 0) {
        require(strcasecmp(dialplan, "XML") == 0 && context != NULL && strcmp(context, "out") == 0);
        return;
    }
    char    *text = copy(extension);
    bool     own = text[0] == 'm' && text[1] == ':' && text[2] != '\0' && text[3] == ':';
    unsigned count =
        switchtext_separate(own ? text + 4 : text, own ? text[2] : ',', applications, INLINE_MAX);
    for (unsigned i = 0; i < count; i++) {
        char *arg = applications[i];
        char *name = strsep(&arg, ":");
        reads_application(name + strspn(name, " "), arg ? arg : "");
    }
    free(text);
}

/* ---- dial strings ---------------------------------------------------------------------------- */

static void reads_endpoint(const char *leg)
{
    static const char gateway[] = "gateway/g/";
    size_t            type = strcspn(leg, "/");
    require(type == 5 && strncasecmp(leg, "sofia", type) == 0 && leg[type] == '/');
    leg += type + 1;
    require(strncmp(leg, gateway, strlen(gateway)) == 0);
    /* any of these would add a host, port, parameters, another URI or a registration */
    require(strpbrk(leg + strlen(gateway), "@:;=%^~?/\\ ") == NULL);
}

/* Hides the commas in the variable list of a leg from the separation of legs. */
static void keep_commas(char *legs)
{
    char *end = NULL;
    bool  quoted = false, own = false;
    for (char *at = legs; *at != '\0'; at++) {
        if (end == NULL && *at == '[') {
            end = switchtext_end(at, '[', ']');
            own = strncmp(at + 1, "^^", 2) == 0;
            quoted = false;
        }
        quoted ^= *at == '\'';
        if (end != NULL && at < end && *at == ',' && at[-1] != '\\') {
            *at = quoted || own ? COMMA_QUOTED : COMMA;
        }
        end = at == end ? NULL : end;
    }
}

static void reads_leg(char *leg)
{
    while (leg != NULL && *(leg += strspn(leg, " ")) == '[') {
        char *end = switchtext_end(leg, '[', ']');
        for (char *at = leg; end != NULL && at < end; at++) {
            *at = *at == COMMA_QUOTED ? ',' : *at;
        }
        leg = switchtext_brackets(leg, "[]", COMMA, reads_variable);
    }
    if (leg != NULL) {
        reads_endpoint(leg);
    }
}

static char *reads_lists(char *text, const char brackets[2])
{
    while (text != NULL && *text == brackets[0]) {
        text = switchtext_brackets(text, brackets, ',', reads_variable);
    }
    return text;
}

/* NULL means a list without end, which the switch refuses. */
static void reads_part(char *text)
{
    char *alternatives[LEGS_MAX] = {NULL}, *legs[LEGS_MAX] = {NULL};
    text += strspn(text, " ");
    text = reads_lists(text, "<>");
    text = text ? reads_lists(text, "{}") : NULL;
    unsigned count =
        text ? switchtext_separate(text + strspn(text, " "), '|', alternatives, LEGS_MAX) : 0;
    for (unsigned i = 0; i < count; i++) {
        keep_commas(alternatives[i]);
        unsigned together = switchtext_separate(alternatives[i], ',', legs, LEGS_MAX);
        for (unsigned k = 0; k < together; k++) {
            reads_leg(legs[k]);
        }
    }
}

static void reads_dial(const char *dial)
{
    static const char divider[] = ":_:";
    char             *text = copy(dial), *at = text + strspn(text, " ");
    if (strstr(text, divider) != NULL) {
        at = reads_lists(at, "<>");
    }
    for (char *next; at != NULL; at = next) {
        next = strstr(at, divider);
        if (next != NULL) {
            *next = '\0';
            next += strlen(divider);
        }
        reads_part(at);
    }
    free(text);
}

/* ---- files ----------------------------------------------------------------------------------- */

/* Resolves the path like the kernel, without links. */
static void reads_path(const char *path)
{
    static const char *const folder[] = {"srv", "r"};
    const char              *segments[SEGMENTS_MAX] = {NULL};
    size_t                   lengths[SEGMENTS_MAX] = {0}, depth = 0;
    require(path[0] == '/');
    while (*path != '\0' && depth < SEGMENTS_MAX) {
        size_t length = strcspn(path, "/");
        if (length == 2 && strncmp(path, "..", 2) == 0) {
            depth -= depth > 0;
        } else if (length > 0 && !(length == 1 && *path == '.')) {
            segments[depth] = path;
            lengths[depth++] = length;
        }
        path += length;
        path += *path == '/';
    }
    require(depth > 2);
    for (size_t i = 0; i < 2; i++) {
        require(lengths[i] == strlen(folder[i]) &&
                strncmp(segments[i], folder[i], lengths[i]) == 0);
    }
}

static void reads_file(char *file);

static void reads_stream(const char *type, char *rest)
{
    char *files[FILES_MAX] = {NULL};
    if (strchr(type, '/') != NULL) {
        return; /* no module has such a name */
    }
    require(strcasecmp(type, "file_string") == 0);
    unsigned count = switchtext_separate(rest, '!', files, FILES_MAX);
    for (unsigned i = 0; i < count; i++) {
        reads_file(files[i]);
    }
}

/* A relative path is in a folder that no grant names. */
static void reads_file(char *file)
{
    char *path = file;
    while (path != NULL && *path == '{') {
        path = switchtext_brackets(path, "{}", ',', reads_variable);
    }
    char *stream = path ? strstr(path, "://") : NULL;
    if (stream != NULL) {
        *stream = '\0';
        reads_stream(path, stream + 3);
    } else if (path != NULL) {
        reads_path(path);
    }
}

static void reads_playback(char *arg)
{
    char *at = strchr(arg, '@');
    if (at != NULL && at[1] == '@') {
        *at = '\0';
    }
    require(strncasecmp(arg, "phrase:", 7) != 0 && strncasecmp(arg, "say:", 4) != 0);
    if (arg[0] != '\0') {
        reads_file(arg);
    }
}

static void reads_record(char *arg)
{
    char *words[RECORD_WORDS] = {NULL};
    if (switchtext_separate(arg, ' ', words, RECORD_WORDS) > 0) {
        reads_file(words[0]);
    }
}

/* ---- commands and applications --------------------------------------------------------------- */

static void reads_transfer(char *arg)
{
    char    *words[TRANSFER_WORDS] = {NULL};
    unsigned count = switchtext_separate(arg, ' ', words, TRANSFER_WORDS);
    bool     leg =
        count > 0 && (strcasecmp(words[0], "-bleg") == 0 || strcasecmp(words[0], "-both") == 0);
    if (count > 0) {
        reads_place(words[leg], words[1 + leg], words[2 + leg]);
    }
}

static void reads_application(const char *name, const char *arg)
{
    char *text = copy(arg);
    if (name[0] == '\0') {
        free(text);
        return; /* there is no application of that name */
    }
    /* would be expanded or read as variables before the application gets it */
    require(strstr(arg, "${") == NULL && strstr(arg, "$$") == NULL);
    require(arg[0] != '%' || (arg[1] != '[' && (arg[1] == '\0' || arg[2] != '[')));
    if (strcasecmp(name, "bridge") == 0) {
        reads_dial(arg);
    } else if (strcasecmp(name, "playback") == 0) {
        reads_playback(text);
    } else if (strcasecmp(name, "record") == 0) {
        reads_record(text);
    } else if (strcasecmp(name, "transfer") == 0) {
        reads_transfer(text);
    } else {
        require(strcasecmp(name, "park") == 0);
    }
    free(text);
}

static void reads_originate(const char *arg)
{
    static const char blanks[] = " \t\r\n\v";
    char             *words[ORIGINATE_WORDS] = {NULL};
    char             *text = copy(arg + strspn(arg, blanks));
    for (size_t end = strlen(text); end > 0 && strchr(blanks, text[end - 1]) != NULL;) {
        text[--end] = '\0';
    }
    unsigned count = switchtext_separate(text, ' ', words, ORIGINATE_WORDS);
    bool     calls = count >= 2 && count <= ORIGINATE_WORDS_MAX;
    for (unsigned i = 0; i < count; i++) {
        words[i] = strcasecmp(words[i], "undef") == 0 ? NULL : words[i];
    }
    if (calls) {
        require(words[1] != NULL); /* otherwise the switch crashes */
        reads_dial(words[0] ? words[0] : "");
    }
    if (calls && words[1][0] == '&' && words[1][1] != '\0') {
        char *application = words[1] + 1;
        application[strcspn(application, ")")] = '\0';
        char *name = strsep(&application, "(");
        reads_application(name, application ? application : "");
    } else if (calls) {
        reads_place(words[1], words[2] ? words[2] : "XML", words[3] ? words[3] : "default");
    }
    free(text);
}

/* ---- the property ---------------------------------------------------------------------------- */

static bool is_allowed(const struct fsz_principal *p, const char *name, const char *text)
{
    fsz_why why;
    if (strcmp(name, "originate") == 0) {
        return fsz_authorize_api(p, name, text, why) == FSZ_OK;
    }
    return (name[0] == '\0' ? fsz_authorize_endpoint(p, text, why)
                            : fsz_authorize_application(p, name, text, why)) == FSZ_OK;
}

static void reads(const char *name, const char *text)
{
    if (strcmp(name, "originate") == 0) {
        reads_originate(text);
    } else if (name[0] == '\0') {
        reads_dial(text);
    } else {
        reads_application(name, text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"originate", "bridge",   "playback",
                                        "record",    "transfer", ""};
    struct fsz_grants       *grants = NULL;
    if (size == 0) {
        return 0;
    }
    const char *name = names[data[0] % (sizeof(names) / sizeof(names[0]))];
    char       *text = strndup((const char *)data + 1, size - 1);
    require(text != NULL && fsz_grants_new(&grants) == FSZ_OK);
    for (size_t i = 0; i < sizeof(granted) / sizeof(granted[0]); i++) {
        require(fsz_grants_add(grants, granted[i].right, granted[i].pattern) == FSZ_OK);
    }
    struct fsz_principal p = {.name = "", .grants = {grants}, .grant_count = 1};
    if (is_allowed(&p, name, text)) {
        reads(name, text);
    }
    fsz_grants_free(&grants);
    free(text);
    return 0;
}
