/* SPDX-License-Identifier: MPL-2.0 */
#include "config/grants.h"

#include "base/eventname.h"
#include "base/glob.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct grants_list {
    char **patterns;
    size_t count;
    bool   all; /* `*` is one of them */
};

struct fsz_grants {
    struct grants_list rights[FSZ_RIGHTS];
};

/* Separators in names of the switch. */
#define GRANTS_SEPARATORS " /@,|:;]}>="
/* All of ASCII except letters, digits and `+-_.*#`. */
#define GRANTS_NOT_DIALLED " !\"$%&'()/,:;<=>?@[\\]^`{|}~"

/* `name_end`: characters that end the name, in which letter case is ignored; "": the whole text is
 * the name; NULL: letter case counts everywhere. `stops`: characters that `*` does not match.
 * `tail`: a `*` at the end of a pattern matches these too. */
static const struct {
    const char *name;
    const char *name_end;
    const char *stops;
    bool        tail;
} grants_rights[FSZ_RIGHTS] = {
    [FSZ_RIGHT_STREAMS] = {"streams", NULL, "", true},
    [FSZ_RIGHT_EVENTS] = {"events", "/", "", true},
    [FSZ_RIGHT_METHODS] = {"methods", NULL, "", true},
    [FSZ_RIGHT_API] = {"api", " ", GRANTS_SEPARATORS, true},
    [FSZ_RIGHT_JSON_API] = {"json-api", "", "", true},
    [FSZ_RIGHT_APPLICATIONS] = {"applications", " ", GRANTS_SEPARATORS, true},
    [FSZ_RIGHT_SEND_EVENTS] = {"send-events", "/", "", true},
    [FSZ_RIGHT_VARIABLES] = {"variables", "", "", true},
    [FSZ_RIGHT_ENDPOINTS] = {"endpoints", "/", GRANTS_NOT_DIALLED, false},
    [FSZ_RIGHT_FILES] = {"files", NULL, "/", false},
    [FSZ_RIGHT_CONTEXTS] = {"contexts", ":", GRANTS_SEPARATORS, false},
    [FSZ_RIGHT_SERVICES] = {"services", NULL, "", true},
    [FSZ_RIGHT_SECTIONS] = {"sections", NULL, "", true},
    [FSZ_RIGHT_CONTROLLED_CALLS] = {"controlled-calls", NULL, "", true},
};

fsz_err fsz_grants_new(struct fsz_grants **ret_grants)
{
    struct fsz_grants *grants = calloc(1, sizeof(*grants));
    if (grants == NULL) {
        return FSZ_ENOMEM;
    }
    *ret_grants = grants;
    return FSZ_OK;
}

void fsz_grants_free(struct fsz_grants **grants)
{
    struct fsz_grants *g = *grants;
    *grants = NULL;
    for (size_t right = 0; g != NULL && right < FSZ_RIGHTS; right++) {
        for (size_t i = 0; i < g->rights[right].count; i++) {
            free(g->rights[right].patterns[i]);
        }
        free(g->rights[right].patterns);
    }
    free(g);
}

static bool grants_is_event(enum fsz_right right)
{
    return right == FSZ_RIGHT_EVENTS || right == FSZ_RIGHT_SEND_EVENTS;
}

static bool grants_leaves_folder(const char *path)
{
    for (const char *at = strstr(path, ".."); at != NULL; at = strstr(at + 2, "..")) {
        bool begins = at == path || at[-1] == '/' || at[-1] == ':';
        if (begins && (at[2] == '/' || at[2] == '\0')) {
            return true;
        }
    }
    return false;
}

static bool grants_pattern_valid(enum fsz_right right, const char *pattern, size_t length)
{
    if (length == 0 || pattern[0] == ' ' || pattern[length - 1] == ' ') {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)pattern[i] < 0x20 || pattern[i] == 0x7f) {
            return false;
        }
    }
    if ((right == FSZ_RIGHT_FILES && grants_leaves_folder(pattern)) ||
        (grants_is_event(right) && !fsz_eventname_is_valid(pattern, length, NULL))) {
        return false;
    }
    const char *star = strchr(pattern, '*');
    return right != FSZ_RIGHT_EVENTS || star == NULL || star[1] == '\0';
}

static void grants_upper_name(char *pattern)
{
    for (; *pattern != '\0' && *pattern != '/'; pattern++) {
        if (*pattern >= 'a' && *pattern <= 'z') {
            *pattern = (char)(*pattern - 'a' + 'A');
        }
    }
}

fsz_err fsz_grants_add(struct fsz_grants *grants, enum fsz_right right, const char *pattern)
{
    struct grants_list *list = &grants->rights[right];
    size_t              length = strlen(pattern);
    if (!grants_pattern_valid(right, pattern, length)) {
        return FSZ_EINVALID;
    }
    if (length > FSZ_GRANT_BYTES_MAX || list->count >= FSZ_GRANTS_PER_RIGHT) {
        return FSZ_ELIMIT;
    }
    char **grown = reallocarray(list->patterns, list->count + 1, sizeof(*grown));
    if (grown == NULL) {
        return FSZ_ENOMEM;
    }
    list->patterns = grown;
    if (grants_is_event(right)) {
        pattern = fsz_eventname_canonical(pattern, length, &length);
    }
    char *copy = strndup(pattern, length);
    if (copy == NULL) {
        return FSZ_ENOMEM;
    }
    if (grants_is_event(right)) {
        grants_upper_name(copy);
    }
    list->patterns[list->count++] = copy;
    list->all |= strcmp(copy, "*") == 0;
    return FSZ_OK;
}

/* `/srv/sounds/` with a `*` at the end matches everything in that folder. A pattern without `read:`
 * or `write:` is for both. */
static bool grants_match_file(const char *pattern, const char *what)
{
    bool   says = strncmp(pattern, "read:", 5) == 0 || strncmp(pattern, "write:", 6) == 0;
    size_t length = strlen(pattern);
    bool   folder = length >= 2 && pattern[length - 1] == '*' && strchr("/:", pattern[length - 2]);
    what += says ? 0 : strcspn(what, ":") + 1;
    return fsz_glob_within(pattern, what, strlen(what), 0, grants_rights[FSZ_RIGHT_FILES].stops,
                           folder);
}

/* A pattern without a dialplan means XML; one without an extension means any. */
static bool grants_match_context(const char *pattern, const char *what)
{
    size_t dialplan = strcspn(what, ":") + 1;
    size_t length = strlen(what);
    if (strchr(pattern, ':') == NULL) {
        if (strncasecmp(what, "XML:", dialplan) != 0) {
            return false;
        }
        what += dialplan;
        length -= dialplan;
        dialplan = 0;
    }
    if (strchr(pattern, '/') == NULL) {
        length = strcspn(what, "/");
    }
    return fsz_glob_within(pattern, what, length, dialplan, grants_rights[FSZ_RIGHT_CONTEXTS].stops,
                           false);
}

/* A pattern for events without a slash matches every subclass. */
static bool grants_match(enum fsz_right right, const char *pattern, const char *what)
{
    if (right == FSZ_RIGHT_FILES) {
        return grants_match_file(pattern, what);
    }
    if (right == FSZ_RIGHT_CONTEXTS) {
        return grants_match_context(pattern, what);
    }
    const char *name_end = grants_rights[right].name_end;
    size_t      folded = name_end ? strcspn(what, name_end) : 0;
    bool        name_only = grants_is_event(right) && strchr(pattern, '/') == NULL;
    return fsz_glob_within(pattern, what, name_only ? folded : strlen(what), folded,
                           grants_rights[right].stops, grants_rights[right].tail);
}

/* Does the pattern spell out the first `spelled` bytes, without a `*` in them? */
static bool grants_spells(const char *pattern, size_t spelled)
{
    return strcspn(pattern, "*") >= spelled;
}

/* `*` does not include other dialplans, nor variables that change the meaning of other grants. */
static bool grants_steer(enum fsz_right right)
{
    return right == FSZ_RIGHT_CONTEXTS || right == FSZ_RIGHT_VARIABLES;
}

bool fsz_grants_allow_spelled(const struct fsz_grants *grants, enum fsz_right right,
                              const char *what, size_t spelled)
{
    const struct grants_list *list = &grants->rights[right];
    bool                      allowed = list->all && !(spelled > 0 && grants_steer(right));
    for (size_t i = 0; !allowed && i < list->count; i++) {
        allowed = grants_spells(list->patterns[i], spelled) &&
                  grants_match(right, list->patterns[i], what);
    }
    return allowed;
}

bool fsz_grants_allow(const struct fsz_grants *grants, enum fsz_right right, const char *what)
{
    return fsz_grants_allow_spelled(grants, right, what, 0);
}

bool fsz_grants_allow_all(const struct fsz_grants *grants, enum fsz_right right)
{
    return grants->rights[right].all;
}

size_t fsz_grants_count(const struct fsz_grants *grants, enum fsz_right right)
{
    return grants->rights[right].count;
}

const char *fsz_grants_pattern(const struct fsz_grants *grants, enum fsz_right right, size_t index)
{
    return grants->rights[right].patterns[index];
}

const char *fsz_right_name(enum fsz_right right)
{
    return grants_rights[right].name;
}
